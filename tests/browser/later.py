"""`broadsheet` with its clock moved by the seconds in a file: `python -m tests.browser.later FILE ARGUMENT...`."""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from broadsheet.kit import clock


def main() -> int:
    """Run one command with the moved clock."""
    file = Path(sys.argv[1])

    def now() -> datetime:
        return datetime.now(UTC) + timedelta(seconds=float(file.read_text()))

    clock.utc_now = now  # before anything takes it from there
    from broadsheet.cli import main as command

    return command(sys.argv[2:])


if __name__ == "__main__":
    sys.exit(main())
