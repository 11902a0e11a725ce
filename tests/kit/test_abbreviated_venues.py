"""Names of journals and conferences as indexes abbreviate them."""

from __future__ import annotations

import pytest

from broadsheet.kit.venues import key, matches


@pytest.mark.parametrize(
    ("abbreviated", "venue"),
    [
        ("IEEE Trans. Pattern Anal. Mach. Intell.", "TPAMI"),
        ("Proc. Natl. Acad. Sci. U.S.A.", "PNAS"),
        ("Proc Natl Acad Sci U S A", "PNAS"),
        ("J. Mach. Learn. Res.", "JMLR"),
        ("Trans. Mach. Learn. Res.", "TMLR"),
        ("Adv. Neural Inf. Process. Syst.", "NeurIPS"),
        ("Int. Conf. Mach. Learn.", "ICML"),
        ("Proc. ACM Manag. Data", ""),
        ("Proc. ACM on Management of Data", "SIGMOD"),
        ("Proc. VLDB Endow.", "VLDB"),
        ("EMNLP-IJCNLP", "EMNLP"),
        ("NIPS'19", "NeurIPS"),
        ("CoRR", "arXiv"),
        ("Findings of the Association for Computational Linguistics: EMNLP 2021", "Findings of ACL"),
    ],
)
def test_abbreviations_of_venues_in_the_table(abbreviated: str, venue: str) -> None:
    assert (key(abbreviated) == frozenset({f"={venue}"})) is bool(venue)
    assert matches(venue, abbreviated) is bool(venue)


@pytest.mark.parametrize(
    "name",
    [
        "Journal of the ACM",
        "Journal of Management Data Systems",
        "Artificial Intelligence",
        "Computational Linguistics",
        "Pattern Recognition",
        "International Journal of Data Mining",
        "Tide Letters",
    ],
)
def test_names_that_only_share_words_are_their_own(name: str) -> None:
    assert not any(word.startswith("=") for word in key(name))
    assert key(name) == key(f"{name} 12") == key(f"Proceedings of the {name}")
