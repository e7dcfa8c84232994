from typing import Any

EDITION: int

def sort(numbers: Any, room: Any, first: int, /) -> bool: ...
