"""Every message there is, as tables by subject: what is typed, what comes back on stderr, the exit code."""

from tests.cli.messages import (
    configuration,
    files,
    functions,
    gates,
    ledger,
    objectives,
    options,
    pairs,
    pictures,
    resamples,
    several_series,
    slices,
    sources,
    survival,
    values,
    warned,
    worse,
)
from tests.cli.messages.rows import Row

TABLES = (
    configuration,
    options,
    pairs,
    pictures,
    objectives,
    functions,
    gates,
    ledger,
    files,
    resamples,
    several_series,
    sources,
    slices,
    survival,
    values,
    warned,
    worse,
)
ROWS: dict[str, Row] = {name: row for table in TABLES for name, row in table.ROWS.items()}
assert len(ROWS) == sum(len(table.ROWS) for table in TABLES), "two rows have one name"
