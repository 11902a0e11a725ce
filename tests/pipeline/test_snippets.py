"""Snippets: the sentences that answer, whole where they fit; no word and no formula is cut."""

from __future__ import annotations

import pytest

from broadsheet.kit.markup import formulas
from broadsheet.kit.paper import Paper, Record
from broadsheet.pipeline.library import Library
from broadsheet.pipeline.search.analysis import AnalyzedQuery, words_to_mark
from broadsheet.pipeline.search.highlight import Texts
from broadsheet.pipeline.search.snippets import Evidence

FIRST = "We study how ships are built in many harbours of the north and what they are made of over the years."
SECOND = "Old carpenters told us about tools."
ANSWER = "The rudder is hung on iron pintles, which makes the keel steer well."
LAST = "We end with a list of all harbours that we could visit in these years, and with some thanks to their people."
ABSTRACT = f"{FIRST} {SECOND} {ANSWER} {LAST}"


def snippet(library: Library, query: str, text: str, size: int = 20) -> str:
    words = words_to_mark(query)
    evidence = Evidence.of(AnalyzedQuery.of(library.snapshot(), query), words)
    texts = Texts.of([Paper(title="A title", abstract=text)], words)
    return "".join(f"[{span.text}]" if span.matched else span.text for span in texts.snippets(evidence, size)[0])


def test_the_sentence_that_answers_is_shown_whole(shared: Library) -> None:
    assert snippet(shared, "rudder keel", ABSTRACT, 15) == (
        "… The [rudder] is hung on iron pintles, which makes the [keel] steer well. …"
    )


def test_a_further_sentence_or_a_part_with_further_words_fills_the_room(shared: Library) -> None:
    assert snippet(shared, "rudder carpenters", ABSTRACT) == (
        f"… {SECOND.replace('carpenters', '[carpenters]')} {ANSWER.replace('rudder', '[rudder]')} …"
    )
    assert snippet(shared, "rudder keel thanks", ABSTRACT, 26) == (
        "… The [rudder] is hung on iron pintles, which makes the [keel] steer well. "
        "… we could visit in these years, and with some [thanks] to their people."
    )


def test_a_text_that_fits_is_whole_and_an_empty_one_is_empty(shared: Library) -> None:
    assert snippet(shared, "rudder", ABSTRACT, 100) == ABSTRACT.replace("rudder", "[rudder]")
    assert snippet(shared, "rudder", "") == ""


def test_without_any_evidence_the_text_begins_the_snippet(shared: Library) -> None:
    assert snippet(shared, "zzzz", ABSTRACT, 22).startswith("We study how ships")


def test_meaning_chooses_where_no_word_does(shared: Library) -> None:
    shown = snippet(shared, "steering of boats", ABSTRACT, 15)
    assert "rudder" in shown or "ships" in shown
    assert "carpenters told us" not in shown


@pytest.mark.parametrize("size", range(5, 60, 3))
@pytest.mark.parametrize("query", ["rudder", "state-of-the-art", "loss", "alpha beta", "harbours", "x_i"])
def test_no_word_and_no_formula_is_cut(shared: Library, query: str, size: int) -> None:
    text = (
        r"We minimise the loss $\\sum_{i=1}^n x_i + \\alpha \\beta y_i$ over state-of-the-art rudder models, as "
        r"non-trivial harbours demand (see \\(a_{i,j} = b^2\\)), without any full stop at all and with many words "
        "that go on and on about well-known state-of-the-art things until the very end of this very-long sentence"
    )
    shown = snippet(shared, query, text, size).replace("[", "").replace("]", "")
    spans = formulas(text)
    for piece in shown.split("…"):
        if piece := piece.strip():
            start = text.find(piece)
            assert start >= 0
            stop = start + len(piece)
            assert start == 0 or text[start - 1] == " " or any(first == start for first, _ in spans)
            assert stop == len(text) or text[stop] == " " or any(last == stop for _, last in spans)
            assert not any(first < edge < last for first, last in spans for edge in (start, stop))


def test_a_text_of_any_size_is_cut(shared: Library) -> None:
    for text in ("x" * 1_000_000 + " rudder", "rudder " * 200_000, "a. B " * 50_000 + "rudder", "\u6df1\u5ea6" * 9000):
        assert len(snippet(shared, "rudder", text, 40).replace("[rudder]", "rudder")) <= 3 * 40 * 24


def test_results_show_their_answer(empty: Library) -> None:
    empty.add(*(Record(Paper(title=f"Ships {n}", abstract=ABSTRACT), "invented", str(n)) for n in range(3)))
    page = empty.search("rudder pintles")
    for result in page.results:
        shown = "".join(span.text for span in result.snippet)
        assert ANSWER in shown
        assert {span.text for span in result.snippet if span.matched} == {"rudder", "pintles"}
