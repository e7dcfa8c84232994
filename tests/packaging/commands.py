"""Commands of setuptools for what pyproject.toml cannot say: the options of a compiler, and what the archive of the sources holds."""

from __future__ import annotations

import sys
import sysconfig

from setuptools.command.bdist_wheel import bdist_wheel
from setuptools.command.build_ext import build_ext
from setuptools.command.sdist import sdist

# The parts in C use the limited API, which Python without a global lock has not before 3.15.
LIMITED = not (sysconfig.get_config_var("Py_GIL_DISABLED") and sys.version_info < (3, 15))


class Build(build_ext):
    """The parts in C, with the options that GCC and Clang take. Microsoft's compiler optimizes by default.

    Large inputs go faster with the parts, and everything works without: where there is no compiler they are left out.
    """

    def build_extensions(self) -> None:
        if not LIMITED:
            self.extensions = []
        if self.compiler.compiler_type != "msvc":
            for part in self.extensions:
                # a product and a sum in one rounding, as on ARM, would be other bits than NumPy's
                part.extra_compile_args += ["-O3", "-ffp-contract=off"]
        super().build_extensions()


class Wheel(bdist_wheel):
    """One wheel for all versions of Python."""

    def initialize_options(self) -> None:
        super().initialize_options()
        self.py_limited_api = "cp311" if LIMITED else False


class Archive(sdist):
    """The archive of the sources, with the tests and what they need."""

    def make_distribution(self) -> None:
        files = self.filelist
        for folder in ("losscli", "sample_inputs", "tests"):
            files.graft(folder)
        files.extend(["CHANGELOG.md", ".ci/run"])
        files.global_exclude("*.py[cod]")
        files.global_exclude("*.so")
        files.sort()
        files.remove_duplicates()
        super().make_distribution()
