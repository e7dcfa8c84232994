"""The forms of a role: logits, probabilities or log-probabilities, the options that say which was given, and the domain of each."""

from __future__ import annotations

from typing import Any

from losscli.domains import ByOption, Domain, Range, Switch
from losscli.record import Record
from losscli.signature import Option, Signature

__all__ = ["FORMS", "FormOption", "flag_of", "form_options", "given_domain", "in_vectors", "is_logits"]

FORMS = {"logits": "logits", "probs": "probabilities", "log_probs": "log-probabilities"}
_BOUNDS: dict[str, dict[str, Any]] = {
    "logits": {"least": None, "most": None, "below": float("inf")},
    "probs": {"least": 0, "most": 1, "below": None},
    "log_probs": {"least": None, "most": None, "below": float("inf")},
}


def flag_of(name: str) -> str:
    """What to type for an option: --from-logits."""
    return f"--{name.replace('_', '-')}"


class FormOption(Record):
    """An option that says that a role was given in another form than the loss takes."""

    role: str
    form: str  # the given one
    takes: str  # the form that the loss takes, unless an option of its own says otherwise
    option: Option


def form_options(signature: Signature) -> dict[str, FormOption]:
    """The options of a loss that say in which form a role is given, by name; that of its own form changes nothing.

    Those of the first role are from_logits, from_probs and from_log_probs, of another role teacher_from_probs. Only a role of distributions
    has them, or the first one: the labels of elements are numbers from 0 to 1, but nobody has their logits.
    """
    found: dict[str, FormOption] = {}
    for i, role in enumerate(signature.roles.values()):
        takes = role.domain.form
        if not takes or (i and not role.domain.together):
            continue
        for form in FORMS:
            name = f"from_{form}" if not i else f"{role.name}_from_{form}"
            if name not in signature.options:
                about = f"{role.name} holds {FORMS[form]}{_then(form, role.domain)}."
                found[name] = FormOption(role.name, form, takes, Option(name, "bool", False, about=about))
    return found


def _then(form: str, domain: Domain) -> str:
    """What becomes of them: only of logits and of single probabilities is nothing rounded on the way."""
    if form == domain.form:
        return ", as the loss takes them"
    return f", which are made {FORMS[domain.form]} of 16 digits" if domain.together and domain.form != "logits" else ""


def given_domain(domain: Domain, form: str) -> Domain:
    """The domain of a role that is given in another form. The softmax of one number a class needs the classes on an axis."""
    if isinstance(domain, ByOption):
        says = given_domain(Range(form=domain.form, together=domain.together), form).says
        return domain.but(form=form, words=says, choose=lambda context: given_domain(domain.choose(context), form))
    inner = domain.no if isinstance(domain, Switch) else domain
    given = inner.but(form=form, **_BOUNDS[form])
    if form == "log_probs" and not is_logits(domain):  # above 0 they would be no probabilities; as logits they may be anything
        given = given.but(most=0, below=None)
    return in_vectors(given) if domain.together and not domain.ndim and form == "logits" else given


def is_logits(domain: Domain) -> bool:
    """Whether log-probabilities are what a role takes, since its logits are those of one distribution."""
    return domain.together and domain.form == "logits"


def in_vectors(domain: Domain) -> Domain:
    """The domain of a vector of such numbers, one for each class."""
    if isinstance(domain, Switch):
        return domain.but(ndim=1, classes=True, yes=in_vectors(domain.yes), no=in_vectors(domain.no))
    return domain.but(ndim=1, classes=True)
