"""Which name of a journal stands for which."""

from __future__ import annotations

import pytest

from broadsheet.sources.records.venues import abbreviates


@pytest.mark.parametrize(
    ("short", "full"),
    [
        ("ARJ", "Academy of River Journal"),
        ("PNAS", "Proceedings of the National Academy of Sciences of the United States of America"),
        ("Proc. Natl. Acad. Sci.", "Proceedings of the National Academy of Sciences"),
        ("J. Rivers", "Journal of Rivers"),
        ("Z. Flussk.", "Zeitschrift für Flusskunde"),
        ("CACM", "Communications of the ACM"),
        ("Riv Mgmt", "River Management"),
    ],
)  # fmt: skip
def test_short_names(short: str, full: str) -> None:
    assert abbreviates(short, full)
    assert not abbreviates(full, short)


@pytest.mark.parametrize(
    ("short", "full"),
    [
        ("Rivers", "Rivers and Stones"),
        ("Stone Weekly", "River Bulletin of the North"),
        ("J. Stones", "Journal of Rivers"),
        ("Research article", "Journal of River Research"),
        ("", "Rivers"),
        ("2019", "Rivers 2019"),
    ],
)
def test_other_names(short: str, full: str) -> None:
    assert not abbreviates(short, full)
