"""The parts in C. Large inputs go faster with them, and everything works without: where there is no compiler they are left out."""

from __future__ import annotations

import sys
import sysconfig

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext


class Build(build_ext):
    """With the options that GCC and Clang take. Microsoft's compiler optimizes by default."""

    def build_extensions(self) -> None:
        if self.compiler.compiler_type != "msvc":
            for part in self.extensions:
                # a product and a sum in one rounding, as on ARM, would be other bits than NumPy's
                part.extra_compile_args += ["-O3", "-ffp-contract=off"]
        super().build_extensions()


def _part(name: str) -> Extension:
    return Extension(name, [name.replace(".", "/") + ".c"], optional=True, py_limited_api=True)


# The parts use the limited API, which Python without a global lock has not before 3.15.
LIMITED = not (sysconfig.get_config_var("Py_GIL_DISABLED") and sys.version_info < (3, 15))
setup(
    ext_modules=[_part(f"losscli.{name}") for name in ("fusion._tiles", "numeric._sorts", "sources.delimited._fields")] if LIMITED else [],
    options={"bdist_wheel": {"py_limited_api": "cp311"}} if LIMITED else {},  # one wheel for all versions of Python
    cmdclass={"build_ext": Build},
)
