"""The dependence alarm in words: what was found in the differences of the rows, and which options take it into account."""

from __future__ import annotations

from typing import Any

from losscli.statistics.alarm import Advice, Alarm, GroupFinding

__all__ = ["advised", "alarm_dict", "sentence", "shown_name"]

_CLEARLY = 1.05  # an interval that is wider by less is not given as a number


def advised(advice: Advice) -> list[str]:
    """The options of the command that take the dependence into account: --cluster patient, --lag auto."""
    return [*(f"--cluster {shown_name(name)}" for name in advice.cluster), *["--lag auto"] * advice.lag_auto]


def shown_name(name: str) -> str:
    """The column of a group of rows, without the prefix that its name has among the columns of the data."""
    return name.partition(".")[2] or name


def sentence(alarm: Alarm) -> str:
    """What was found, what it does to the interval, and what to type; '' where nothing fires."""
    if not alarm.advice:
        return ""
    found = [_of_group(f) for f in alarm.groups if f.name in alarm.advice.cluster]
    if alarm.advice.lag_auto:
        found.append(f"rows near each other are alike (autocorrelation {alarm.lag.autocorrelations[0]:.2g}, p {_p(alarm.lag.p)})")
    wider = f"would be {alarm.wider:.2g} times as wide" if alarm.wider > _CLEARLY else "may be too narrow"
    return (
        f"{' and '.join(found)}: the interval {wider}; use {' '.join(advised(alarm.advice))}, or --independent if they are alike by chance"
    )


def _of_group(f: GroupFinding) -> str:
    return f"rows of one {shown_name(f.name)} are alike (ICC {f.icc:.2g} in {f.groups:,} groups, p {_p(f.adjusted_p)})"


def _p(p: float) -> str:
    return "< 0.0001" if p < 0.0001 else f"= {p:.2g}"


def alarm_dict(alarm: Alarm) -> dict[str, Any]:
    """As `-f json` writes it."""
    lag = alarm.lag
    return {
        "neighbours": {"autocorrelations": list(lag.autocorrelations), "p": lag.p, "fires": lag.fires, "wider": lag.wider},
        "groups": [{"column": shown_name(f.name), **{k: v for k, v in vars(f).items() if k != "name"}} for f in alarm.groups],
        "advice": advised(alarm.advice),
    }
