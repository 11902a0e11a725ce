"""The query language: what each form means, and what a malformed one is read as."""

from __future__ import annotations

import pytest

from broadsheet.pipeline.search.parser import parse
from broadsheet.pipeline.search.query import LONG_TEXT, Condition, Query, to_query_string

RYE = Condition("word", "rye")


@pytest.mark.parametrize(
    ("text", "words", "clauses"),
    [
        ("late interaction", "late interaction", ()),
        ("", "", ()),
        ('"late interaction" models', "late interaction models", ((Condition("phrase", "late interaction"),),)),
        ("“late interaction”", "late interaction", ((Condition("phrase", "late interaction"),),)),
        ("TITLE:rye", "rye", ((Condition("title", "rye"),),)),
        ('title:"rye bread"', "rye bread", ((Condition("title", "rye bread"),),)),
        ('author:"Krume, Ada" oven', "Krume, Ada oven", ((Condition("author", "Krume, Ada"),),)),
        ("venue:letters rye", "rye", ((Condition("venue", "letters"),),)),
        ("id:2603.01234", "", ((Condition("id", "2603.01234"),),)),
        ("-rye crust", "crust", ((Condition("word", "rye", True),),)),
        ("NOT rye crust", "crust", ((Condition("word", "rye", True),),)),
        ('-"oven spring"', "", ((Condition("phrase", "oven spring", True),),)),
        ("-author:Krume", "", ((Condition("author", "Krume", True),),)),
        ("rye OR crust", "rye crust", ((RYE, Condition("word", "crust")),)),
        ("rye OR crust OR -oven", "rye crust", ((RYE, Condition("word", "crust"), Condition("word", "oven", True)),)),
        ("soft rye OR crust", "soft rye crust", ((RYE, Condition("word", "crust")),)),
        ('"a b" OR title:rye', "a b rye", ((Condition("phrase", "a b"), Condition("title", "rye")),)),
        ("well-known co-author", "well-known co-author", ()),
        ("rye - crust", "rye crust", ()),
        ("ratio:3 http://x.example", "ratio:3 http://x.example", ()),
        ("tag:thesis is:saved rye", "rye", ((Condition("tag", "thesis"),), (Condition("is", "saved"),))),
        ("memory -C++", "memory", ((Condition("word", "C++", True),),)),
        ("BERT OR ELMO", "BERT ELMO", ((Condition("word", "BERT"), Condition("word", "ELMO")),)),
    ],
)
def test_forms(text: str, words: str, clauses: tuple[tuple[Condition, ...], ...]) -> None:
    assert parse(text) == Query(words, clauses)


@pytest.mark.parametrize(
    ("value", "years"),
    [
        ("2019", (2019, 2019)),
        ("2019..2024", (2019, 2024)),
        ("2024..2019", (2019, 2024)),
        ("2019-2024", (2019, 2024)),
        ("2019..", (2019, 9999)),
        ("..2019", (0, 2019)),
        (">2019", (2020, 9999)),
        (">=2019", (2019, 9999)),
        ("<2019", (0, 2018)),
        ("<=2019", (0, 2019)),
    ],
)
def test_years(value: str, years: tuple[int, int]) -> None:
    assert parse(f"year:{value}") == Query("", ((Condition("year", value, False, years),),))


@pytest.mark.parametrize(
    ("text", "words", "note"),
    [
        ("rye year:soon", "rye", "year:soon is not a year or a range like 2019..2024; it was ignored"),
        ("rye year:..", "rye", "year:.. is not a year or a range like 2019..2024; it was ignored"),
        ("OR rye", "rye", "OR needs something on both sides; it was ignored"),
        ("rye OR", "rye", "OR needs something on both sides; it was ignored"),
        ("rye OR OR", "rye", "OR needs something on both sides; it was ignored"),
        ("rye AND crust", "rye crust", "AND is not needed: all filters must hold anyway"),
        ('rye "oven spring', "rye oven spring", "a quote was not closed; it was read to the end"),
        ("rye author:--", "rye", "author:-- has no word in it; it was ignored"),
    ],
)
def test_a_malformed_query_is_still_a_query(text: str, words: str, note: str) -> None:
    found = parse(text)
    assert (found.text, found.notes) == (words, (note,))


def test_a_pasted_passage_is_plain_text() -> None:
    passage = " ".join(f'"w{n}" -x{n} OR' for n in range(LONG_TEXT))
    assert parse(passage) == Query(passage, (), ("this is long: read as plain text, without quotes, OR or -",))
    plain = " ".join(f"w{n}" for n in range(LONG_TEXT + 1))
    assert parse(plain) == Query(plain)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("like:17 but for speech", Query("for speech", like=("17",))),
        ("for speech LIKE:2104.01234", Query("for speech", like=("2104.01234",))),
        ('like:"10.5555/a b", but rye', Query("rye", like=("10.5555/a b",))),
        ("like:17, like:18 -like:4; rye", Query("rye", like=("17", "18"), unlike=("4",))),
        ("NOT like:4 like:17 like:17", Query("", like=("17",), unlike=("4",))),
        ("like:17 but -rye", Query("", ((Condition("word", "rye", True),),), like=("17",))),
        ("like:17 but not author:Krume", Query("", ((Condition("author", "Krume", True),),), like=("17",))),
        (
            'like:17 but not "oven spring" crust',
            Query("crust", ((Condition("phrase", "oven spring", True),),), like=("17",)),
        ),
        ("like:17 year:2020..", Query("", ((Condition("year", "2020..", False, (2020, 9999)),),), like=("17",))),
        ("like:17 but not", Query("", like=("17",))),
        ("like:17 but not for the", Query("", like=("17",))),
        ("anything but rye", Query("anything but rye")),
        ("but not rye", Query("but not rye")),
        ("what it looks like: rye", Query("what it looks like: rye")),
    ],
)
def test_a_paper_and_words_beside_it(text: str, found: Query) -> None:
    assert parse(text) == found


@pytest.mark.parametrize(
    ("text", "words", "left", "shown"),
    [
        ("like:17 but not rye bread", "", Condition("phrase", "rye bread", True), "rye bread"),
        ("like:17 BUT NOT for the crust", "", Condition("word", "crust", True), "crust"),
        ("like:17 but not rye bread, but for text", "for text", Condition("phrase", "rye bread", True), "rye bread"),
        ("like:17 but without oven spring; crust", "crust", Condition("phrase", "oven spring", True), "oven spring"),
        ("like:17 crust but not rye but crumb", "crust crumb", Condition("word", "rye", True), "rye"),
        ("soft but not rye title:x like:17", "soft x", Condition("word", "rye", True), "rye"),
    ],
)
def test_but_not_leaves_out_up_to_the_next_comma_or_but(text: str, words: str, left: Condition, shown: str) -> None:
    found = parse(text)
    assert (found.text, found.clauses[0], found.like) == (words, (left,), ("17",))
    assert found.notes == (f"papers with “{shown}” are left out",)


@pytest.mark.parametrize(
    ("text", "note"),
    [
        ('like:"" rye', "like: needs the id of a paper; it was ignored"),
        ("rye OR like:17", "OR is not for papers: every like: counts; it was ignored"),
        ("like:17 OR rye", "OR needs something on both sides; it was ignored"),
    ],
)
def test_a_paper_is_no_alternative(text: str, note: str) -> None:
    found = parse(text)
    assert (found.text, found.clauses, found.notes) == ("rye", (), (note,))


def test_a_passage_may_follow_a_paper() -> None:
    passage = " ".join(f"w{n}" for n in range(LONG_TEXT))
    assert parse(f'like:17 -like:"a b", but {passage} -x') == Query(
        f"{passage} -x",
        (),
        ("this is long: read as plain text, without quotes, OR or -",),
        like=("17",),
        unlike=("a b",),
    )


@pytest.mark.parametrize(
    ("like", "unlike", "words", "text"),
    [
        (["17"], [], "for speech", "like:17 but for speech"),
        (["17"], ["4"], " But not rye ", "like:17 -like:4 But not rye"),
        (["10.5555/a b"], [], "", 'like:"10.5555/a b"'),
        (['a"b,c'], [], "butter", 'like:"a b,c" but butter'),
    ],
)
def test_papers_and_words_are_written_as_a_query(like: list[str], unlike: list[str], words: str, text: str) -> None:
    assert to_query_string(like, unlike, words) == text
    found = parse(text)
    assert (len(found.like), len(found.unlike)) == (len(like), len(unlike))


@pytest.mark.parametrize(
    "text",
    [
        "ATTENTION IS NOT EXPLANATION OF RIVERS",
        "TO BE OR NOT TO BE",
        "GRAPHS, TREES AND FORESTS: AN OVERVIEW",
        "LESS MEMORY NOT REQUIRED",
    ],
)
def test_in_a_title_in_capitals_not_and_or_are_words(text: str) -> None:  # F03
    found = parse(text)
    assert (found.text, found.clauses) == (text, ())
    assert found.notes == ("all in capitals: NOT, OR and AND were read as words",)


@pytest.mark.parametrize("text", ["BERT OR GPT OR ELMO", "rye NOT crust", "NOT RYE"])
def test_elsewhere_they_are_operators(text: str) -> None:
    assert parse(text).clauses != ()


@pytest.mark.parametrize(
    ("text", "words", "ids"),
    [
        ("2301.01234", "", ("2301.01234",)),
        ("see (arXiv:2301.01234v2), please", "see please", ("arXiv:2301.01234v2",)),
        ("arXiv: 2301.01234", "", ("arXiv:2301.01234",)),
        ("https://doi.org/10.1234/Known.Doi-1", "", ("https://doi.org/10.1234/Known.Doi-1",)),
        ("doi:10.1234/x.y rye", "rye", ("doi:10.1234/x.y",)),
        ("P19-1234", "P19-1234", ("P19-1234",)),  # may be a word as well
        ("20 or 3.14", "20 or 3.14", ()),
    ],
)
def test_identifiers_are_taken_for_what_they_are(text: str, words: str, ids: tuple[str, ...]) -> None:  # F02
    found = parse(text)
    assert (found.text, found.ids, found.clauses) == (words, ids, ())


def test_identifiers_of_a_passage_are_found_too() -> None:
    passage = " ".join(f"w{n}" for n in range(LONG_TEXT + 1))
    assert parse(f"{passage} (arXiv:2301.01234).").ids == ("arXiv:2301.01234",)


@pytest.mark.parametrize(
    ("text", "words", "clauses", "note"),
    [
        ("author: krume", "krume", ((Condition("author", "krume"),),), "author: krume was read as author:krume"),
        ("rye author: krume", "rye author: krume", (), "“author:” was read as a word; write author:krume to search"),
        ("authr:hinton", "authr:hinton", (), "authr: is no field, author: is; it was searched as words"),
        ("journal:nature", "journal:nature", (), "journal: is no field, venue: is; it was searched as words"),
        (
            "rye has:notes",
            "rye",
            (),
            "has:notes is nothing to filter by; "
            "there is has:abstract, has:arxiv, has:code, has:doi, has:note and has:pdf",
        ),
        ("rye is:new", "rye", (), "is:new is nothing to filter by; there is is:saved; it was ignored"),
        ("rye sort:size", "rye", (), "sort:size is no order; there is sort:date"),
    ],
)
def test_what_is_nearly_a_field_gets_a_note(
    text: str, words: str, clauses: tuple[tuple[Condition, ...], ...], note: str
) -> None:  # F12
    found = parse(text)
    assert (found.text, found.clauses) == (words, clauses)
    assert len(found.notes) == 1
    assert found.notes[0].startswith(note)


@pytest.mark.parametrize(
    ("text", "author", "words"),
    [
        ("author:G. Hinton", "G. Hinton", ""),
        ("author:G.E. Hinton nets", "G.E. Hinton", "nets"),
        ("nets author:G. E. Hinton", "G. E. Hinton", "nets"),
        ("author:J.-P. Serre", "J.-P. Serre", ""),
        ("author:g hinton nets", "g hinton", "nets"),
        ("author:J. van der Berg", "J. van der Berg", ""),
        ("author:Hinton G. nets", "Hinton G.", "nets"),
        ("author:Hinton, G. E.", "Hinton, G. E.", ""),
        ("author: G. Hinton", "G. Hinton", ""),
        # no initials, or nothing that is a family name: one word, as ever
        ("author:hinton nets", "hinton", "nets"),
        ("author:G. OR author:H.", "G.", ""),
        ("author:G. title:nets", "G.", ""),
        ("author:G. -nets", "G.", ""),
    ],
)
def test_initials_and_the_family_name_beside_them_are_one_author(text: str, author: str, words: str) -> None:
    found = parse(text)
    assert found.clauses[0][0] == Condition("author", author)
    assert found.free == words


def test_an_initial_and_a_family_name_are_left_out_together() -> None:
    assert parse("nets -author:G. Hinton").clauses == ((Condition("author", "G. Hinton", True),),)


def test_parts_of_papers_are_asked_for() -> None:
    assert parse("rye has:PDF -has:code").clauses == ((Condition("has", "pdf"),), (Condition("has", "code", True),))


def test_sorting_is_asked_for() -> None:
    assert parse("rye sort:citations") == Query("rye", order="citations")
    assert parse("rye sort:size").notes == (
        "sort:size is no order; there is sort:date, sort:votes, sort:citations and sort:relevance; it was ignored",
    )
    assert parse("rye sort:date") == Query("rye", order="date")
    assert parse("rye sort:relevance") == Query("rye")
