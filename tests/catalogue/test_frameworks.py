"""The tables of the frameworks' names: each row names a loss and its options, and a library is one file."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import losscli
from losscli import LOSSES, frameworks
from losscli.catalogue.lookup import explain_no_loss, find, name_by_option
from losscli.choices import CRPS_OF, NLL_OF
from losscli.errors import UsageError
from losscli.frameworks import Table, libraries, named, row, rows_of, short_beginnings
from losscli.presets import ROW_SHAPES
from losscli.registry import Preset, normalized
from losscli.render.preset_text import preset_differences
from tests import PACKAGE

README = PACKAGE / "losses" / "README.md"
ROWS = [(library, loss, preset) for library in libraries() for loss, preset in rows_of(library)]


@pytest.mark.parametrize(("library", "loss", "preset"), ROWS, ids=[preset.names[0] for *_, preset in ROWS])
def test_a_row_names_a_loss_and_its_options(library: str, loss: str, preset: Preset) -> None:
    known = LOSSES[loss]
    assert preset in known.presets
    assert set(preset.options) | set(preset.renames.values()) <= set(known.options) | set(known.form_options)
    for name in preset.names:
        assert find(name) == (known, preset)
        *_, before, last = name.split(".")
        assert any(named(normalized(f"{library}.{short}")) for short in (last, f"{before}.{last}"))  # library.Name, or library.Name.form


@pytest.mark.parametrize(("loss", "preset"), [(loss, preset) for _, loss, preset in ROWS if preset.by_shape], ids=lambda x: str(x)[:40])
def test_the_form_for_a_shape_is_a_loss_of_the_same_roles(loss: str, preset: Preset) -> None:
    assert preset.by_shape.keys() <= ROW_SHAPES.keys()
    for form in preset.by_shape.values():
        known = LOSSES[form.loss]
        assert list(known.roles) == [role for role in LOSSES[loss].roles if role not in form.differs.get("instead", {})]
        assert set(form.differs.get("options", {})) <= set(known.options)  # an option that it does not have is refused
        assert form.loss in preset_differences(preset)


def test_a_shape_chooses_the_form() -> None:
    """scikit-learn's hinge_loss of a score for each class is another formula than of one score."""
    one = losscli.compute("sklearn.hinge_loss", pred=[0.5, -1.0], target=[0, 1])
    several = losscli.compute("sklearn.hinge_loss", pred=[[0.5, 1.0, 0.0]], target=[0])
    assert (one.value, several.value) == (1.75, 1.5)


def test_as_many_targets_as_logits_are_flags() -> None:
    """Transformers' loss of a sequence classifier: labels, flags for each class, or one number."""
    name = "transformers.ForSequenceClassification"
    logits = [[0.2, 0.5, 0.3], [1.0, 0.1, -0.8]]
    labels = losscli.compute(name, pred=logits, target=[1, 0])
    ones = [[1.0, 0.0, 1.0], [0.0, 1.0, 1.0]]
    flags = losscli.compute(name, pred=logits, target=ones)
    number = losscli.compute(name, pred=[1.5, 4.0], target=[2.0, 3.0])
    assert (labels.loss, flags.loss, number.loss) == ("cross_entropy", "bce_with_logits", "mse")
    assert number.value == 0.625
    np.testing.assert_allclose(flags.value, np.mean(np.logaddexp(0, logits) - np.multiply(logits, ones)), rtol=1e-15)


@pytest.mark.parametrize("names", [CRPS_OF, NLL_OF], ids=["crps", "nll"])
def test_a_distribution_has_a_loss(names: dict[str, str]) -> None:
    assert all(find(name)[0].task in ("probabilistic", "classification") for name in names.values())


@pytest.mark.parametrize(
    ("name", "given", "meant"),
    [
        ("trl.DPO", {"loss_type": "ipo", "beta": 0.2}, ("trl.DPO.ipo", {"beta": 0.2})),
        ("trl.DPO", {"loss_type": "sigmoid"}, ("trl.DPO", {})),
        ("trl.DPO", {"beta": 0.2}, ("trl.DPO", {"beta": 0.2})),
        ("smp.DiceLoss", {"mode": "multilabel", "eps": 0.5}, ("segmentation_models_pytorch.losses.DiceLoss.multilabel", {"eps": 0.5})),
        ("trl.CPO", {"loss_type": "simpo"}, ("trl.experimental.cpo.CPO.simpo", {})),
        ("mmdet.CrossEntropyLoss", {"use_sigmoid": True}, ("mmdet.models.losses.CrossEntropyLoss.use_sigmoid", {})),
        ("mmdet.CrossEntropyLoss", {"use_sigmoid": "false"}, ("mmdet.CrossEntropyLoss", {})),
        ("huber", {"loss_type": "ipo"}, ("huber", {"loss_type": "ipo"})),
        ("crps", {"dist": "gamma", "rate": 1.0}, ("crps_gamma", {"rate": 1.0})),
        ("crps", {"dist": "exponentialM"}, ("crps_exponential_mass", {})),
        ("NLL", {"dist": "2pnormal"}, ("two_piece_normal_nll", {})),
        ("crps", {}, ("crps", {})),
    ],
)
def test_an_option_chooses_the_name(name: str, given: dict[str, object], meant: tuple[str, dict[str, object]]) -> None:
    assert name_by_option(name, given) == meant


def test_a_value_that_chooses_no_name_is_refused() -> None:
    with pytest.raises(UsageError, match=r"trl\.DPO: loss_type takes sigmoid or hinge or ipo or robust or exo_pair .* here, not 'orpo'"):
        name_by_option("trl.DPO", {"loss_type": "orpo"})


@pytest.mark.parametrize(("library", "loss", "preset"), [x for x in ROWS if x[2].by_option], ids=lambda x: str(x)[:30])
def test_the_names_that_options_choose_exist(library: str, loss: str, preset: Preset) -> None:
    for option, names in preset.by_option.items():
        assert option not in LOSSES[loss].all_options
        assert all(find(name) for name in names.values())


def test_a_factor_multiplies_values_and_gradients() -> None:
    for name, of_ours in [("gluonts.SumQuantileLoss", 2.0), ("utilsforecast.smape", 0.5), ("darts.coefficient_of_variation", 100.0)]:
        known, preset = find(name)
        data = {"pred": [1.5, 4.0, 2.25], "target": [2.0, 3.0, 2.0]}
        ours = losscli.compute(known.name, **data, reduction=preset.reduction)
        assert losscli.compute(name, **data).value == ours.value * of_ours
        slope = losscli.gradient(known.name, **data, reduction=preset.reduction)
        np.testing.assert_allclose(losscli.gradient(name, **data), np.asarray(slope) * of_ours, rtol=1e-15)


def test_a_short_beginning_is_of_one_library() -> None:
    short = [(s, library) for library in libraries() for s in short_beginnings(library)]
    assert short and len(dict(short)) == len(short)
    assert {s.partition(".")[0] for s, _ in short} & set(libraries()) == {"tensorflow"}  # tensorflow.keras


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("torch.HuberLoss", "torch.nn.HuberLoss"),
        ("torch.huber-loss", "torch.nn.functional.huber_loss"),
        ("nn.functional.huber_loss", "torch.nn.functional.huber_loss"),
        ("tensorflow.keras.Huber", "keras.losses.Huber"),
        ("tensorflow.losses.Huber", "keras.losses.Huber"),
        ("tf.metrics.MeanSquaredError", "keras.metrics.MeanSquaredError"),
        ("tf.nn.l2_loss", "tensorflow.nn.l2_loss"),
        ("tensorflow.l2_loss", "tensorflow.nn.l2_loss"),
        ("tfa.PinballLoss", "tensorflow_addons.losses.PinballLoss"),
        ("tfr.keras.losses.SoftmaxLoss", "tensorflow_ranking.keras.losses.SoftmaxLoss"),
        ("lossfunctions.l2distloss", "LossFunctions.L2DistLoss"),
        ("flux.mse", "Flux.Losses.mse"),
        ("smp.DiceLoss", "segmentation_models_pytorch.losses.DiceLoss"),
        ("smp.losses.DiceLoss", "segmentation_models_pytorch.losses.DiceLoss"),
        ("trl.CPOTrainer", "trl.experimental.cpo.CPOTrainer"),
        ("torchmetrics.minkowski_distance", "torchmetrics.functional.minkowski_distance"),
        ("verl.core_algos.gspo", "verl.trainer.ppo.core_algos.gspo"),
        ("transformers.loss.ForCausalLMLoss", "transformers.loss.loss_utils.ForCausalLMLoss"),
        ("torch.functional.huber_loss", "torch.nn.functional.huber_loss"),
    ],
)
def test_a_name_is_found_without_its_path(written: str, meant: str) -> None:
    assert meant in find(written)[1].names
    assert find(written) == find(meant)


def test_a_path_with_another_word_or_another_order_is_not_found() -> None:
    for written in ("torch.functional.nn.huber_loss", "torch.special.HuberLoss", "verl.core_algos.trainer.gspo", "keras.functional.Huber"):
        assert named(normalized(written)) is None


@pytest.mark.parametrize(
    "written", ["keras.losses.Nothing", "F.nothing", "nothing.at.all", "torch.", ".torch", "é.x", "__init__.x", "a/b.c"]
)
def test_another_name_is_not_found(written: str) -> None:
    assert named(normalized(written)) is None


@pytest.mark.parametrize("written", ["timm.loss.JsdCrossEntropy", "timm.JsdCrossEntropy", "TIMM.jsdcrossentropy"])
def test_a_reference_that_is_no_name_is_explained(written: str) -> None:
    assert (explain_no_loss(written) or "").endswith("it is the reference of jsd_ce: name one of these")


@pytest.mark.parametrize(
    ("second", "message"),
    [
        ("l.path.NAME", "l.path.NAME stands in two rows of frameworks/l.py: of mse and of huber"),
        ("other.Name", "other.Name stands in frameworks/l.py, which is for names that begin with l"),
    ],
)
def test_a_table_that_contradicts_itself(second: str, message: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frameworks, "rows_of", lambda _: (("mse", Preset(("l.path.Name",))), ("huber", Preset((second,)))))
    with pytest.raises(ValueError, match=message):
        frameworks._names.__wrapped__("l")


def test_a_row_adds_to_the_shared_options_and_replaces_other_fields() -> None:
    table = Table(
        "l.path", (row("mse", "One", "two", options={"a": 2}, per=None),), {"options": {"a": 1, "b": 1}, "per": "row", "signs": "pred"}
    )
    assert table.preset(table.rows[0]) == Preset(("l.path.One", "l.path.two"), options={"a": 2, "b": 1}, signs="pred")


def test_a_library_is_one_file(tmp_path: Path) -> None:
    """The example of losses/README.md, in a folder of its own."""
    (readme,) = [text for text in README.read_text(encoding="utf-8").split("```python\n") if '"newlib.losses"' in text]
    (tmp_path / "newlib.py").write_text(readme.partition("```")[0], encoding="utf-8")
    code = f"""if True:
        import losscli, losscli.frameworks as f
        f.__path__.append({str(tmp_path)!r})
        names = [losscli.find(n).name for n in ("newlib.Huber", "NewLib.losses.huber_loss")]
        print(*names, [p.names for p in losscli.LOSSES["huber"].presets if "newlib.losses.Huber" in p.names])"""
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert said == "huber huber [('newlib.losses.Huber', 'newlib.losses.huber_loss')]\n"


def test_the_text_of_the_files_is_not_needed() -> None:
    code = "import losscli.frameworks as f; f.sources = dict; import losscli; print(losscli.find('F.huber_loss').name)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "huber\n"
