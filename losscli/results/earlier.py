"""Read an earlier result, of `compute` or of `compare`, and estimate the difference of a value of now to it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from losscli.errors import InputError, UsageError, suggest
from losscli.record import Record
from losscli.results.expectation import read_document
from losscli.results.noninferiority import Estimate, unpaired
from losscli.results.same_result import differences, refuse_other_result

if TYPE_CHECKING:
    from losscli.results.objective import Total
    from losscli.results.result import Result
    from losscli.results.uncertainty import Uncertainty

__all__ = ["Earlier", "read_earlier"]


class Earlier(Record):
    """The file of an earlier result, and the option that names it."""

    path: str
    flag: str
    document: Mapping[str, Any]

    @property
    def has_rows(self) -> bool:
        """Whether it has values of rows."""
        return "values" in self.document

    @property
    def place(self) -> str:
        """The beginning of messages about the file."""
        return f"{self.flag} {self.path}"

    def of(self, result: Result | Total, prediction: str = "") -> Mapping[str, Any]:
        """The earlier result of the same loss: the document, or the part of a comparison that is of the prediction.

        Raises InputError, with the difference, where the file has no result of the same loss, options, reduction, denominator and dtype.
        """
        if "results" in self.document:
            return self._of_comparison(result, prediction)
        document = self.document
        if "values" in document:  # they are reduced as the value of now
            document = {k: v for k, v in document.items() if k != "reduction"}
        refuse_other_result(self.path, document, result, self.flag)
        return self.document

    def _of_comparison(self, result: Result | Total, prediction: str) -> Mapping[str, Any]:
        entries = self.document["results"]
        names = list(dict.fromkeys(str(e.get("prediction")) for e in entries))
        name = names[0] if len(names) == 1 else prediction
        if name not in names:
            raise InputError(f"{self.place}: {_no_prediction(prediction, names)}")
        found = [{**e, "rows": self.document.get("rows")} for e in entries if str(e.get("prediction")) == name]
        faults = [_fault(e, result) for e in found]
        if None not in faults:
            losses = ", ".join(dict.fromkeys(str(e.get("loss")) for e in found))
            raise InputError(
                f"{self.flag}: {self.path} {faults[0]}" if len(found) == 1 else f"{self.place}: it is of {losses}, not {_named(result)}"
            )
        return found[faults.index(None)]

    def estimate(self, candidate: str, result: Result | Total, prediction: str = "", precision: Uncertainty | None = None) -> Estimate:
        """The difference to the value of the file, for rows that are not paired; `precision` is that of the value of now.

        Raises InputError for a result of another loss, and for a file without a value.
        """
        document = self.of(result, prediction)
        total = document.get("total")
        holder: Mapping[str, Any] = total if isinstance(total, Mapping) else document
        value, rows, interval = self._number(holder), _rows_used(document), holder.get("interval")
        how = "-r none, or with --ci 95" if total is None else "--ci 95"
        se, se_then = None if precision is None else precision.se, _float(holder.get("se"))
        made = Estimate(
            candidate,
            self.path,
            result.value - value,
            value,
            rows=min(rows, result.rows.used),
            se_candidate=se,
            se_baseline=se_then,
            how=f"unpaired, as {'the file has no values of rows (-r none)' if total is None else 'an objective has no values of rows'}",
            empty=result.empty or _of_nothing(document),
            without_se=_missing_se(self.path, se_then, how, se, result.without_interval),
        )
        df_then = _float(interval.get("df")) if isinstance(interval, Mapping) else rows - 1
        return unpaired(made, 0 if precision is None else precision.df, df_then or 0)

    def _number(self, holder: Any) -> float:
        value = _float(holder.get("value")) if isinstance(holder, Mapping) else None
        if value is None:
            raise InputError(f"{self.place}: it holds no single value; write one with losscli compute … -o FILE.json")
        return value


def read_earlier(path: str, flag: str) -> Earlier:
    """The earlier result in a JSON or YAML file. Raises UsageError without a file, InputError for a file without a result."""
    if not Path(path).is_file():
        raise UsageError(f"{flag} takes the file of an earlier result, and there is no file {path}")
    document = read_document(path, flag)
    if not isinstance(document, dict) or not any(_complete(document)):
        raise InputError(f"{flag} {path}: not a result with its loss and options; write one with losscli compute … -o FILE.json")
    return Earlier(path, flag, document)


def _complete(document: Mapping[str, Any]) -> Iterator[bool]:
    """Whether a document is a result of a loss, of an objective or of a comparison, with all that has to be the same."""
    yield "loss" in document and "params" in document and "signature" in document
    yield "objective" in document and isinstance(document.get("terms"), list) and "schema" in document
    results = document.get("results")
    yield isinstance(results, list) and bool(results) and all(isinstance(e, dict) and "params" in e for e in results)


def _no_prediction(prediction: str, names: Sequence[str]) -> str:
    if not prediction:
        return f"it compares {', '.join(names)}: write the earlier result with losscli compute, or use losscli compare --against"
    return f"it has no prediction {prediction!r}{suggest(prediction, names)}; its predictions: {', '.join(names)}; -p NAME=SOURCE names one"


def _fault(entry: Mapping[str, Any], result: Result | Total) -> str | None:
    """What makes a part of a comparison the result of another loss, in words; None for the same."""
    from losscli.results.objective import Total

    text = str(entry.get("loss"))
    if isinstance(result, Total):  # a comparison does not hold its terms
        return None if Path(text).name == Path(result.name).name else f"is of {text}, not of {result.name}"
    return next(differences(_resolved(entry), result), None)


def _resolved(entry: Mapping[str, Any]) -> Mapping[str, Any]:
    """A part of a comparison with the name of its loss in place of what -l was given."""
    from losscli.catalogue.custom import is_file
    from losscli.catalogue.lookup import find, is_objective

    text = str(entry.get("loss"))
    if is_objective(text) or is_file(text.partition(":")[0]):  # a result names files, which are not opened, and not run
        text = text.partition("::")[2].partition(":")[0] or text
        return {**entry, "loss": text}
    if "::" in text:
        return {**entry, "loss": text.partition("::")[2].partition(":")[0]}
    try:
        return {**entry, "loss": find(text.partition(":")[0])[0].name}
    except UsageError:
        return entry


def _named(result: Result | Total) -> str:
    return str(getattr(result, "loss", None) or getattr(result, "name", ""))


# --- numbers of a document -------------------------------------------------------------------------------------------------


def _float(x: Any) -> float | None:
    """A number, also where JSON has a word for it: nan, inf; None for anything else."""
    if isinstance(x, bool) or not isinstance(x, int | float | str):
        return None
    try:
        return float(x)
    except (ValueError, OverflowError):
        return None


def _rows_used(document: Mapping[str, Any]) -> int:
    """How many rows the value is of; of an objective, the fewest of a term."""
    if isinstance(terms := document.get("terms"), list):
        return min((_rows_used(t) for t in terms if isinstance(t, dict)), default=0)
    rows = document.get("rows")
    used = rows.get("used") if isinstance(rows, dict) else rows
    return used if isinstance(used, int) else 0


def _of_nothing(document: Mapping[str, Any]) -> bool:
    """Whether the earlier value was computed from nothing: no rows, or a warning W105, which a part of a comparison has as a key."""
    warnings: Sequence[Any] = document.get("warnings") or ()
    warned = any(isinstance(w, dict) and w.get("code") == "W105" for w in warnings)
    return _rows_used(document) == 0 or warned or bool(document.get("empty"))


def _missing_se(path: str, theirs: float | None, how: str, ours: float | None, why: str | None) -> str:
    """Which of the two values has no standard error, and what to do; '' where both have one. `why` says why that of now has none."""
    rest = "--fail-if-worse-point compares the values alone"
    if ours is None and why:
        return f"there is no standard error: {why}; {rest}"
    if theirs is None:
        return f"{path} has no standard error: write it with {how}; {rest}"
    return f"the value has no standard error; {rest}" if ours is None else ""
