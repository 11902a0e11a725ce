"""A process that closes every day that is due: closer.py LIBRARY MOMENT. It says when it begins, and what it closed."""

from __future__ import annotations

import sys
from datetime import datetime

import broadsheet
from broadsheet.community import Community


def main(folder: str, moment: str) -> None:
    now = datetime.fromisoformat(moment)
    with broadsheet.open(folder, clock=lambda: now) as library:
        editions = Community(library).editions
        print("begins", flush=True)
        print(*editions.close_due(now), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
