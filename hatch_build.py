"""Compiles the kernels when Broadsheet is installed or a wheel is made; brings a compiler where there is none."""

from __future__ import annotations

import sys
import sysconfig
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

sys.path.insert(0, str(Path(__file__).resolve().parent / "native"))
import build as native


class KernelsHook(BuildHookInterface):  # type: ignore[type-arg]
    """A wheel is for one platform and any Python 3."""

    def dependencies(self) -> list[str]:
        """Zig's C compiler, only where none is found."""
        return [] if native.compiler() else ["ziglang>=0.13"]

    def initialize(self, _version: str, build_data: dict[str, Any]) -> None:
        """Compile, and put the libraries into the wheel."""
        if self.target_name != "wheel":
            return
        root = Path(self.root)
        for library in native.build():
            build_data["artifacts"].append("/" + library.relative_to(root).as_posix())
        tag = sysconfig.get_platform().replace("-", "_").replace(".", "_")
        build_data["tag"] = f"py3-none-{tag}"
        build_data["pure_python"] = False
