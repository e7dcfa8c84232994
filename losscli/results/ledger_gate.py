"""Gates with a ledger: what the bets of one run make of the decisions on each candidate."""

from __future__ import annotations

from collections.abc import Mapping

from losscli.record import Record
from losscli.results.checks import Verdict
from losscli.results.comparison import Compared, Comparison
from losscli.results.ledger import Bet, Entry
from losscli.results.noninferiority import Decision, Outcome, worst

__all__ = ["LedgerBet", "in_doubt", "outcome_of", "signature_of", "with_bets"]


class LedgerBet(Record):
    """A bet, with the line of the ledger that holds it."""

    bet: Bet
    path: str
    line: int
    repeated: bool  # whether the same differences were judged by an earlier run

    def to_dict(self) -> dict[str, object]:
        """As `-f json` writes it; keys that do not apply are absent."""
        bet = self.bet
        numbers = {"e_value": bet.e_value, "needed": bet.needed, "noticeable": bet.noticeable}
        document = {"path": self.path, "line": self.line, "repeated": self.repeated, "units": bet.units, "alarm": bet.alarm, **numbers}
        return {k: v for k, v in document.items() if v is not None}

    def words(self) -> str:
        """What the bet says, in words."""
        bet, again = self.bet, ", judged before" if self.repeated else ""
        place = f"{self.path}:{self.line}{again}"
        if not bet.units:
            return f"{place}: no row differs, so there is nothing to bet on"
        if bet.e_value is None or bet.needed is None:
            return f"{place}: no bet could be made"
        return f"{place}: e-value {bet.e_value:.3g}, an alarm from {bet.needed:.3g}"


def signature_of(comparison: Comparison, allowed: str) -> str:
    """What a ledger is about: its losses with all that determines their values, and the difference that is allowed."""
    by_loss = {r.loss: r for r in comparison.results}
    return f"{'; '.join(_named(loss, r) for loss, r in by_loss.items())}; worse by more than {allowed}"


def _named(loss: str, result: Compared) -> str:
    params = [f"{k}={v.tolist() if hasattr(v, 'tolist') else v}" for k, v in sorted(result.params.items())]
    return " ".join([loss.partition(":")[0], *params, result.reduction])


def with_bets(comparison: Comparison, entry: Entry, path: str, line: int, *, repeated: bool) -> Comparison:
    """The comparison with the decisions of its bets: 'worse' is said by the bets, so that all runs of a project share one error rate."""
    bets = {(bet.prediction, bet.loss): LedgerBet(bet, path, line, repeated) for bet in entry.bets}
    gated = [v.but(verdict=_judged(v.verdict, bets, (v.prediction, v.loss))) for v in comparison.gated]
    return comparison.but(gated=gated)


def _judged(verdict: Verdict, bets: Mapping[tuple[str, str], LedgerBet], cell: tuple[str, str]) -> Verdict:
    bet = bets.get(cell)
    if bet is None:
        return verdict
    return verdict.but(checks=[_decided(c, bet) if isinstance(c, Decision) and c.kind == "worse" else c for c in verdict.checks])


def _decided(decision: Decision, bet: LedgerBet) -> Decision:
    """An alarm fails. Without one, a decision that failed or was inconclusive is inconclusive. One without bounds stays failed."""
    if decision.low is None or decision.estimate.doubt:
        return decision
    if bet.bet.alarm:
        return decision.but(outcome="fail", bet=bet, reason="", rows_needed=None)
    outcome: Outcome = "pass" if decision.outcome == "pass" else "inconclusive"
    return decision.but(outcome=outcome, bet=bet, reason="" if outcome == "pass" else _reason(bet.bet), rows_needed=None)


def _reason(bet: Bet) -> str:
    """Why the ledger does not say 'worse'."""
    if bet.needed is not None and bet.noticeable is None:
        return f"{bet.units} differences are too few for an alarm of a ledger"
    about = f" (about {bet.noticeable:.3g} beyond the allowed difference would be)" if bet.noticeable is not None else ""
    return f"no alarm of the ledger{about}"


def in_doubt(comparison: Comparison) -> set[tuple[str, str]]:
    """The predictions and losses whose rows depend on each other in an unknown way, so that a bet on them would not be fair."""
    decisions = [(v, c) for v in comparison.gated for c in v.verdict.checks if isinstance(c, Decision)]
    return {(v.prediction, v.loss) for v, decision in decisions if decision.estimate.doubt}


def outcome_of(comparison: Comparison) -> Outcome:
    """The outcome of all gates of a comparison."""
    return worst(v.verdict.outcome for v in comparison.gated)
