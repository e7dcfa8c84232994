"""NumPy, imported on first use."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

__all__ = ["Array", "np"]

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    # An array of NumPy, or its stand-in while a gradient is computed (Var) or a formula is traced (Traced).
    Array = NDArray[Any]
else:
    Array = Any

    class _ImportOnFirstUse:
        """Stands in for NumPy, so that `list` and completion never load it."""

        def __getattr__(self, name):
            import numpy

            value = getattr(numpy, name)
            setattr(self, name, value)  # the next access is a plain attribute
            return value

    np = _ImportOnFirstUse()
