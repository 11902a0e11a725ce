"""The unit tests in places unlike this one: other processors, time zones, locales, orders, clocks, cores, Pythons.

    python tests/anywhere.py            every place, one after the other, the first with everything repeated in full
    python tests/anywhere.py --short    one run in which as many of them as go together are true at once

The short run leaves out what a place cannot change, or what has one of its own: the laboratory, the documentation's
blocks, and the tests that are marked as slow. The whole run has them in every place.

Debian's package `locales` (`make test-anywhere` installs it) and a C compiler are needed. What a place needs and this
machine lacks is said in the table at the end, and counts as failed.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BUILD = ROOT / "build" / "anywhere"
CLOCK = ROOT / "tests" / "moved_clock.c"
_SHORT = ("tests", "--ignore=tests/docs")
EVE, LEAP = datetime(2027, 12, 31, 23, 58, tzinfo=UTC), datetime(2028, 2, 28, 23, 58, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Place:
    """Where the tests run; `starts` is what the clock says at the start."""

    name: str
    environment: dict[str, str] = field(default_factory=dict)
    starts: datetime | None = None
    seed: int | None = None  # of the order of tests
    one_core: bool = False
    python: str = ""  # 3.11, newest, or this one
    short: bool = False  # without what a place cannot change

    def command(self) -> list[str]:
        """What to run. Raises LookupError if something is missing here."""
        order = ["--random-order", f"--random-order-seed={self.seed}"] if self.seed is not None else []
        workers = ["-n", "0" if self.one_core else "auto"]
        which = ["-m", "not browser and not slow", *_SHORT] if self.short else ["-m", "not browser"]
        tests = ["-m", "pytest", *which, "-p", "no:cacheprovider", *workers, *order]
        core = ["taskset", "-c", str(min(os.sched_getaffinity(0)))] if self.one_core else []
        return [*core, _python(self.python), *tests]

    def variables(self) -> dict[str, str]:
        """Its environment. Raises LookupError if something is missing here."""
        found = os.environ | self.environment
        if self.starts:
            moved = self.starts - datetime.now(UTC)
            found |= {"LD_PRELOAD": str(_moved_clock()), "MOVED_CLOCK": str(round(moved.total_seconds()))}
        if (locale := found.get("LC_ALL", "C")) != "C":
            found["LOCPATH"] = str(_locale(locale))
        return found


def _moved_clock() -> Path:
    """The library that moves the time of day, compiled."""
    if not (compiler := shutil.which("cc")):
        raise LookupError("no C compiler (cc)")
    BUILD.mkdir(parents=True, exist_ok=True)
    library = BUILD / "moved_clock.so"
    subprocess.run([compiler, "-shared", "-fPIC", "-O1", "-o", str(library), str(CLOCK)], check=True)
    return library


def _locale(name: str) -> Path:
    """A folder with this locale, compiled if need be."""
    if not (BUILD / name).exists():
        BUILD.mkdir(parents=True, exist_ok=True)
        language, encoding = name.split(".")
        done = subprocess.run(["localedef", "-i", language, "-f", encoding, str(BUILD / name)], check=False)
        if done.returncode:
            raise LookupError(f"the locale {name} cannot be made (package `locales`)")
    return BUILD


def _python(which: str) -> str:
    """This Python, or another (`3.11`, `newest`) with everything installed beside it."""
    if not which:
        return sys.executable
    wanted = [os.environ["NEWEST_PYTHON"]] if which == "newest" and "NEWEST_PYTHON" in os.environ else []
    versions = range(20, sys.version_info.minor, -1) if which == "newest" else [int(which.partition(".")[2])]
    for name in [*wanted, *(f"python3.{minor}" for minor in versions)]:
        python = shutil.which(name)
        if python and not subprocess.run([python, "--version"], capture_output=True, check=False).returncode:
            return _environment(python, Path(name).name)
    raise LookupError(f"no Python {which} here (NEWEST_PYTHON=PATH names one)")


def _environment(python: str, name: str) -> str:
    folder = BUILD / name
    inside = str(folder / "bin" / "python")
    if not (folder / "installed").exists():
        subprocess.run([python, "-m", "venv", "--clear", str(folder)], check=True)
        pip = [inside, "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
        subprocess.run(
            [*pip, "--constraint", "constraints.txt", "--editable", ".[dev]", "--editable", "./lab[bench]"],
            cwd=ROOT,
            check=True,
        )
        (folder / "installed").touch()
    return inside


def places(short: bool) -> Iterator[Place]:
    """Every place, or the one that stands for them."""
    haswell, prescott = {"OPENBLAS_CORETYPE": "Haswell"}, {"OPENBLAS_CORETYPE": "Prescott"}
    kiritimati, st_johns = {"TZ": "Pacific/Kiritimati"}, {"TZ": "America/St_Johns"}
    turkish, plain = {"LC_ALL": "tr_TR.UTF-8"}, {"LC_ALL": "C"}
    hashes = {"PYTHONHASHSEED": "random"}
    kernels = {"BROADSHEET_KERNELS": "baseline"}
    if short:
        yield Place(
            "Haswell, Kiritimati, Turkish, New Year's Eve, shuffled",
            haswell | kiritimati | turkish | hashes | kernels,
            starts=EVE,
            seed=1,
            short=True,
        )
        return
    in_full = {"BROADSHEET_TESTS": "all"}
    yield Place("Haswell, Kiritimati, New Year's Eve", haswell | kiritimati | in_full, starts=EVE)
    yield Place("Prescott, St John's, 28 February", prescott | st_johns | kernels, starts=LEAP)
    yield Place("locale C, shuffled (1)", plain | hashes, seed=1)
    yield Place("Turkish, shuffled (2)", turkish | hashes, seed=2)
    yield Place("one core, shuffled (3)", hashes | {"OPENBLAS_NUM_THREADS": "2"}, seed=3, one_core=True)
    if sys.version_info[:2] > (3, 11):
        yield Place("Python 3.11", python="3.11")
    yield Place("the newest Python", python="newest")


def main() -> int:
    """Run them all; 1 if one failed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--short", action="store_true", help="one run")
    told: list[str] = []
    failed = 0
    for place in places(parser.parse_args().short):
        print(f"\n== {place.name}", flush=True)
        started = time.monotonic()
        try:
            code = subprocess.run(place.command(), cwd=ROOT, env=place.variables(), check=False).returncode
            outcome = "passed" if code == 0 else f"failed (exit code {code})"
        except LookupError as error:
            code, outcome = 1, f"not run: {error}"
        failed += code != 0
        told.append(f"{place.name}: {outcome} in {time.monotonic() - started:.0f} s")
    print("\n" + "\n".join(told))
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
