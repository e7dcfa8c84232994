"""A loss whose roles are given in another form than it takes: probabilities in place of logits, and the like."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property, wraps
from typing import Any

from losscli.aggregation import Aggregation
from losscli.diagnostics import Diagnostic, above_zero, looks_like_probabilities, unnormalised
from losscli.domains import Domain
from losscli.errors import UsageError
from losscli.forms import FORMS, FormOption, flag_of, given_domain, in_vectors, is_logits
from losscli.registry import Loss
from losscli.signature import Signature

__all__ = ["GivenLoss", "in_forms", "same_forms"]


class GivenLoss(Loss):
    """A loss with some roles in another form. Its function brings them into the form that the loss takes."""

    base: Loss
    forms: Mapping[str, FormOption]  # by the name of the option

    @property
    def signature(self) -> Signature:
        return self._signature

    @cached_property
    def _signature(self) -> Signature:
        roles, options = dict(self.base.roles), dict(self.base.options)
        for name, said in self.forms.items():
            role = roles[said.role]
            given = given_domain(role.domain, said.form)
            if given.ndim > role.domain.ndim:  # numbers of one distribution: those of the other roles are of one, too
                roles = {n: r.but(domain=in_vectors(r.domain)) for n, r in roles.items()}
            roles[said.role] = role.but(domain=given)
            options[name] = said.option
        return Signature(roles, options)

    @cached_property
    def yields(self) -> frozenset[type[Aggregation]]:
        return self.base.yields

    @property
    def form_options(self) -> dict[str, FormOption]:
        return {}


_MADE: dict[Any, GivenLoss] = {}  # so that a loss keeps its function, and with it its kernels


def in_forms(loss: Loss, names: tuple[str, ...]) -> Loss:
    """The loss with its roles in the forms that some of its form options say, one for each role."""
    if not names:
        return loss
    forms = {n: loss.form_options[n] for n in names}
    key = (loss.name, names)
    if key not in _MADE:
        fields = {n: getattr(loss, n) for n in Loss._names} | {"fn": _given(loss, forms), "own_hints": _hints(loss, forms)}
        _MADE[key] = GivenLoss(**fields, base=loss, forms=forms)
    return _MADE[key]


def same_forms(loss: Loss, other: Loss) -> Loss:
    """Another loss, with the forms of the first. Raises UsageError where it takes no such form."""
    if not isinstance(loss, GivenLoss):
        return other
    if absent := [n for n in loss.forms if n not in other.form_options and n not in other.options]:
        raise UsageError(f"{other.name} has no option {absent[0]!r}: leave it out")
    return in_forms(other, tuple(n for n in loss.forms if n in other.form_options))


def _given(loss: Loss, forms: Mapping[str, FormOption]) -> Callable[..., Any]:
    """The function of a loss, for roles in these forms."""

    @wraps(loss.fn)
    def given(**arguments: Any) -> Any:
        from losscli.numeric.given import against_other_side, taken_from

        options = {n: x for n, x in arguments.items() if n not in forms}
        taken = {}
        for said in forms.values():
            domain, x = loss.roles[said.role].domain.of(options), options.get(said.role)
            if x is not None:
                if said.form == "logits" and domain.opposed is not None:
                    x = against_other_side(x, domain.opposed)
                together = domain.together and not (domain.single and x.shape[-1] == 1)
                taken[said.role] = taken_from(x, said.form, domain.form, together)
        return loss.fn(**options | taken)

    return given


# Warnings about the numbers of a role: they are about the form that the loss takes.
_OF_FORM = ("W101", "W102", "W103", "W104", "W111")


def _hints(loss: Loss, forms: Mapping[str, FormOption]) -> tuple[Diagnostic, ...]:
    """The warnings about the rows, with those of the given forms in place of those of the forms that the loss takes."""
    roles = {said.role for said in forms.values()}
    kept = [h for h in loss.own_hints if h.code not in _OF_FORM or h.message.partition(" ")[0] not in roles]
    return (*kept, *(h for name, said in forms.items() for h in _hint(name, said, loss.roles[said.role].domain)))


def _hint(name: str, said: FormOption, domain: Domain) -> list[Diagnostic]:
    role, flag = said.role, flag_of(name)
    if said.form == "logits":
        instead = f"leave out {flag}" if said.takes == "probs" else flag_of(name.replace("logits", "probs"))
        return [looks_like_probabilities(f"{instead} for probabilities", role, domain.together, takes=f"{flag} takes logits")]
    if said.form == "log_probs":
        return [above_zero(role, f": leave out {flag}, or give log_softmax(logits)")] if is_logits(domain) else []
    if not domain.together:
        return []
    what = "each row is divided by its sum" if said.takes == "logits" else f"{flag} takes {FORMS['probs']}"
    return [unnormalised(role, lambda context: context[role] if domain.of(context).together else None, what)]
