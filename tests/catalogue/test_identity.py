from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broadsheet.catalogue.dedup import fingerprint as prints
from broadsheet.catalogue.dedup import identity, title_hashes
from broadsheet.kit.paper import Identifiers, Paper, Person

WORDS = st.lists(st.sampled_from(["deep", "learning", "a", "survey", "of", "graphs", "noise", "über"]), max_size=40)


def test_identifiers_are_canonical_and_an_arxiv_doi_is_an_arxiv_id() -> None:
    ids = Identifiers(doi="10.48550/arXiv.2603.01234", s2="X", pmid=" 12 ", openreview="abCD", acl="no?sense")
    assert prints.identifiers(Paper("t", ids=ids)) == {"arxiv": "2603.01234", "pmid": "12", "openreview": "abCD"}
    assert prints.identifiers(Paper("t", ids=Identifiers(arxiv="2603.01234v3"))) == {"arxiv": "2603.01234"}


def test_normalise_title() -> None:
    assert title_hashes.normalise_title("  Ünïted—Graphs:\n a (β) Straße 1 ") == "united graphs a beta strasse 1"


def test_surnames() -> None:
    people = (Person("Ludwig van Beethoven"), Person("Gödel, Kurt"), Person("X", family="de la Cruz"), Person("?"))
    assert prints.surnames(prints.names_of(Paper("t", authors=people))) == {"beethoven", "godel", "goedel", "cruz"}


@given(st.text())
def test_no_text_crashes(text: str) -> None:
    once = title_hashes.normalise_title(text)
    prints.surnames([text])
    title_hashes.gram_hashes(title_hashes.title_grams(once))


@given(WORDS, st.data())
def test_titles_that_are_alike_share_a_stored_hash(words: list[str], data: st.DataObject) -> None:
    other = list(words)
    if words:
        at = data.draw(st.integers(0, len(words) - 1))
        other[at : at + 1] = data.draw(WORDS.map(lambda found: found[:2]))
    a, b = title_hashes.title_grams(" ".join(words)), title_hashes.title_grams(" ".join(other))
    if a and b and len(a & b) / len(a | b) >= 0.9:
        assert set(title_hashes.gram_hashes(a)) & set(title_hashes.gram_hashes(b))


LONG = "a new method for learning dense retrieval from very few labelled queries in the wild"


def paper(title: str = LONG, *, by: str = "Ada Example", year: int | None = 2024, **ids: str) -> prints.Fingerprint:
    authors = (Person(by),) if by else ()
    return prints.fingerprint(Paper(title, authors=authors, year=year), ids)


@pytest.mark.parametrize(
    ("a", "b", "score"),
    [
        (paper(), paper(), 1.0),
        (paper(), paper(LONG.upper() + "!"), 1.0),
        (paper(), paper(LONG + " today"), 13 / 14),
        (paper(), paper(LONG.replace("few", "many")), 0.0),
        (paper(), paper(by="Cy Other"), 0.0),
        (paper(), paper(by="A. Example"), 1.0),
        (paper(), paper(by=""), 1.0),
        (paper(), paper(LONG + " today", by=""), 0.0),
        (paper(), paper(year=2026), 1.0),
        (paper(), paper(year=2027), 0.0),
        (paper(), paper(year=None), 1.0),
        (paper("three words only"), paper("three words only"), 1.0),
        (paper("three words only", year=None), paper("three words only"), 0.0),
        (paper("three words only"), paper("three words only", year=2026), 0.0),
        (paper("now four words here"), paper("now four words here"), 1.0),
        (paper("Introduction to the special issue"), paper("Introduction to the special issue"), 0.0),
        (paper("Reply to the comments of A"), paper("Reply to the comments of A"), 0.0),
        (paper(arxiv="2401.00001"), paper(arxiv="2401.00002"), 0.0),
        (paper(arxiv="2401.00001"), paper(doi="10.1145/1"), 1.0),
        (paper(doi="10.1145/2"), paper(doi="10.1145/1"), 0.0),
    ],
)
def test_title_score(a: prints.Fingerprint, b: prints.Fingerprint, score: float) -> None:
    assert identity.title_score(a, b) == pytest.approx(score)
    assert identity.title_score(b, a) == pytest.approx(score)


RIVERS = (
    "Recommendations for reporting the design, conduct, analysis and interpretation of long running studies of rivers"
)


def work(
    title: str, by: str = "Dan Blau", year: int | None = 2018, venue: str = "", kind: str = "", **more: str
) -> prints.Fingerprint:
    ids: dict[str, str] = {scheme: more.pop(scheme) for scheme in ("arxiv", "doi") if scheme in more}
    people = tuple(Person(name) for name in by.split(" and ") if name)
    return prints.fingerprint(Paper(title, authors=people, year=year, venue=venue, kind=kind, extra=more), ids)


@pytest.mark.parametrize(
    ("a", "b"),
    [
        (work("Latent River Allocation", "Dan Blau and Ann Ng"), work("Latent river allocation", "Blau and Ng")),
        (work("Loud rivers carry stones", "Søren Møller"), work("Loud rivers carry stones", "S. Moller")),
        (work("Loud rivers carry stones", "Søren Møller"), work("Loud rivers carry stones", "S. Moeller")),
        (work("Loud rivers carry stones", "Łukasz Đorđević"), work("Loud rivers carry stones", "L. Dordevic")),
        (work("Loud rivers carry stones", "Ayşe Yıldız"), work("Loud rivers carry stones", "A. Yildiz")),
        (work("Pre-training of rivers and stones"), work("Pretraining of rivers and stones")),
        (work("On the cohomology of quiet rivers", year=2015, arxiv="1501.01234"),
         work("On the cohomology of quiet rivers", year=2019, venue="J. Inv. Math.", doi="10.1234/coh.1")),
        (work("Quiet rivers and loud stones", doi="10.1101/2018.01.01.1", kind="preprint"),
         work("Quiet rivers and loud stones", doi="10.1234/q", venue="J. Rivers", volume="3", pages="1-9")),
        (work("Quiet rivers and loud stones", venue="J. Rivers", volume="3"),
         work("Quiet rivers and loud stones", venue="Journal of Rivers", volume="3", pages="7")),
        (work("Editorial", venue="J. Rivers", volume="3", pages="1-2"),
         work("Editorial", venue="Journal of Rivers", volume="3", pages="1--2")),
        (work("Rivers of the north and the south of the old land of stones", by="", year=None),
         work("Rivers of the north and the south of the old land of stones")),
    ],
    ids=["E01", "E03", "E03-oe", "E03-l", "E03-i", "hyphen", "E04", "biorxiv", "short", "editorial", "nobody"],
)  # fmt: skip
def test_one_work(a: prints.Fingerprint, b: prints.Fingerprint) -> None:
    assert (identity.title_score(a, b), identity.title_score(b, a)) == (1.0, 1.0)
    mine, theirs = (
        set(title_hashes.title_hashes(one.title, {"volume": one.volume, "pages": one.page})) for one in (a, b)
    )
    assert mine & theirs


@pytest.mark.parametrize(
    ("a", "b"),
    [
        (work("Editorial", venue="River Bulletin", volume="12"), work("Editorial", venue="Stone Weekly", volume="3")),
        (work("Editorial", venue="River Bulletin"), work("Editorial", venue="River Bulletin")),
        (work("Letters to the Editor", ""), work("Letters to the Editor", "")),
        (work("Vorwort", venue="Flüsse", pages="1"), work("Vorwort", venue="Steine", pages="1")),
        (work("Éditorial", venue="Lac", volume="2", pages="1"), work("Éditorial", venue="Lac", volume="3", pages="1")),
        (work("От редакции", venue="Реки"), work("От редакции", venue="Камни")),
        (work("River notes", issue="1"), work("River notes", issue="7")),
        (work("What the river said", pages="3", volume="2"), work("What the river said", pages="9", volume="4")),
        (work(RIVERS + ": Part I"), work(RIVERS + ": Part II")),
        (work(RIVERS + " 2019"), work(RIVERS + " 2020")),
        (work(RIVERS + " (1)"), work(RIVERS + " (2)")),
        (work(RIVERS + ", first report"), work(RIVERS + ", second report")),
        (work(RIVERS), work(RIVERS + ": a reply")),
        (work(RIVERS + " of men"), work(RIVERS + " of women")),
        (work("Deep Rivers", "Dan Blau and Ann Ng"), work("Deep Rivers", "Dan Blau and Bo Stein")),
        (work("Deep Rivers", year=2001), work("Deep Rivers", year=2009)),
        (work("Deep Rivers", venue="Nature"), work("Deep Rivers", venue="Stone Weekly")),
        (work("A quiet report on rivers", ""), work("A quiet report on rivers", "", year=2019)),
        (work("A quiet study of rivers", kind="phdthesis"), work("A quiet study of rivers", kind="article")),
        (work("Quiet rivers and stones", year=2015), work("Quiet rivers and stones", year=2019)),
    ],
    ids=lambda one: one.title[-20:],
)  # fmt: skip
def test_two_works(a: prints.Fingerprint, b: prints.Fingerprint) -> None:
    assert (identity.title_score(a, b), identity.title_score(b, a)) == (0.0, 0.0)


@pytest.mark.parametrize(
    ("old", "new", "same"),
    [
        (work("Whales of the north", "A W", 2011), work("Trains of the south", "B T", 1999), False),
        (work("Dense retrieval for open-domain question answering", "Ann Smith", 2020),
         work("Sparse retrieval for open-domain fact checking", "Li Chen", 2023), False),
        (work("Learning to rank", "Ann Smith", 2020), work("Rivers and stones", "Ann Smith", 2020), False),
        (work("Learning to rank", "Ann Smith", 2020), work("Learning to rank papers", "A. Smith", 2021), True),
        (work("Learning to rank", "", 2020), work("Learning to rank", "A. Smith", 2020), True),
        (work("Learning to rank", pages="1-5"), work("Learning to rank", pages="2-6"), True),
        (work("Editorial", pages="1", volume="3"), work("Editorial", pages="9", volume="4"), False),
        (work("Rivers, part 1"), work("Rivers, part 2"), False),
    ],
)  # fmt: skip
def test_what_continues_a_record_of_the_same_key(old: prints.Fingerprint, new: prints.Fingerprint, same: bool) -> None:
    assert identity.is_revision(old, new) is same


def test_an_identifier_alone_is_not_enough() -> None:
    book = work("The first chapter about deep water", "Lena Lake", doi="10.1234/book")
    assert not identity.compatible(book, work("Stones and what they carry", "Otto Brook", doi="10.1234/book"))
    assert identity.compatible(book, work("Das erste Kapitel über tiefes Wasser", "L. Lake", doi="10.1234/book"))
    assert identity.compatible(book, work("First chapter about deep water", "Otto Brook", doi="10.1234/book"))
    volume = work("The first chapter about deep water", "Ann Ng and Bo Stein and Cy Wang", doi="10.1234/book")
    for people in ("Dee Wang and Eve Fell and Flo Quay", "Dee Wang", "Dee Wang and Eve Wang"):
        assert not identity.compatible(volume, work("Stones and what they carry", people, doi="10.1234/book"))
    assert identity.compatible(volume, work("Stones and what they carry", "A. Ng and B. Stein", doi="10.1234/book"))
    assert identity.compatible(volume, work("Stones and what they carry", "A. Ng", doi="10.1234/book", et_al="yes"))


def test_only_a_title_of_eleven_words_is_found_by_its_grams() -> None:
    words = "aa bb cc dd ee ff gg hh ii jj kk ll".split()  # noqa: SIM905
    assert [len(title_hashes.hashes_at(" ".join(words[:count]))) for count in (3, 10, 11, 12)] == [1, 1, 2, 3]
    assert len(title_hashes.hashes_at(" ".join(["aa bb cc dd"] * 3))) == 1  # twelve words, but few different grams
