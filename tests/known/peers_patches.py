"""The peers of patches.yaml and coding_rate.yaml: lightly 1.6.0, in double precision and with a row for each image."""

import importlib
from typing import Any
from unittest.mock import patch

import torch
import torch.nn.functional as F

PEERS = {f"lightly_{name}(": "lightly" for name in ("ibot", "kernels", "detcon", "emp_ssl", "mmcr")}


def _lightly(module: str, name: str) -> Any:
    return getattr(importlib.import_module(f"lightly.loss.{module}"), name)


def lightly_ibot(
    teacher: torch.Tensor, student: torch.Tensor, mask: torch.Tensor | None = None, *, name: str = "IBOTPatchLoss", **options: Any
) -> torch.Tensor:
    """lightly's number; iBOT takes the masked patches of all images one after the other, and a mask with two axes for each image."""
    temperature = torch.tensor(options.pop("teacher_temp", 0.04), dtype=torch.float64)
    center, weight = options.pop("center", 0.0), options.pop("visible_loss_weight", None)
    loss = _lightly("ibot_loss", name)(output_dim=teacher.shape[-1], **options)
    loss.center.center = torch.as_tensor(center, dtype=torch.float64).expand(1, teacher.shape[-1])
    with patch("torch.tensor", lambda x: x):  # it makes the temperature single precision
        if name == "IBOTPatchLoss":
            assert mask is not None
            chosen = mask.bool()
            return loss(teacher[chosen], student[chosen], chosen[:, None], teacher_temp=temperature)
        more = {} if weight is None else {"visible_loss_weight": weight}
        return loss(teacher, student, mask if mask is None else mask.bool(), teacher_temp=temperature, **more)


def lightly_kernels(student: torch.Tensor, teacher: torch.Tensor, mask: torch.Tensor | None = None) -> torch.Tensor:
    """lightly's number, without its rounding to single precision"""
    with patch.object(torch.Tensor, "float", torch.Tensor.double):
        loss = _lightly("patch_kernel_alignment_loss", "PatchKernelAlignmentLoss")()
        return loss(student, teacher, mask if mask is None else mask.bool())


def patch_kernels(student: torch.Tensor, teacher: torch.Tensor) -> torch.Tensor:
    """The loss of each image, differentiable through the teacher too"""
    kernels = [(x - x.mean(1, keepdim=True)) @ (x - x.mean(1, keepdim=True)).mT for x in (student, teacher)]
    return 1 - F.cosine_similarity(*(k.flatten(1) for k in kernels), dim=1)


def lightly_detcon(name: str, *views: torch.Tensor, temperature: float = 0.1) -> torch.Tensor:
    """lightly's number, without its rounding to single precision"""
    with patch.object(torch.Tensor, "float", torch.Tensor.double):
        return _lightly("detcon_loss", f"{name}Loss")(temperature=temperature, gather_distributed=False)(*views)


def lightly_emp_ssl(views: torch.Tensor, **options: Any) -> torch.Tensor:
    """lightly's number of (rows, views, features), of which it takes a list"""
    return _lightly("emp_ssl_loss", "EMPSSLLoss")(**options)(list(views.unbind(1)))


def lightly_mmcr(online: torch.Tensor, momentum: torch.Tensor, **options: Any) -> torch.Tensor:
    return _lightly("mmcr_loss", "MMCRLoss")(**options)(online, momentum)
