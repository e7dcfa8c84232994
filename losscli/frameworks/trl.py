"""TRL: the loss that a trainer minimises, a mean over the rows."""

from __future__ import annotations

from losscli.frameworks import Table, row
from losscli.registry import Converted

__all__ = ["TABLES"]

_NO_SMOOTHING = {"label_smoothing": "its loss_type sigmoid does not use it; robust does, and dpo has the one of conservative DPO"}

_ITEMS = {"num_items_in_batch": "num_items"}
_LEVEL = {"importance_sampling_level": "level"}
_LENGTH = {"max_completion_length": "max_length"}
_MOST = {"epsilon_high": Converted.make("epsilon_high", lambda x: x - 1, lambda x: x + 1, "1 less than")}
# Without its epsilon_high, trl takes its epsilon of 0.2 as the largest ratio.
_CISPO = {"average": "token-mean", "epsilon": 1.0, "epsilon_high": 0.2 - 1, "slope": "torch"}
_TAU = {"sapo_temperature_pos": "temperature_pos", "sapo_temperature_neg": "temperature_neg"}

_GAMMA = {f"vespo_{name}": name for name in ("k_pos", "lambda_pos", "k_neg", "lambda_neg")}

_GRPO = ("grpo", "bnpo", "dr_grpo", "luspo", "cispo", "sapo", "vespo")
_DPO = ("hinge", "ipo", "robust", "exo_pair", "nca_pair", "bco_pair", "sppo_hard", "apo_zero", "apo_down", "discopop", "sigmoid_norm",
        "aot", "aot_unpaired", "sft")  # fmt: skip

_CPO = ("hinge", "ipo", "simpo")
_UNUSED = {"label_smoothing": "only its loss_types sigmoid and simpo use it"}

# What its trainer does to the log-probabilities before the loss; the loss takes their sums.
_SUMS = {
    "ld_alpha": "give each sum as that of the tokens up to the length of the shorter answer, plus ld_alpha times that of the rest",
    "use_weighting": "give the product of the two weights of each pair with --sample-weight, and -r sum_over_batch_size",
}

_NO_F = dict.fromkeys(("f_divergence_type", "f_alpha_divergence_coef"), "its loss_types apo_zero, aot and aot_unpaired do not use it")

TABLES = (
    Table(
        "trl",
        shared={"instead": _SUMS},
        rows=(
            row(
                "dpo",
                "DPOTrainer",
                "DPO",
                "DPOTrainer.sigmoid",
                by_option={"loss_type": {"sigmoid": "trl.DPO"} | {kind: f"trl.DPO.{kind}" for kind in _DPO}},
                instead=_NO_SMOOTHING,
            ),
            row("dpo_hinge", "DPOTrainer.hinge", "DPO.hinge"),
            row("ipo", "DPOTrainer.ipo", "DPO.ipo"),
            row("dpo_robust", "DPOTrainer.robust", "DPO.robust"),
            row("exo_pair", "DPOTrainer.exo_pair", "DPO.exo_pair"),
            row("nca_pair", "DPOTrainer.nca_pair", "DPO.nca_pair"),
            row("bco_pair", "DPOTrainer.bco_pair", "DPO.bco_pair"),
            row("sppo_hard", "DPOTrainer.sppo_hard", "DPO.sppo_hard"),
            row("apo_zero", "DPOTrainer.apo_zero", "DPO.apo_zero", instead=_NO_F),
            row("apo_down", "DPOTrainer.apo_down", "DPO.apo_down"),
            row("discopop", "DPOTrainer.discopop", "DPO.discopop"),
            row("dpo_norm", "DPOTrainer.sigmoid_norm", "DPO.sigmoid_norm"),
            row("aot", "DPOTrainer.aot", "DPO.aot", instead=_NO_F),
            row("aot", "DPOTrainer.aot_unpaired", "DPO.aot_unpaired", options={"unpaired": True}, instead=_NO_F),
        ),
    ),
    Table(
        "trl",
        rows=(
            row(
                "cpo",
                "experimental.cpo.CPOTrainer",
                "experimental.cpo.CPO",
                by_option={
                    "loss_type": {"sigmoid": "trl.experimental.cpo.CPO"} | {kind: f"trl.experimental.cpo.CPO.{kind}" for kind in _CPO}
                },
            ),
            row("cpo_hinge", "experimental.cpo.CPOTrainer.hinge", "experimental.cpo.CPO.hinge", instead=_UNUSED),
            row("cpo_ipo", "experimental.cpo.CPOTrainer.ipo", "experimental.cpo.CPO.ipo", instead=_UNUSED),
            row(
                "simpo",
                "experimental.cpo.CPO.simpo",
                "SimPO",
                renames={"simpo_gamma": "gamma"},
                instead={"cpo_alpha": "SimPO has 0; another one is the weight of nll beside it in an objective"},
            ),
            row("orpo", "experimental.orpo.ORPOTrainer", "experimental.orpo.ORPO"),
            row(
                "kto",
                "KTOTrainer",
                "KTO",
                options={"slope": "torch"},
                by_option={"loss_type": {"kto": "trl.KTO", "apo_zero_unpaired": "trl.KTO.apo_zero_unpaired"}},
            ),
            row("apo_zero_unpaired", "KTOTrainer.apo_zero_unpaired", "KTO.apo_zero_unpaired"),
            row(
                "causal_lm",
                "SFTTrainer",
                "SFTTrainer.nll",
                "DPOTrainer.sft",
                "DPO.sft",
                renames=_ITEMS,
                by_option={"loss_type": {"nll": "trl.SFTTrainer", "dft": "trl.SFTTrainer.dft"}},
            ),
            row("dft", "SFTTrainer.dft", options={"slope": "torch"}, renames=_ITEMS),
            row("reward_bradley_terry", "RewardTrainer", "Reward"),
            row("gkd", *(f"experimental.gkd.{name}" for name in ("GKDTrainer", "GKD")), options={"temperature": 0.9}, renames=_ITEMS),
            # Without labels it divides by the rows: that is -r batchmean.
            row("gkd", "experimental.gkd.GKDTrainer.generalized_jsd_loss", renames=_ITEMS),
        ),
    ),
    # No reference, and so no divergence, unless beta is given; no tokens give 0.
    Table(
        "trl",
        shared={"options": {"beta": 0.0}, "empty_mean": {"terms": 0.0}, "renames": _LEVEL},
        rows=(
            row(
                "grpo",
                "GRPOTrainer",
                "GRPOTrainer.dapo",
                options={"average": "token-mean"},
                renames=_ITEMS,
                by_option={"loss_type": {"dapo": "trl.GRPOTrainer"} | {kind: f"trl.GRPOTrainer.{kind}" for kind in _GRPO}},
            ),
            row("grpo", "GRPOTrainer.grpo"),
            row("grpo", "GRPOTrainer.bnpo", options={"average": "token-mean"}),
            row("grpo", "GRPOTrainer.dr_grpo", options={"average": "seq-mean-token-sum-norm", "max_length": 256.0}, renames=_LENGTH),
            row("grpo", "GRPOTrainer.luspo", options={"average": "seq-mean-token-sum", "level": "sequence"}),
            row("cispo", "GRPOTrainer.cispo", options=_CISPO, renames=_ITEMS | _MOST),
            row("sapo", "GRPOTrainer.sapo", renames=_TAU),
        ),
    ),
    # Its clamps of the log-ratios of tokens at ±20 are left out.
    Table(
        "trl",
        shared={"options": {"beta": 0.0, "slope": "torch"}, "empty_mean": {"terms": 0.0}},
        rows=(
            row(
                "vespo",
                "GRPOTrainer.vespo",
                renames=_ITEMS | _GAMMA,
                instead={"importance_sampling_level": "its weight is always that of the sequence"},
            ),
        ),
    ),
)
