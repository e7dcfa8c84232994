"""NumPy, imported when it is first used."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

__all__ = ["Array", "np"]

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    # An array of NumPy, or what stands for one while a derivative is taken (Var) or a formula is traced (Traced).
    Array = NDArray[Any]
else:
    Array = Any

    class _OnFirstUse:
        """Stands for NumPy, so that `list` and completion never load it."""

        def __getattr__(self, name):
            import numpy

            value = getattr(numpy, name)
            setattr(self, name, value)  # the second look-up is a plain attribute
            return value

    np = _OnFirstUse()
