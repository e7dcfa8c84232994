"""The peers of the tables of sound: torchmetrics 1.9.0, auraloss 0.4.0, asteroid 0.7.0, speechbrain 1.1.2."""

import importlib
import logging
import math
import sys
from importlib.metadata import distribution
from types import ModuleType, SimpleNamespace
from typing import Any
from unittest import mock

import torch

from __main__ import alone  # type: ignore[attr-defined]

PEERS = {
    "tm_audio.": "torchmetrics",
    "auraloss.": "auraloss",
    "asteroid.": "asteroid",
    "asteroid_mse(": "asteroid",
    "speechbrain.": "speechbrain",
} | dict.fromkeys(("distance_diff(", "laplacian_variance("), "speechbrain")


def _torchmetrics(module: str) -> ModuleType:
    names = module.split(".")
    for name in (".".join(names[:depth]) for depth in range(1, len(names))):
        package = sys.modules.setdefault(name, ModuleType(name))
        package.__path__ = [str(distribution(names[0]).locate_file(name.replace(".", "/")))]
        package._logger = logging.getLogger(name)  # type: ignore[attr-defined] # which torchmetrics' own modules ask for
    return importlib.import_module(module)


def _double(make: Any) -> Any:
    """Make a module whose windows are of double precision."""

    def made(*args: Any, **options: Any) -> Any:
        torch.set_default_dtype(torch.float64)
        try:
            return make(*args, **options)
        finally:
            torch.set_default_dtype(torch.float32)

    return made


_TM = "torchmetrics.functional.audio"
tm_audio = SimpleNamespace(
    si_sdr=_torchmetrics(f"{_TM}.sdr").scale_invariant_signal_distortion_ratio,
    si_snr=_torchmetrics(f"{_TM}.snr").scale_invariant_signal_noise_ratio,
    snr=_torchmetrics(f"{_TM}.snr").signal_noise_ratio,
    sdr=_torchmetrics(f"{_TM}.sdr").signal_distortion_ratio,
    pit=_torchmetrics(f"{_TM}.pit").permutation_invariant_training,
)
_time, _freq = importlib.import_module("auraloss.time"), importlib.import_module("auraloss.freq")
auraloss = SimpleNamespace(
    SISDRLoss=_time.SISDRLoss,
    SDSDRLoss=_time.SDSDRLoss,
    SNRLoss=_time.SNRLoss,
    ESRLoss=_time.ESRLoss,
    DCLoss=_time.DCLoss,
    STFTLoss=_double(_freq.STFTLoss),
    MultiResolutionSTFTLoss=_double(_freq.MultiResolutionSTFTLoss),
    SumAndDifferenceSTFTLoss=_double(_freq.SumAndDifferenceSTFTLoss),
    SpectralConvergenceLoss=_freq.SpectralConvergenceLoss,
)
asteroid = alone("asteroid.losses.sdr")


def _in_double(loss: Any) -> Any:
    """A loss in double precision also where it says float() and where it makes tensors."""

    def computed(*args: Any) -> Any:
        torch.set_default_dtype(torch.float64)
        try:
            with mock.patch.object(torch.Tensor, "float", torch.Tensor.double):
                return loss(*args)
        finally:
            torch.set_default_dtype(torch.float32)

    return computed


asteroid.deep_clustering = _in_double(alone("asteroid.losses.cluster").deep_clustering_loss)
asteroid.pit = alone("asteroid.losses.pit_wrapper").PITLossWrapper
asteroid_mse = alone("asteroid.losses.mse").SingleSrcMSE()


def _time_first(loss: Any) -> Any:
    """A loss of speechbrain, which has time first and the target as its first argument."""
    return lambda pred, target: loss(target.movedim(-1, 0).clone(), pred.movedim(-1, 0) * 1.0)


for _unused, _name in (("dataio.dataio", "length_to_mask"), ("decoders.ctc", "filter_ctc_output")):  # which need torchaudio
    sys.modules[f"speechbrain.{_unused}"] = ModuleType(_unused)
    setattr(sys.modules[f"speechbrain.{_unused}"], _name, None)


def _time_second(loss: Any) -> Any:
    """The same for (rows, time, sources)."""
    return lambda pred, target: loss(target.movedim(-1, 1).clone(), pred.movedim(-1, 1) * 1.0)


_losses = alone("speechbrain.nnet.losses")
speechbrain = SimpleNamespace(
    cal_si_snr=lambda p, t: _time_first(_losses.cal_si_snr)(p, t)[0],
    cal_snr=lambda p, t: _time_first(_losses.cal_snr)(p, t)[0],
    get_si_snr_with_pitwrapper=_time_second(_losses.get_si_snr_with_pitwrapper),
    get_snr_with_pitwrapper=_time_second(_losses.get_snr_with_pitwrapper),
)
_losses.length_to_mask = lambda length, max_len: torch.arange(max_len) < length[:, None]  # that of speechbrain.dataio
distance_diff = _losses.distance_diff_loss
laplacian_variance = _double(lambda: _losses.LaplacianVarianceLoss().double())


def _mel_bank(sample_rate: float, size: int, bands: int) -> torch.Tensor:
    """The filters of librosa.filters.mel in double precision, which librosa rounds to single: one triangle after the other."""

    def hz(mel: float) -> float:
        return 200 / 3 * mel if mel < 15 else 1000 * 6.4 ** ((mel - 15) / 27)

    half = sample_rate / 2
    last = half * 3 / 200 if half < 1000 else 15 + 27 * math.log(half / 1000) / math.log(6.4)
    edges = [hz(last * k / (bands + 1)) for k in range(bands + 2)]
    bank = torch.zeros(bands, size // 2 + 1, dtype=torch.float64)
    for k, (low, middle, high) in enumerate(zip(edges, edges[1:], edges[2:], strict=False)):
        for n in range(size // 2 + 1):
            f = n * sample_rate / size
            height = (f - low) / (middle - low) if f <= middle else (high - f) / (high - middle)
            bank[k, n] = max(0.0, height) * 2 / (high - low)
    return bank


def mel_loss(fft_size: int, hop_size: int, win_length: int, n_mels: int, sample_rate: float, **options: Any) -> Any:
    """auraloss.freq.STFTLoss with a bank of mel filters, as MelSTFTLoss has it from librosa."""
    loss = auraloss.STFTLoss(fft_size, hop_size, win_length, **options)
    loss.scale, loss.fb = "mel", _mel_bank(sample_rate, fft_size, n_mels)[None]
    return loss
