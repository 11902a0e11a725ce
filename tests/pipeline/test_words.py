"""Marks and snippets: exactly the words that match, in the stretch that holds most of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from broadsheet.kit.paper import Paper, Person, Record
from broadsheet.kit.text import fold, spans
from broadsheet.pipeline.library import Library, open_library
from broadsheet.pipeline.records import Span
from broadsheet.pipeline.search.analysis import words_to_mark
from broadsheet.pipeline.search.highlight import Texts, mark
from tests.pipeline import world


def marked(text: str, query: str, size: int | None = None) -> str:
    """The text as shown, with [ ] around what is marked."""
    spans, _ = mark(text, words_to_mark(query), size)
    return "".join(f"[{s.text}]" if s.matched else s.text for s in spans)


@pytest.mark.parametrize(
    ("text", "query", "shown"),
    [
        ("Ranking of ranks", "rank", "[Ranking] of [ranks]"),
        ("A crustacean has a crust.", "crust", "A crustacean has a [crust]."),
        ("The state of the art", "the state", "The [state] of the art"),
        ("The who and what", "the who", "[The] [who] and what"),
        ("Café RÉSUMÉ naïve", "resume cafe naive", "[Café] [RÉSUMÉ] [naïve]"),
        ("résumé", "RESUME", "[résumé]"),
        ("深度学习的检索", "学习", "深度[学][习]的检索"),
        ("late-interaction (re-ranking)", "interaction ranking", "late-[interaction] (re-[ranking])"),
        ("<b>crust</b> & rye", "crust", "<b>[crust]</b> & rye"),
        ("Nothing here", "absent", "Nothing here"),
        ("Nothing here", "", "Nothing here"),
        ("", "crust", ""),
        ("5 GB of rye in 2020", "2020 5", "[5] GB of rye in [2020]"),
    ],
)
def test_exactly_the_wanted_words_are_marked(text: str, query: str, shown: str) -> None:
    assert marked(text, query) == shown


def test_the_snippet_holds_most_different_words() -> None:
    words = [f"w{n}" for n in range(100)]
    words[10] = words[11] = words[12] = "crust"
    words[60], words[64] = "rye", "crust"
    text = " ".join(words)
    shown = marked(text, "rye crust", 12)
    assert shown == "… w57 w58 w59 [rye] w61 w62 w63 [crust] w65 w66 w67 w68 …"
    assert mark(text, words_to_mark("rye crust"), 12)[1] == {"rye", "crust"}


def test_the_snippet_begins_and_ends_with_the_text() -> None:
    text = "(Rye) " + " ".join(f"w{n}" for n in range(30)) + " crust."
    assert marked(text, "rye", 4) == "([Rye]) w0 w1 w2 …"
    assert marked(text, "crust", 4) == "… w27 w28 w29 [crust]."
    assert marked(text, "absent", 4) == "(Rye) w0 w1 w2 …"
    assert marked(text, "rye crust", 100) == text.replace("Rye", "[Rye]").replace("crust", "[crust]")


def test_the_spans_of_a_whole_text_are_the_text() -> None:
    text = "Ünïcode ½ café\u0301s — 25 ℃, ﬁne \u200bprint 深度 __init__ x²"
    for query in ("cafes fine", "1 2 init", "深", "c"):
        assert "".join(span.text for span in mark(text, words_to_mark(query))[0]) == text


def test_words_to_mark_are_those_that_tell() -> None:
    assert words_to_mark("the Rankings of a ranking crust") == {"rank": "rankings", "crust": "crust"}
    assert words_to_mark("The Who") == {"the": "the", "who": "who"}
    assert words_to_mark("?!") == {}


def test_matched_words_come_from_text_names_and_keywords_in_the_order_typed() -> None:
    paper = Paper("Crust", authors=(Person("Jörg Ofen"),), venue="Bakery Science", keywords=("Leavened doughs",))
    other = Paper("Ofen", "No crust, dough or baker.")
    texts = Texts.of([other, paper], words_to_mark("dough jorg crust absent baker"))
    assert [texts.matched_words(at) for at in (0, 1)] == [("dough", "crust", "baker"), ("dough", "jorg", "crust")]


def test_a_result_shows_where_it_matches(library: Library) -> None:
    filler = " ".join(f"filler{n}" for n in range(100))
    paper = Paper("On <i>quince</i> jelly", f"{filler} quinces boil gently. {filler}", (Person("Ada Quince"),))
    library.add(Record(paper, "made", "quince"))
    [result] = library.search("quince gently zzz", 1).results
    assert result.title == (Span("On <i>"), Span("quince", True), Span("</i> jelly"))
    assert [s.text for s in result.snippet if s.matched] == ["quinces", "gently"]
    assert "".join(s.text for s in result.snippet).startswith("… filler97 filler98 filler99 quinces boil gently.")
    assert len("".join(s.text for s in result.snippet).split()) == 42  # 40 words between two ellipses
    assert result.matched == ("quince", "gently")
    assert library.search("quince", 1, snippets=False).results[0].snippet == ()


def test_the_reason_names_the_paper_the_deed_and_the_shared_words(library: Library) -> None:
    saved, up, opened = "bees-2", "ships-2", "clocks-2"
    library.act("me", saved, "save")
    library.act("me", up, "up")
    library.act("me", opened, "open")
    library.tune("me", diversity=0.5, recency=0, exploration=0)
    deeds = {}
    for item in library.feed("me", 60).items:
        for reason in (r for r in item.reasons if r.kind == "near"):
            near = library.paper(reason.paper_id or 0)
            shares = f"; shares: {', '.join(reason.terms)}" if reason.terms else ""
            before, _, after = reason.text.partition(f"“{near.paper.title}”, which you ")
            assert (before, after.endswith(shares)) == ("near ", True)
            deeds[near.source_ids[0][1]] = after.removesuffix(shares)
            assert 0 < reason.weight <= 1
            text = fold(f"{item.stored.paper.title} {item.stored.paper.abstract}")
            assert all(f" {term} " in f" {text} " for term in reason.terms)
    assert deeds == {saved: "saved", up: "rated up", opened: "opened"}
    library.act("me", up, "save")
    assert any(
        "which you saved" in r.text
        for item in library.feed("me", 60).items
        for r in item.reasons
        if r.paper_id == library.paper(up).id
    )


def test_shared_words_are_named_as_they_are_written(empty: Library) -> None:
    """Where a tokeniser and a reader see different words (ligatures, fractions, bare accents), readers are right."""
    odd = "½ ℃ cafe\u0301 x² ﬁ™ " * 6
    papers = [Paper(f"{odd}Marzipan lighthouse number {n}", f"{odd} of marzipan and lighthouses") for n in range(6)]
    empty.add(*world.records(), *(Record(paper, "made", f"odd-{n}") for n, paper in enumerate(papers)))
    empty.act("me", "odd-0", "save")
    empty.tune("me", diversity=0, recency=0, exploration=0)
    page = empty.feed("me", 5)
    assert set(world.topics_of(world.keys(page))) == {"odd"}
    shared = {word for item in page.items for reason in item.reasons for term in reason.terms for word in term.split()}
    assert "marzipan" in shared
    assert not {"12", "c"} & shared  # numbers and single letters name no topic
    assert shared <= {word for paper in papers for _, _, word in spans(f"{paper.title} {paper.abstract}")}


def test_the_profile_is_told_in_words(library: Library) -> None:
    world.act(library, "save", "bees-1", "bees-2", "bees-3")
    world.act(library, "hide", "ships-1", "ships-2")
    page = library.feed("me", log=False)
    words = set(" ".join(world.BEES.subjects).split())
    assert len(page.more_like) <= 12
    assert len(set(page.more_like) & words) >= 4
    assert not set(page.less_like) & words


def test_a_result_names_the_word_that_stands_for_one_it_lacks(tmp_path: Path) -> None:
    paper = Paper(title="Fast lookup of pictures", abstract="A fast index with codes that need little memory.")
    other = Paper(title="Sour dough", abstract="Rye bread and its crust.")
    with open_library(tmp_path / "library") as library:
        library.add(Record(paper, "test", "1"), Record(other, "test", "2"))
        [result, *_] = library.search("quick lookup zzyzx").results
        assert result.matched == ("lookup",)
        assert result.near == (("quick", "fast"),)  # a word nobody learned stands for none
        assert library.search("fast lookup").results[0].near == ()
