"""What a snippet shows, counted by hand."""

from __future__ import annotations

from broadsheet.kit.paper import Paper
from broadsheet.kit.sentences import sentences
from broadsheet.pipeline.search.highlight import Texts
from broadsheet_lab.bench.snippets import Shown, shown_of

BODY = "Ships have keels. A rudder steers them well. Nobody minds."


def test_an_answer_counts_where_four_fifths_of_it_are_shown() -> None:
    texts = Texts.of([Paper(title="", abstract=BODY)], {"keel": "keel", "rudder": "rudder", "moss": "moss"})
    spans = sentences(BODY)
    start, stop = spans[1]
    assert shown_of(texts, [(start, stop)], spans, 1) == Shown(answer=True, words=0.5, is_whole=True)
    assert shown_of(texts, [(0, stop - 5)], spans, 1) == Shown(answer=True, words=1.0, is_whole=False)
    assert shown_of(texts, [(start + 9, stop)], spans, 1) == Shown(answer=False, words=0.0, is_whole=False)
    assert shown_of(texts, [(0, len(BODY))], spans, 0) == Shown(answer=True, words=1.0, is_whole=True)
