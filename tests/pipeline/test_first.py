"""What a query names comes first; what cannot be searched is said."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import broadsheet
from broadsheet.kit.paper import Identifiers, Paper, Person, Record
from broadsheet.pipeline.library import Library
from tests.pipeline.world import keys


def person(name: str) -> Person:
    return Person(name)


PAPERS = {
    "safe": Paper("Memory safety of C++ programs in practice", "Pointers.", (person("Łukasz Kajzer"),), year=2020),
    "buffers": Paper("Memory safety of C programs in practice", "Buffers.", (person("Søren Møller"),), year=2020),
    "tree": Paper("Growing trees slowly", "Forests of trees.", (person("Geoffrey E. Ahorn"), person("Yann Fleuve"))),
    "leaf": Paper("What leaves do in autumn", "Leaves.", (person("Geoffrey Ahorn"),), year=2019),
    "bark": Paper("Bark", "The method of Ahorn is not Ulme's.", (person("Gesine Ulme"),), year=2018),
    "method": Paper("The Method of Ulme and its use", "Ulme, Ulme, Ulme.", (person("Jan van der Berg"),)),
    "known": Paper("A paper known by its ids", ids=Identifiers(arxiv="2301.01234", doi="10.1234/known.doi-1")),
    "capitals": Paper("ATTENTION IS NOT EXPLANATION OF RIVERS", "Weights.", (person("Pat O'Brien"),), venue="nips"),
    "plasma": Paper("Conversion of CO$_2$ on copper", "Analyses of hypotheses.", venue="Proc. ICML 2019"),
    "voice": Paper("Conversations about rivers", "Talk.", venue="Advances in Neural Information Processing Systems 33"),
    "be": Paper("To be or not to be a river", "Identity."),
    "thai": Paper("การเรียนรู้เชิงลึกสำหรับแม่น้ำ", "น้ำ"),
    "korean": Paper("딥러닝을 이용한 강의 연구", "강."),
}


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    folder: Path = tmp_path_factory.mktemp("small") / "library"
    with broadsheet.open(folder) as library:
        library.add(*(Record(paper, "invented", key) for key, paper in PAPERS.items()))
        yield library


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("author:lukasz", {"safe"}),
        ("author:moller", {"buffers"}),
        ('author:"geoffrey ahorn"', {"tree", "leaf"}),
        ('author:"Geoffrey E. Ahorn"', {"tree", "leaf"}),
        ('author:"G. Ahorn"', {"tree", "leaf"}),
        ('author:"Ahorn, G."', {"tree", "leaf"}),
        ('author:"Ahorn GE"', {"tree", "leaf"}),
        ('author:"E. Ahorn"', set()),
        ('author:"Y. Fleuve"', {"tree"}),
        ('author:"Fleuve Yann"', {"tree"}),
        ('author:"van der berg"', {"method"}),
        ('author:"Yann Ahorn"', set()),
        ('title:"C++"', {"safe"}),
        ("title:CO2", {"plasma"}),
        ("title:แม่น้ำ", {"thai"}),
        ("title:딥러닝", {"korean"}),
        ("title:conversion", {"plasma"}),
        ('"hypothesis"', {"plasma"}),
        ("venue:neurips", {"capitals", "voice"}),
        ("venue:nips", {"capitals", "voice"}),
        ('venue:"Neural Information Processing Systems"', {"capitals", "voice"}),
        ("venue:icml", {"plasma"}),
        ('venue:"International Conference on Machine Learning"', {"plasma"}),
    ],
)
def test_filters(small: Library, query: str, found: set[str]) -> None:  # F01, F05, F07, F08, F09, F11, F13
    assert set(keys(small.search(query, 20))) == found


@pytest.mark.parametrize(
    ("query", "first", "why"),
    [
        ("2301.01234", ["known"], "has this identifier"),
        ("https://arxiv.org/abs/2301.01234v2", ["known"], "has this identifier"),
        ("https://doi.org/10.1234/Known.Doi-1", ["known"], "has this identifier"),
        ("2301.01234 rivers", ["known"], "has this identifier"),
        ("ATTENTION IS NOT EXPLANATION OF RIVERS", ["capitals"], "has this title"),
        ("Fleuve, Y. (2019). What leaves do in autumn. Annals 3, 1-2.", ["leaf"], "has this title"),
        ("to be or not to be", ["be"], "has this title"),
        ("geoffrey ahorn", ["leaf", "tree"], "by geoffrey ahorn"),
        ("G. Ahorn", ["leaf", "tree"], "by G. Ahorn"),
        ("Kajzer", ["safe"], "by Kajzer"),
        ("Geoffrey Ahorn trees", ["tree"], "by Geoffrey Ahorn"),
        ("Fleuve and Ahorn", ["tree"], "by Fleuve and Ahorn"),
    ],
)
def test_what_is_named_comes_first(small: Library, query: str, first: list[str], why: str) -> None:
    page = small.search(query, 5)
    assert keys(page)[: len(first)] == first
    assert page.results[0].reasons[0].text == why
    scores = [result.score for result in page.results]
    assert scores == sorted(scores, reverse=True)
    assert keys(small.search(query, 1)) == first[:1]


@pytest.mark.parametrize("query", ["ulme", "method of ulme", "leaves", "berg rivers"])
def test_a_word_that_is_also_a_name_is_searched_as_ever(small: Library, query: str) -> None:
    assert not any(result.reasons for result in small.search(query, 5).results)


@pytest.mark.parametrize(
    ("query", "note"),
    [
        ("arXiv:2301.99999", "no paper here has the identifier arXiv:2301.99999; `broadsheet add --ids"),
        ("the", "“the” is too common to search for by itself"),
        ("rivers zzyzx", "no paper here has “zzyzx”"),
        ("강화", "no paper here has “강화”"),
        ("aaqq bbqq ccqq ddqq eeqq ffqq ggqq", "no paper here has “aaqq”, “bbqq”, “ccqq”, “ddqq”, “eeqq” and 2 more"),
        ("author:nobody", "no author here is named nobody"),
        ("venue:neurons", "no venue here is named neurons"),
        ("is:saved", "is:saved is about a reader's papers"),
    ],
)
def test_what_finds_nothing_is_said(small: Library, query: str, note: str) -> None:
    assert any(told.startswith(note) for told in small.search(query, 5).notes)


def test_the_readers_own_papers_are_a_filter(small: Library) -> None:
    small.act("me", "safe", "save")
    small.act("me", "leaf", "tag", "autumn")
    assert keys(small.search("is:saved", 5, reader="me")) == ["safe"]
    assert keys(small.search("tag:autumn", 5, reader="me")) == ["leaf"]
    assert "safe" not in keys(small.search("memory -is:saved", 5, reader="me"))


SPELT = {
    "apart": Paper("Does GPT-4 pass a test?", "A test of GPT-4 over Wi-Fi with 4-bit weights."),
    "together": Paper("GPT4 writes", "Signals of WiFi, pretraining and email."),
    "hyphens": Paper("Wi-Fi fingerprints", "Pre-training of e-mail filters in 4 bit."),
    "other": Paper("Four wires and five fibres", "GPT-3 and fi."),
}


@pytest.mark.parametrize(
    ("spellings", "found"),
    [
        (("GPT4", "GPT-4", "GPT 4", "gpt-4"), {"apart", "together"}),
        (("wifi", "wi-fi", "Wi-Fi", "WiFi"), {"apart", "together", "hyphens"}),
        (("pretraining", "pre-training"), {"together", "hyphens"}),
        (("email", "e-mail"), {"together", "hyphens"}),
        (("4bit", "4-bit", "4 bit"), {"apart", "hyphens"}),
    ],
)
def test_words_written_together_and_apart_are_one(tmp_path: Path, spellings: tuple[str, ...], found: set[str]) -> None:
    with broadsheet.open(tmp_path / "library") as library:
        library.add(*(Record(paper, "invented", key) for key, paper in SPELT.items()))
        pages = [library.search(text, 9) for text in spellings]
        assert {page.matching for page in pages} == {len(found)}
        assert len({tuple((r.stored.id, r.score) for r in page.results) for page in pages}) == 1
        assert set(keys(pages[0])[: len(found)]) == found
        for text in spellings:
            assert set(keys(library.search(f'"{text}"', 9))) == found
            assert not found & set(keys(library.search(f'test -"{text}"', 9)))


def test_a_common_word_is_not_taken_apart(small: Library) -> None:
    assert keys(small.search('"river"', 9)) == keys(small.search('"rivers"', 9))


def test_what_papers_have_is_a_filter(tmp_path: Path) -> None:
    texts = "https://github.com/invented/rye", "See https://gitlab.com/invented/oats."
    with broadsheet.open(tmp_path / "library") as library:
        library.add(
            Record(Paper("Rye one", pdf_url="https://a.example/1", citations=3), "invented", "told"),
            Record(Paper("Rye two", ids=Identifiers(arxiv="2601.00001", doi="10.1234/rye")), "invented", "kept"),
            Record(Paper("Rye three", urls=(texts[0], "https://a.example/x.pdf"), citations=70), "invented", "linked"),
            Record(Paper("Rye four", texts[1], citations=70, year=1999), "invented", "said"),
            Record(Paper("Oats five", extra={"pdf_url": "no"}, citations=9), "invented", "nothing"),
        )
        assert set(keys(library.search("has:pdf", 9))) == {"told", "kept", "linked"}
        assert set(keys(library.search("has:arxiv has:doi", 9))) == {"kept"}
        assert set(keys(library.search("has:code", 9))) == {"linked", "said"}
        assert set(keys(library.search("rye -has:pdf", 9))) == {"said"}
        assert set(keys(library.search("has:abstract OR has:doi", 9))) == {"said", "kept"}
        assert library.search("rye has:pdf", 1).matching == 3
        assert keys(library.search("sort:citations", 9)) == ["said", "linked", "nothing", "told", "kept"]
        assert keys(library.search("rye sort:citations", 9)) == ["said", "linked", "told", "kept"]
        assert library.search("rye sort:citations has:pdf", 9).notes == ()


def test_an_order_that_no_record_can_give_is_told(small: Library) -> None:
    found = small.search("memory sort:citations", 2)
    assert found.notes == ("no record here tells how often its paper is cited; sort:citations was ignored",)
    assert keys(found) == keys(small.search("memory", 2))
    assert small.search("has:code", 5).notes == ("no paper here has code",)


def test_a_search_without_words_matches_all_that_its_filters_allow(small: Library) -> None:
    everything = small.search("sort:date", 2)
    assert (everything.matching, everything.total) == (len(PAPERS), len(PAPERS))
    assert small.search("sort:date -has:abstract", 2).matching == 1
    assert small.search("the", 2).matching == 0


def test_about_how_many_match_is_told_and_dates_sort(small: Library) -> None:
    assert small.search("memory safety", 2).matching == 2
    assert small.search("rivers", 2).matching == 2 + 1  # river is a form of it
    assert small.search("memory safety year:1900..", 2).matching == 2  # the filter lets more through
    assert small.search("memory safety -leaves", 2).matching == 2
    assert small.search("zzyzx year:1900..", 2).matching == 0
    assert small.search("author:ulme", 5).matching == small.search("author:ulme", 5).total
    assert small.search("memory OR leaves", 5).matching == small.search("memory OR leaves", 5).total
    assert set(keys(small.search("memory OR leaves sort:date", 5))[:2]) == {"buffers", "safe"}
    assert set(keys(small.search("memory sort:date", 5))) == {"buffers", "safe"}
