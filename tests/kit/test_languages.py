"""Sentences in other languages, and what a title says of a paper's standing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broadsheet.kit.paper import Paper
from broadsheet.kit.sentences import sentences
from broadsheet.kit.standing import standing


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("End. Šimánek wrote. Łuk too.", ["End.", "Šimánek wrote.", "Łuk too."]),
        ("Он ушёл. Затем вернулся.", ["Он ушёл.", "Затем вернулся."]),
        ("Τέλος. Ύστερα άλλο. Ωραία.", ["Τέλος.", "Ύστερα άλλο.", "Ωραία."]),
        ("यह है। वह था।", ["यह है।", "वह था।"]),
        ("هذا نص. وهذا آخر؟ نعم.", ["هذا نص.", "وهذا آخر؟", "نعم."]),
        ("זה משפט. וזה עוד.", ["זה משפט.", "וזה עוד."]),
        ("我们提出。它很快！真的？对。", ["我们提出。", "它很快！", "真的？", "对。"]),
        ("우리는 본다. 그리고 쓴다.", ["우리는 본다.", "그리고 쓴다."]),
        ("“Quoted.” “Again.” End.", ["“Quoted.”", "“Again.”", "End."]),
        ("«Oui.» «Non.» Fin.", ["«Oui.»", "«Non.»", "Fin."]),
        ("Fue así. ¿Por qué? ¡Claro! Sí.", ["Fue así.", "¿Por qué?", "¡Claro!", "Sí."]),
        ("Es endet. „Ja.“ Sie ging.", ["Es endet.", "„Ja.“ Sie ging."]),
        ("What?! Yes...  No.", ["What?!", "Yes...", "No."]),
        ("See Dr. Smith. Then go.", ["See Dr. Smith.", "Then go."]),
        ("In 3.5 GHz. 2 more.", ["In 3.5 GHz.", "2 more."]),
        ("Written on tides.org. so lower case goes on", ["Written on tides.org. so lower case goes on"]),
        ("No space.After a stop.", ["No space.After a stop."]),
    ],
)
def test_sentences_of_every_script(text: str, parts: list[str]) -> None:
    assert [text[start:stop] for start, stop in sentences(text)] == parts


@given(st.text(st.sampled_from("aB1 .!?。।؟“”»(\n漢Ш"), max_size=60))
def test_sentences_cover_every_word_in_order(text: str) -> None:
    found = sentences(text)
    assert all(start < stop for start, stop in found)
    assert [place for pair in found for place in pair] == sorted(place for pair in found for place in pair)
    assert "".join(text[start:stop] for start, stop in found).split() or not text.strip()
    covered = "".join(text[start:stop] for start, stop in found)
    assert "".join(covered.split()) == "".join(text.split())


@pytest.mark.parametrize(
    ("title", "said"),
    [
        ("Retracted: A study of tides", "retracted"),
        ("RETRACTED ARTICLE: Tides", "retracted"),
        ("[Withdrawn] Tides", "withdrawn"),
        ("WITHDRAWN: Tides", "withdrawn"),
        ("Tides of glass (Retracted)", "retracted"),
        ("Tides of glass [retracted by the editor]", "retracted"),
        ("Withdrawn", "withdrawn"),
        ("On retracted papers", ""),
        ("Why papers are withdrawn", ""),
        ("The withdrawn ground: a history", ""),
        ("Retraction of papers in science", ""),
        ("Corrigendum to Tides", ""),
        ("", ""),
    ],
)
def test_titles_that_say_a_paper_does_not_stand(title: str, said: str) -> None:
    assert standing(Paper(title)) == said


def test_the_record_itself_comes_first() -> None:
    assert standing(Paper("Withdrawn: Tides", is_retracted=True)) == "retracted"
    assert standing(Paper("Tides", comments="This paper has been withdrawn by the author")) == "withdrawn"
    assert standing(Paper("Tides", "This paper was withdrawn.")) == "withdrawn"
    assert standing(Paper("Tides", "We study withdrawn reservoirs.", comments="12 pages")) == ""
