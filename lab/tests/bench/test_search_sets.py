"""Query sets: what a query was made from is gone from the papers, and halves never mix."""

from __future__ import annotations

import zlib
from pathlib import Path

import pytest

from broadsheet.kit.errors import UsageError
from broadsheet_lab.bench.search import sets
from broadsheet_lab.bench.search.query_set import Source
from broadsheet_lab.bench.search.sets import corpora, keywords, sentence, similar, title, tldr
from lab.tests.bench.invented_search import TOPICS, source


@pytest.fixture(scope="module")
def papers(tmp_path_factory: pytest.TempPathFactory) -> Source:
    return source(tmp_path_factory.mktemp("data"))


def test_summaries_ask_for_their_papers_and_are_in_none(papers: Source) -> None:
    found = tldr(papers)
    assert len(found) == 6
    for text, relevant in zip(found.texts, found.relevant, strict=True):
        [row] = relevant
        assert found.docs[row].id.removeprefix("toy-") in text
    seen = str(found.docs)
    assert not any(text in seen for text in found.texts)


def test_no_paper_has_its_title(papers: Source) -> None:
    found = title(papers)
    assert len(found) == 12
    assert {doc.title for doc in found.docs} == {""}
    for text, relevant in zip(found.texts, found.relevant, strict=True):
        [row] = relevant
        assert papers.docs[row].title == text
        assert text not in str(found.docs[row])


def test_keywords_are_gone_and_grade_by_how_many_are_shared(papers: Source) -> None:
    found = keywords(papers)
    assert len(found) == 12
    assert {doc.keywords for doc in found.docs} == {()}
    at = found.texts.index("Whistling Kettles, copper, Craft 0, Household, own00")  # the sixth is not asked
    # itself: all five; its topic: topic, craft, household; lanterns are craft 0 too, and one of them copper
    rows = {papers.docs[row].id: grade for row, grade in found.relevant[at].items()}
    assert rows == {
        "toy-00": 5,
        **{"toy-01": 3, "toy-02": 3, "toy-03": 3},
        **{"toy-10": 2, "toy-11": 1, "toy-12": 1, "toy-13": 1},
        **{"toy-20": 3, "toy-21": 2, "toy-22": 2, "toy-23": 2},
    }


def test_the_sentence_asked_is_gone_from_its_paper_alone(papers: Source) -> None:
    found = sentence(papers)
    assert len(found) == 12
    for text, relevant in zip(found.texts, found.relevant, strict=True):
        [row] = relevant
        whole, cut = papers.docs[row].abstract, found.docs[row].abstract
        assert len(text.split()) >= 8
        assert text in whole
        assert text not in cut
        assert len(cut.split()) == len(whole.split()) - len(text.split())
        assert found.docs[row].title == papers.docs[row].title


def test_the_sentence_is_not_always_the_first(papers: Source) -> None:
    found = sentence(papers)
    starts = {text.split()[0] for text in found.texts}
    assert starts <= {"We", "Nobody", "Seventeen"}  # "Our … lasts." is too short
    assert len(starts) > 1


def test_groups_share_two_keywords_and_the_liked_are_not_asked_for(
    papers: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sets, "LEAST_GROUP", 4)
    monkeypatch.setattr(sets, "LARGEST_GROUP", 4)
    monkeypatch.setattr(sets, "LIKED", 3)
    found = similar(papers)
    assert {doc.keywords for doc in found.docs} == {()}
    assert found.texts
    for text, relevant in zip(found.texts, found.relevant, strict=True):
        liked = [next(d for d in papers.docs if d.id == number) for number in text.split(" ")]
        [other] = [papers.docs[row] for row in relevant]
        assert other not in liked
        shared = set.intersection(*({w.casefold() for w in d.keywords} for d in (*liked, other)))
        assert len(shared) >= 2
    # each topic is one group however many pairs of its keywords make it
    assert len(found) == len(TOPICS)


def test_halves_are_those_of_the_papers_ids(papers: Source) -> None:
    for group in corpora(papers):
        for found in group:
            for row, dev in zip(found.relevant, found.dev, strict=True):
                if found.name in ("tldr", "title", "sentence"):
                    assert dev == (zlib.crc32(papers.docs[next(iter(row))].id.encode()) % 2 == 0)
            dev, test = found.half(True), found.half(False)
            assert len(dev) + len(test) == len(found)
            assert not set(dev.texts) & set(test.texts)
            assert dev.dev.all()
            assert not test.dev.any()


def test_the_same_queries_every_time(papers: Source) -> None:
    assert sentence(papers).texts == sentence(papers).texts
    assert title(papers).texts == title(papers).texts


def test_fewer_papers_are_first_those_that_give_queries(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(sets.PAPERS, "5")
    few = source(tmp_path)
    assert len(few.docs) == len(few.summaries) == 5
    monkeypatch.setenv(sets.PAPERS, "many")
    with pytest.raises(UsageError, match="BROADSHEET_BENCH_PAPERS=many: must be a number"):
        source(tmp_path)
