"""Files of other programs that are not read here: what each is, and one line that makes of it what can be read."""

from __future__ import annotations

import re

__all__ = ["conversion"]

_PICKLED = "it holds Python objects, which are never unpickled here; if you trust it, convert it once"
_HDF5, _MATLAB = "HDF5 is not read here; convert it once", "a MATLAB file is not read here; convert it once"
_SHEET = "a spreadsheet is not read here; save its sheet as CSV"
# A suffix: what the file is, the module that reads it, and the arrays in it.
_PROGRAMS = {
    **dict.fromkeys((".pt", ".pth"), (_PICKLED, "torch", "numpy.save('x.npy', torch.load(FILE, map_location='cpu').detach().numpy())")),
    **dict.fromkeys((".pkl", ".pickle"), (_PICKLED, "pickle", "numpy.save('x.npy', pickle.load(open(FILE, 'rb')))")),
    ".joblib": (_PICKLED, "joblib", "numpy.save('x.npy', joblib.load(FILE))"),
    **dict.fromkeys((".h5", ".hdf5"), (_HDF5, "h5py", "numpy.savez('x.npz', **{k: v[()] for k, v in h5py.File(FILE).items()})")),
    ".mat": (_MATLAB, "scipy.io", "numpy.savez('x.npz', **{k: v for k, v in scipy.io.loadmat(FILE).items() if k[0] != '_'})"),
}
_OTHERS = {
    **dict.fromkeys((".xlsx", ".xls", ".ods"), _SHEET),
    **dict.fromkeys((".bz2", ".xz", ".zst", ".lz4", ".zip", ".7z", ".tar", ".tgz"), "packed files are read as .gz alone: unpack it"),
    ".rds": "an R object is not read here; write it with write.csv(x, 'x.csv', row.names = FALSE)",
}


def conversion(suffix: str, path: str) -> str | None:
    """What to say of a file with this suffix; None for a suffix that is not known."""
    if suffix in _OTHERS:
        return _OTHERS[suffix]
    if suffix not in _PROGRAMS:
        return None
    what, module, arrays = _PROGRAMS[suffix]
    plain = path if re.fullmatch(r"[\w./ -]+", path) else "FILE"  # a name with quotes would end the command early
    return f"""{what}: python -c "import numpy, {module}; {arrays.replace("FILE", f"'{plain}'")}\""""
