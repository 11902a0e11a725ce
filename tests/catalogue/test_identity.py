from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broadsheet.catalogue import identity as idn
from broadsheet.kit.paper import Identifiers, Paper, Person

WORDS = st.lists(st.sampled_from(["deep", "learning", "a", "survey", "of", "graphs", "noise", "über"]), max_size=40)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2603.01234", ("2603.01234", None)),
        ("arXiv:2603.01234v2", ("2603.01234", 2)),
        ("arxiv: 0704.0001", ("0704.0001", None)),
        ("https://arxiv.org/abs/2603.01234v11", ("2603.01234", 11)),
        ("http://export.arxiv.org/pdf/2603.01234v1.pdf", ("2603.01234", 1)),
        ("arxiv.org/html/2603.01234#S2", ("2603.01234", None)),
        ("https://arxiv.org/abs/hep-th/9901001v3", ("hep-th/9901001", 3)),
        ("solv-int/9901001", ("solv-int/9901001", None)),
        ("math.CA/0611800", ("math/0611800", None)),
        ("oai:arXiv.org:2603.01234", ("2603.01234", None)),
        ("https://doi.org/10.48550/arXiv.2603.01234", ("2603.01234", None)),
        ("https://huggingface.co/papers/2603.01234", ("2603.01234", None)),
        ("2603.01234 [cs.IR]", ("2603.01234", None)),
        ("2603.012", None),
        ("9901001", None),
        ("10.1145/2603.01234", None),
        ("", None),
    ],
)
def test_canonical_arxiv(text: str, expected: tuple[str, int | None] | None) -> None:
    assert idn.canonical_arxiv(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("10.1145/3397271.3401075", "10.1145/3397271.3401075"),
        ("https://doi.org/10.1145/ABC.1", "10.1145/abc.1"),
        ("http://dx.doi.org/10.1000/a%2Fb", "10.1000/a/b"),
        ("doi: 10.1609/aaai.v36i1.19922.", "10.1609/aaai.v36i1.19922"),
        ("https://dl.acm.org/doi/abs/10.1145/3397271", "10.1145/3397271"),
        ("10.1016/s0(99)1", "10.1016/s0(99)1"),
        ("10.1016/x)", "10.1016/x"),
        ("10.1/x", None),
        ("11.1145/x", None),
        ("10.1145/", None),
    ],
)
def test_canonical_doi(text: str, expected: str | None) -> None:
    assert idn.canonical_doi(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("10.48550/arXiv.2603.01234", ("arxiv", "2603.01234")),
        ("10.1145/1", ("doi", "10.1145/1")),
        ("p19-1001", ("acl", "P19-1001")),
        ("https://aclanthology.org/2020.acl-main.1.pdf", ("acl", "2020.acl-main.1")),
        ("https://openalex.org/W2741809807", ("openalex", "W2741809807")),
        ("CorpusID:123", ("s2", "corpusid:123")),
        ("https://www.semanticscholar.org/paper/T/" + "aB" * 20, ("s2", "ab" * 20)),
        ("https://pubmed.ncbi.nlm.nih.gov/123/", ("pmid", "123")),
        ("PMID: 7", ("pmid", "7")),
        ("https://openreview.net/forum?id=rkX_aZ&noteId=1", ("openreview", "rkX_aZ")),
        ("3dv2025-00000", None),
        ("17", None),
    ],
)
def test_canonical(text: str, expected: tuple[str, str] | None) -> None:
    assert idn.canonical(text) == expected


def test_identifiers_are_canonical_and_an_arxiv_doi_is_an_arxiv_id() -> None:
    ids = Identifiers(doi="10.48550/arXiv.2603.01234", s2="X", pmid=" 12 ", openreview="abCD", acl="nonsense?")
    assert idn.identifiers(Paper("t", ids=ids)) == {"arxiv": "2603.01234", "pmid": "12", "openreview": "abCD"}
    assert idn.identifiers(Paper("t", ids=Identifiers(arxiv="2603.01234v3"))) == {"arxiv": "2603.01234"}


def test_normalise_title() -> None:
    assert idn.normalise_title("  Ünïted—Graphs:\n a (β) Straße_1 ") == "united graphs a β strasse 1"


def test_surnames() -> None:
    people = (Person("Ludwig van Beethoven"), Person("Gödel, Kurt"), Person("X", family="de la Cruz"), Person("?"))
    assert idn.surnames(idn.names_of(Paper("t", authors=people))) == {"beethoven", "godel", "cruz"}


@given(st.text())
def test_no_text_crashes(text: str) -> None:
    idn.canonical_arxiv(text)
    idn.canonical_doi(text)
    found = idn.canonical(text)
    if found:
        assert idn.canonical(found[1]) in (found, None)  # without its URL an OpenReview id is only a word
    once = idn.normalise_title(text)
    assert idn.normalise_title(once) == once
    idn.surnames([text])
    idn.gram_hashes(idn.title_grams(once))


@given(WORDS, st.data())
def test_titles_that_are_alike_share_a_stored_hash(words: list[str], data: st.DataObject) -> None:
    other = list(words)
    if words:
        at = data.draw(st.integers(0, len(words) - 1))
        other[at : at + 1] = data.draw(WORDS.map(lambda found: found[:2]))
    a, b = idn.title_grams(" ".join(words)), idn.title_grams(" ".join(other))
    if a and b and len(a & b) / len(a | b) >= 0.9:
        assert set(idn.gram_hashes(a)) & set(idn.gram_hashes(b))


LONG = "a new method for learning dense retrieval from very few labelled queries in the wild"


def paper(title: str = LONG, *, by: str = "Ada Example", year: int | None = 2024, **ids: str) -> idn.Fingerprint:
    authors = (Person(by),) if by else ()
    return idn.fingerprint(Paper(title, authors=authors, year=year), ids)


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
        (paper("three words only"), paper("three words only"), 0.0),
        (paper("now four words here"), paper("now four words here"), 1.0),
        (paper("Introduction to the special issue"), paper("Introduction to the special issue"), 0.0),
        (paper("Reply to the comments of A"), paper("Reply to the comments of A"), 0.0),
        (paper(arxiv="2401.00001"), paper(arxiv="2401.00002"), 0.0),
        (paper(arxiv="2401.00001"), paper(doi="10.1145/1"), 1.0),
        (paper(doi="10.1145/2"), paper(doi="10.1145/1"), 0.0),
    ],
)
def test_title_score(a: idn.Fingerprint, b: idn.Fingerprint, score: float) -> None:
    assert idn.title_score(a, b) == pytest.approx(score)
    assert idn.title_score(b, a) == pytest.approx(score)
