"""How often tests repeat what only chance can find, such as a kill at the wrong moment.

The normal run repeats a fifth of it, so that everybody runs it; all of it is repeated where the environment says
BROADSHEET_TESTS=all, as `make test-anywhere` does.
"""

from __future__ import annotations

import os

__all__ = ["often"]

ALL = os.environ.get("BROADSHEET_TESTS") == "all"


def often(most: int) -> int:
    """How often now: `most`, or a fifth of it, but at least three times."""
    return most if ALL else max(min(most, 3), most // 5)
