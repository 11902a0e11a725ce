"""Compiles the kernels for the processors of this platform: `python native/build.py`, or by itself at installation.

Any C compiler serves: `$CC`, `cc`, or Zig's from PyPI (`pip install ziglang`), which installation brings where the
machine has none. Nothing of Python is compiled against, so one build serves every version of it; cffi turns the
functions marked API into what Python calls (`_native/interface.py`).
"""

from __future__ import annotations

import os
import platform
import re
import shlex
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from pathlib import Path

import cffi

HERE = Path(__file__).resolve().parent
TARGET = HERE.parent / "src" / "broadsheet" / "kit" / "_native"
SUFFIX = ".dylib" if sys.platform == "darwin" else ".so"
_AVX2 = "-mavx2 -mfma -mbmi -mbmi2 -mlzcnt -mmovbe -mpopcnt -mf16c -mpclmul"
_AVX512 = f"{_AVX2} -mavx512f -mavx512cd -mavx512bw -mavx512dq -mavx512vl -mavx512ifma -mavx512vbmi"
_AVX512 += " -mavx512vnni -mavx512bitalg -mavx512vpopcntdq"
# Name of a build → what it may use; kit/native.py picks the best that runs (see processor.c).
LEVELS = {"baseline": "", "avx2": _AVX2, "avx512": _AVX512}
FLAGS = (
    "-std=c11 -O3 -fPIC -shared -fvisibility=hidden -ffp-contract=off -fno-math-errno -fno-trapping-math -Wall -Wextra"
)
_ZIG_TARGETS = {"x86_64": "x86_64-linux-gnu.2.17", "aarch64": "aarch64-linux-gnu.2.17"}
_FUNCTION = re.compile(r"^API ([^{;]+?)\s*\{", re.MULTILINE)


def compiler() -> list[str] | None:
    """The C compiler's command: $CC, else cc, gcc or clang, else Zig's if it is installed; None if there is none."""
    if command := os.environ.get("CC"):
        return shlex.split(command)
    for name in ("cc", "gcc", "clang"):
        if found := shutil.which(name):
            return [found]
    if find_spec("ziglang") is None:
        return None
    target = (
        _ZIG_TARGETS.get(platform.machine()) if sys.platform == "linux" else None
    )  # else it compiles for this processor
    return [sys.executable, "-m", "ziglang", "cc", *(["-target", target] if target else [])]


def levels() -> dict[str, str]:
    """The builds that make sense on this platform."""
    x86 = platform.machine().lower() in ("x86_64", "amd64")
    return LEVELS if x86 else {"baseline": LEVELS["baseline"]}


def build() -> list[Path]:
    """Compile every level; the files made. Raises RuntimeError with the compiler's words if one cannot be."""
    command = compiler()
    if command is None:
        raise RuntimeError("no C compiler: install one (gcc or clang), or `pip install ziglang`")
    TARGET.mkdir(exist_ok=True)
    with ThreadPoolExecutor() as pool:
        made = list(pool.map(lambda level: _compile(command, *level), levels().items()))
    return [*made, _interface()]


def _compile(command: list[str], level: str, options: str) -> Path:
    library = TARGET / f"kernels-{level}{SUFFIX}"
    draft = library.with_name(f"{library.name}.{os.getpid()}")  # a running process keeps the old one
    sources = sorted(str(path) for path in HERE.glob("*.c"))
    line = [*command, *FLAGS.split(), *options.split(), "-o", str(draft), *sources, "-lm"]
    done = subprocess.run(line, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"the kernels cannot be compiled ({shlex.join(line[:3])} …):\n{done.stderr[-4000:]}")
    if done.stderr.strip():
        print(done.stderr, file=sys.stderr)
    draft.replace(library)
    return library


def _interface() -> Path:
    """The Python module that knows every function's signature, and which of its arguments it writes to."""
    text = "\n".join(path.read_text() for path in sorted(HERE.glob("*.c")))
    declared = [" ".join(function.split()) for function in _FUNCTION.findall(text)]
    ffi = cffi.FFI()
    ffi.set_source("interface", None)
    ffi.cdef("\n".join(f"{function};" for function in declared))
    module = TARGET / "interface.py"
    ffi.emit_python_code(str(module))
    writes = {}
    for function in declared:
        name, arguments = re.fullmatch(r"[^(]*?(\w+)\((.*)\)", function).groups()  # type: ignore[union-attr]
        parts = [part.strip() for part in arguments.split(",")]
        writes[name] = tuple(i for i, part in enumerate(parts) if "*" in part and not part.startswith("const "))
    module.write_text(f"{module.read_text()}\nWRITES = {writes!r}\n")
    return module


if __name__ == "__main__":
    for made in build():
        print(made)
