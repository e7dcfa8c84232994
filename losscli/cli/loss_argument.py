"""A loss with its options, huber:delta=2, or the file of an objective: -l of `losscli compare`, and the words of `list --plot`."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from losscli.catalogue.lookup import is_objective, name_by_option, options_of_names
from losscli.cli.streams import to_stderr
from losscli.errors import UsageError
from losscli.record import Record
from losscli.registry import Loss, Preset

if TYPE_CHECKING:
    from losscli.catalogue.objective import Objective
    from losscli.catalogue.trust import Trust

__all__ = ["NamedLoss", "in_words_of_losses", "named_loss", "words_by_option"]


class NamedLoss(Record):
    """A loss with its options, or an objective."""

    text: str  # as the user wrote it
    definition: tuple[Loss, Preset] | Objective
    options: Mapping[str, Any]

    @property
    def roles(self) -> Collection[str]:
        """The roles that the command line can give."""
        return self.definition[0].roles if isinstance(self.definition, tuple) else self.definition.open_roles


def in_words_of_losses(losses: Sequence[NamedLoss], given: Mapping[str, str]) -> dict[str, str]:
    """The SOURCEs of --role with our names of the roles, where all losses that know a name mean the same role by it.

    Raises UsageError for a role that is given under two names.
    """
    presets = [loss.definition[1] for loss in losses if isinstance(loss.definition, tuple)]
    ours = {role for loss in losses for role in loss.roles}
    found: dict[str, str] = {}
    for word, source in given.items():
        meant = {preset.role_words[word] for preset in presets if word in preset.role_words}
        role = word if word in ours or len(meant) != 1 else next(iter(meant))
        role = role if type(role) is str else word  # numbers that have to be converted are given under our name
        if role in found:
            raise UsageError(f"--role: {', '.join(given)}: two of them are {role}: give one")
        found[role] = source
    return found


def named_loss(text: str, flag: str = "-l ", trust: Trust | None = None) -> NamedLoss:
    """Parse the value of the option `flag`, or an argument of the command, for which `flag` is ''. `trust` is for an objective.

    Raises UsageError for a name that no loss has, and for options that are not KEY=VALUE.
    """
    from losscli.catalogue.loss_text import loss_with_options, split_text

    name, options = split_text(text)
    with to_stderr():  # a user's file may print
        if not is_objective(name):
            return NamedLoss(text, *loss_with_options(text, flag))
        if options:
            raise UsageError(f"{flag}{text}: an objective has no options here: write them into {name}")
        from losscli.sources.objective import read_objective

        return NamedLoss(text, read_objective(name, trust), {})


def words_by_option(words: list[str]) -> list[str]:
    """The words of a command line, NAME and its options, with another NAME where an option chooses it: trl.DPO --loss-type ipo.

    Raises UsageError for a value that chooses no name, and for an option without a value.
    """
    if not words or not (options := options_of_names(words[0])):
        return words
    given, rest = {}, [words[0]]
    left = iter(words[1:])
    for word in left:
        flag, equals, value = word.partition("=")
        option = flag.removeprefix("--").removeprefix("no-").replace("-", "_") if flag.startswith("--") else ""
        if option not in options:
            rest.append(word)
        elif "true" in options[option] and not equals:
            given[option] = str(not flag.startswith("--no-"))
        elif not equals and (value := next(left, "")) == "":
            raise UsageError(f"{flag} needs a value: {' or '.join(options[option])}")
        else:
            given[option] = value
    return [name_by_option(words[0], given)[0], *rest[1:]]
