"""Mistakes in losscli.toml and in [tool.losscli] of pyproject.toml."""

from __future__ import annotations

import re

from tests.cli.messages.rows import USAGE, Row

MSE = ["compute", "mse", "-p", "1", "-t", "2"]


def toml(text: str | bytes, err: str | re.Pattern[str], name: str = "losscli.toml") -> Row:
    """A file of settings with this content."""
    return Row(MSE, USAGE, err, {name: text})


ROWS: dict[str, Row] = {
    "settings: another key": toml(
        "precison = 3",
        "error: losscli.toml: no key 'precison' (did you mean precision?); the keys are format, precision, strict, quiet, threads,"
        " delimiter and roles",
    ),
    "settings: the table of pyproject.toml": toml(
        "[tool.losscli]\nformat = 'csv'",
        "error: losscli.toml: its keys stand without a table: write format = 'csv', and [roles] (pyproject.toml has [tool.losscli])",
    ),
    "settings: no TOML": toml("precision =", re.compile("^error: losscli.toml is no TOML: .*line 1|^error: losscli.toml is no TOML: ")),
    "settings: no table": toml("tool = {losscli = 3}\n[tool.losscli.x]", re.compile("^error: pyproject.toml is no TOML"), "pyproject.toml"),
    "settings: tool.losscli is an array": toml(
        "[[tool.losscli]]\n[tool.losscli.roles]", "error: pyproject.toml [tool.losscli]: tool.losscli is no table", "pyproject.toml"
    ),
    "settings: a switch": toml("strict = 1", "error: losscli.toml: strict takes true or false, not 1"),
    "settings: a number": toml("precision = 4.5", "error: losscli.toml: precision takes a number, not 4.5"),
    "settings: a range": toml(
        "[tool.losscli]\nprecision = 40",
        "error: pyproject.toml [tool.losscli]: precision takes 1 to 17 significant digits, not 40",
        "pyproject.toml",
    ),
    "settings: a word": toml(
        "format = 'jsno'",
        "error: losscli.toml: format takes table, value, json, jsonl, csv, tsv, yaml, markdown, github, junit or metrics, not 'jsno'"
        " (did you mean json or jsonl?)",
    ),
    "settings: a delimiter": toml("delimiter = ';;'", "error: losscli.toml: delimiter takes one character, not ';;'"),
    "settings: roles": toml("roles = 'pred'", "error: losscli.toml: roles is a table, such as roles.pred = ['model_output']"),
    "settings: names of a role": toml(
        "roles.pred = 3", "error: losscli.toml: roles.pred takes a name of a column or a list of names, not 3"
    ),
    "settings: no name of a role": toml(
        "roles.pred = []", "error: losscli.toml: roles.pred takes a name of a column or a list of names, not []"
    ),
    "settings: a role that no loss has": toml(
        "[roles]\nprd = 'x'",
        "error: losscli.toml: roles.prd: no loss has a role prd (did you mean pred?); name the columns of a function of your own in"
        " the command",
    ),
    "settings: a pattern for a role": toml(
        "roles.pred = ['yhat', 'logit_*']",
        "error: losscli.toml: roles.pred takes names of columns, not files or patterns such as 'logit_*': write those in the command",
    ),
    "settings: a role in two spellings": toml(
        "roles.old-logp = 'a'\nroles.old_logp = 'b'",
        "error: losscli.toml: roles.old_logp: the role old_logp is there twice",
    ),
    "settings: not in UTF-8": toml(b"threads = 2 # \xfc", "error: losscli.toml is no TOML: it is not written in UTF-8"),
    "settings: a quote as delimiter": toml("delimiter = '\"'", "error: losscli.toml: delimiter takes one character, not '\"'"),
}
