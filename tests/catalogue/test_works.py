"""One work or two? Fingerprints of invented records, pair by pair, in both directions."""

from __future__ import annotations

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broadsheet.catalogue.dedup import identity
from broadsheet.catalogue.dedup.fingerprint import Fingerprint, fingerprint, surnames
from broadsheet.catalogue.dedup.title_hashes import normalise_title
from broadsheet.catalogue.dedup.titles import differ_in_number, is_generic, same_words
from broadsheet.catalogue.dedup.venues import same_venue
from broadsheet.kit.paper import Paper, Person
from broadsheet.kit.text import fold

LONG = "How otters share their mussels in the cold months of the northern year"
SHORT = "Otters and mussels"


def work(
    title: str = LONG,
    by: str = "Nora Fjell; Otto Brandt",
    year: int | None = 2018,
    venue: str = "",
    kind: str = "",
    arxiv: str = "",
    doi: str = "",
    **extra: str,
) -> Fingerprint:
    """A record's fingerprint; names are parted by semicolons."""
    people = tuple(Person(name.strip()) for name in by.split(";") if name.strip())
    ids = {scheme: value for scheme, value in (("arxiv", arxiv), ("doi", doi)) if value}
    return fingerprint(Paper(title, authors=people, year=year, venue=venue, kind=kind, extra=extra), ids)


def score(a: Fingerprint, b: Fingerprint) -> float:
    """The same whichever comes first."""
    found = identity.title_score(a, b)
    assert identity.title_score(b, a) == found
    return found


SAME = {
    "as it is": work(),
    "capitals": work(LONG.upper()),
    "a full stop": work(LONG + "."),
    "a hyphen": work(LONG.replace("northern year", "northern-year")),
    "other order": work(by="Otto Brandt; Nora Fjell"),
    "initials": work(by="N. Fjell; O. Brandt"),
    "family first": work(by="Fjell, Nora; Brandt, Otto"),
    "one of them": work(by="Nora Fjell"),
    "a third one": work(by="Nora Fjell; Otto Brandt; Pia Lund"),
    "an accent more": work(by="Nora Fjéll; Otto Brandt"),
    "a year later": work(year=2019),
    "two years before": work(year=2016),
    "no year": work(year=None),
    "nobody": work(by="", venue=""),
    "a venue": work(venue="Journal of Otters", volume="3", pages="7-19"),
    "an arXiv id": work(arxiv="1801.00001"),
    "a DOI": work(doi="10.1234/otters"),
    "a preprint of long ago": work(year=2011, arxiv="1101.00001"),
    "a preprint's DOI": work(doi="10.1101/2018.02.03.4", kind="preprint"),
    "proceedings": work(kind="inproceedings"),
}


@pytest.mark.parametrize("name", SAME)
def test_the_same_work_in_other_words(name: str) -> None:
    assert score(work(), SAME[name]) == 1.0


OTHER = {
    "other people": work(by="Per Quist; Rut Sand"),
    "three years later": work(year=2021),
    "part two": work(LONG + ", part 2"),
    "a reply": work("Reply: " + LONG),
    "an erratum": work("Erratum: " + LONG),
    "a comment": work("Comment on " + LONG),
    "a correction": work(LONG + ": correction"),
    "revisited": work(LONG + ", revisited"),
    "a poster": work(LONG + " (poster)"),
    "not": work(LONG.replace("share", "do not share")),
    "southern": work(LONG.replace("northern", "southern")),
    "a thesis": work(kind="phdthesis"),
    "a book": work(kind="book"),
    "a number": work(LONG.replace("months", "3 months")),
    "nobody, another year": work(by="", year=2019),
}


@pytest.mark.parametrize("name", OTHER)
def test_another_work_with_nearly_the_same_title(name: str) -> None:
    plain = work(kind="article") if name in ("a thesis", "a book") else work()
    assert score(plain, OTHER[name]) == 0.0


@pytest.mark.parametrize(
    ("a", "b", "same"),
    [
        (work(venue="Otter Letters", volume="3"), work(venue="Otter Letters", volume="4"), False),
        (work(venue="Otter Letters", volume="3"), work(venue="Otter Letters", volume="3", issue="2"), True),
        (work(issue="1", volume="3"), work(issue="2", volume="3"), False),
        (work(pages="7-19"), work(pages="7"), True),
        (work(pages="7-19"), work(pages="107-119"), False),
        (work(venue="Otters", pages="1-12"), work(venue="Otters", pages="401-412"), True),
        (work(venue="A", volume="1", pages="1-12"), work(venue="A", volume="2", pages="401-412"), False),
        (work(arxiv="1801.00001"), work(arxiv="1801.00002"), False),
        (work(arxiv="1801.00001", doi="10.1234/a"), work(arxiv="1801.00001", doi="10.1234/b"), False),
        (work(doi="10.1234/a"), work(doi="10.48550/arxiv.1801.00001"), True),
        (work(doi="10.1101/1"), work(doi="10.1101/2"), False),
        (work(arxiv="1801.00001", pages="1-12"), work(volume="9", pages="400-412", doi="10.1234/a"), True),
    ],
)
def test_places_and_identifiers(a: Fingerprint, b: Fingerprint, same: bool) -> None:
    assert bool(score(a, b)) is same


@pytest.mark.parametrize(
    ("a", "b", "same"),
    [
        (work(SHORT), work(SHORT), True),
        (work(SHORT), work(SHORT, by="Otto Brandt; Nora Fjell"), True),
        (work(SHORT), work(SHORT, by="Nora Fjell"), False),  # a short title wants all its people
        (work(SHORT), work(SHORT, by="Nora Fjell", et_al="1"), True),
        (work(SHORT), work(SHORT, year=2019), True),
        (work("Pre training of otters", year=2017), work("Pretraining of otters", year=2019), False),
        (work(SHORT), work(SHORT, year=2020), False),
        (work(SHORT, by="Nora Fjell; Siv Fjell"), work(SHORT, by="Nora Fjell; Otto Brandt"), False),
        (work(SHORT), work(SHORT, year=None), False),
        (work(SHORT, year=None, venue="Otter Letters"), work(SHORT, venue="Otter Lett."), True),
        (work(SHORT, venue="Otter Letters"), work(SHORT, venue="Mussel Review"), False),
        (work(SHORT, by=""), work(SHORT, by=""), False),
        (work(SHORT, by="", venue="Otter Letters"), work(SHORT, by="", venue="Otter Letters"), True),
    ],
)
def test_a_short_title_says_little(a: Fingerprint, b: Fingerprint, same: bool) -> None:
    assert bool(score(a, b)) is same


@pytest.mark.parametrize(
    "title",
    ["Editorial", "Preface", "Erratum", "Letters to the Editor", "In memoriam Nora Fjell", "Book reviews", "Vorwort",
     "Introduction to the special issue on otters", "Table of contents", "Corrigendum to: Otters", "News", "Untitled"],
)  # fmt: skip
def test_a_heading_wants_the_very_place(title: str) -> None:
    assert is_generic(normalise_title(title))
    assert score(work(title), work(title)) == 0.0
    here = work(title, venue="Otter Letters", volume="3", pages="1-2")
    assert score(here, work(title, by="", venue="Otter Lett.", volume="3", pages="1")) == 1.0
    assert score(here, work(title, venue="Otter Letters", volume="4", pages="1-2")) == 0.0
    assert score(here, work(title, venue="Otter Letters", volume="3", pages="3-4")) == 0.0
    assert score(here, work(title, venue="Mussel Review", volume="3", pages="1-2")) == 0.0


@pytest.mark.parametrize("title", [LONG, SHORT, "Welcoming otters", "Reviewing the otter", "Notebooks of a diver"])
def test_a_title_is_no_heading(title: str) -> None:
    assert not is_generic(normalise_title(title))


@pytest.mark.parametrize(
    ("a", "b", "differ"),
    [
        ("otters part 1", "otters part 2", True),
        ("otters part i", "otters part ii", True),
        ("the first otter", "the second otter", True),
        ("otters of 1990", "otters of 1991", True),
        ("otters 1 2", "otters 12", True),
        ("otters a", "otters b", True),
        ("otters", "otters 2", True),
        ("otters in rivers", "otters in lakes", False),
        ("pre training", "pretraining", False),
        ("otters 2", "otters 2", False),
        ("ein otter", "otter", True),
    ],
)
def test_numbers_of_titles(a: str, b: str, differ: bool) -> None:
    assert differ_in_number(a, b) is differ_in_number(b, a) is differ


@pytest.mark.parametrize(
    ("a", "b", "same"),
    [
        ("sharing of mussels", "sharing mussels", True),
        ("otter shares mussel", "otters share mussels", True),
        ("otters share", "otters share in winter", True),
        ("otters share mussels", "otters share clams", False),
        ("otters share mussels", "reply otters share mussels", False),
        ("otters share mussels", "otters without mussels share", False),
    ],
)
def test_words_of_titles(a: str, b: str, same: bool) -> None:
    assert same_words(a, b) is same_words(b, a) is same


@pytest.mark.parametrize(
    ("a", "b", "same"),
    [
        ("Journal of Otters", "J. Otters", True),
        ("Journal of Otters", "Otters", True),
        ("Proc. Natl. Acad. Otters", "Proceedings of the National Academy of Otters", True),
        ("International Conference on River Animals", "ICRA", True),
        ("Journal of Otters A", "Journal of Otters B", False),
        ("Journal of Otters", "Journal of Mussels", False),
        ("Annals of Otters", "", False),
        ("", "", False),
        ("Otter Letters", "Otter Reviews", False),
        ("Nature", "Nature Otters and Rivers", False),
        ("Otters 2018", "Otters 2019", True),  # the year of a conference is no part of its name
    ],
)
def test_names_of_venues(a: str, b: str, same: bool) -> None:
    assert same_venue(fold(a), fold(b)) is same_venue(fold(b), fold(a)) is same


@pytest.mark.parametrize(
    ("names", "found"),
    [
        (["Nora Fjell"], {"fjell"}),
        (["Fjell, Nora"], {"fjell"}),
        (["Otto Brandt Jr."], {"brandt"}),
        (["Brandt III, Otto"], {"brandt"}),
        (["Åsa Öberg"], {"oberg", "oeberg"}),
        (["Ludwig von der Höhe"], {"hohe", "hoehe"}),
        (["Madonna"], {"madonna"}),
        ([], set()),
        (["...", ""], set()),
    ],
)
def test_family_names(names: list[str], found: set[str]) -> None:
    assert surnames(names) == found


def test_the_order_of_people_is_no_matter() -> None:
    names = ("Nora Fjell", "Otto Brandt", "Pia Lund")
    for order in permutations(names):
        assert score(work(SHORT, by="; ".join(names)), work(SHORT, by="; ".join(order))) == 1.0


WORDS = st.lists(st.sampled_from([*LONG.split(), "otter", "2", "reply", "ii"]), min_size=1, max_size=12).map(" ".join)
NAMES = st.lists(st.sampled_from(["Nora Fjell", "N. Fjell", "Otto Brandt", "Pia Lund"]), max_size=3).map("; ".join)
YEARS = st.sampled_from([None, 2015, 2017, 2018, 2019])
VENUES = st.sampled_from(["", "Otter Letters", "Otter Lett.", "Mussel Review"])
KINDS = st.sampled_from(["", "article", "phdthesis", "preprint"])
VOLUMES = st.sampled_from(["", "1", "2"])
RECORDS = st.builds(work, WORDS, NAMES, YEARS, VENUES, KINDS, volume=VOLUMES, pages=VOLUMES)


@given(RECORDS, RECORDS)
def test_no_question_depends_on_who_is_asked_first(a: Fingerprint, b: Fingerprint) -> None:
    found = score(a, b)
    assert found == 0 or found >= identity.TITLE_THRESHOLD
    assert identity.metadata_conflicts(a, b) == identity.metadata_conflicts(b, a)
    assert identity.compatible(a, b) == identity.compatible(b, a)
    assert identity.ids_conflict(a.ids, b.ids) == identity.ids_conflict(b.ids, a.ids)
    if found:
        assert not identity.metadata_conflicts(a, b)
        assert not differ_in_number(a.title, b.title)


@given(RECORDS)
def test_a_record_continues_itself(one: Fingerprint) -> None:
    assert identity.is_revision(one, one)
    assert not identity.metadata_conflicts(one, one)
    assert identity.compatible(one, one) or not one.names
