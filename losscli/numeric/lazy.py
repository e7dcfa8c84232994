"""NumPy, imported on first use."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

__all__ = ["Array", "np"]

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    # A NumPy array; or a Var while a gradient is computed, or a Traced while a formula is traced.
    Array = NDArray[Any]
else:
    Array = Any

    class _ImportOnFirstUse:
        """A replacement for NumPy, so that `list` and completion never load it."""

        def __getattr__(self, name):
            import numpy

            value = getattr(numpy, name)
            setattr(self, name, value)  # the next access is a plain attribute
            return value

    np = _ImportOnFirstUse()
