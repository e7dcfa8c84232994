from typing import Any

EDITION: int
SELECT: int
COPY: int
BOOL_TO_DOUBLE: int
BOOL_TO_INT: int
INT_TO_DOUBLE: int
DOUBLE_OUTSIDE: int
INT_OUTSIDE: int
MAXIMUM: int
MINIMUM: int

def loops(ufunc: Any, /) -> list[tuple[bytes, int, int]]: ...
def execute(
    steps: Any, registers: Any, arrays: tuple[Any, ...], rows: int, piece: int, width: int, tile: int, scratch: int, across: bool, /
) -> bool: ...
