"""Words that no paper has, or that the encoder never met, in a small library."""

from __future__ import annotations

from broadsheet.kit.paper import Record
from broadsheet.pipeline.library import Library
from tests.pipeline import world


def test_a_word_of_no_paper_finds_what_it_means(empty: Library) -> None:
    """The encoder knows more words than the library has."""
    said = ("Training agents by rewards in a game", "Folding proteins from their sequences", "Cooling of quantum bits")
    empty.add(*(Record(world.Paper(title), "made", f"m-{n}") for n, title in enumerate(said)))
    assert world.keys(empty.search("reinforcement", 1)) == ["m-0"]


def test_a_subject_the_encoder_never_met_is_told_apart_by_its_words(empty: Library) -> None:
    """Unlearned words have directions of their own: pages and likenesses work in any field, and in any language."""
    subjects = {"blorp": ("blorpic", "snarvel", "quibbet"), "tweng": ("twengly", "morvash", "plizzen")}
    for n in range(12):
        for name, words in subjects.items():
            title = f"{words[n % 3].capitalize()} {words[(n + 1) % 3]} in vergle {n}"
            abstract = f"Grommet {words[(n + 2) % 3]} und {words[n % 3]} durch vergle."
            empty.add(Record(world.Paper(title, abstract), "made", f"{name}-{n}"))
    like = empty.similar(["blorp-0"], k=11)
    assert {k.partition("-")[0] for k in world.keys(like)} == {"blorp"}
    assert all(r.semantic > 0.1 for r in like.results)
    for n in range(3):
        empty.act("me", f"tweng-{n}", "save")
    empty.tune("me", recency=0, diversity=0, exploration=0)
    page = empty.feed("me", 9, log=False)
    assert {k.partition("-")[0] for k in world.keys(page)} == {"tweng"}
    assert set(page.more_like) & {"twengly", "morvash", "plizzen"}
