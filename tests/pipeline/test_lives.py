"""The life of a paper in searches: added, corrected, joined, parted, deleted and restored, it is found as it is now."""

from __future__ import annotations

import random
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

import broadsheet
from broadsheet.kit.paper import Identifiers, Paper, Person, Record
from broadsheet.pipeline.index.manifest import read_manifest
from broadsheet.pipeline.library import Library
from tests.clock import ticking
from tests.pipeline import world
from tests.pipeline.world import BEES, BREAD, CLOCKS, SHIPS

PARTS = ("zeppelin", "quokka", "fjordling", "Zimtstern")
QUERIES = (
    "title:report",
    "author:Imker",
    'author:"Ada Laib"',
    "venue:letters",
    "year:2018..2021",
    "has:arxiv",
    "has:abstract -title:bees",
    '"careful season" OR sundial',
    "title:rudder OR title:keel",
    "-pendulum -rye",
)


def passing(library: Library, query: str) -> set[str]:
    """The source ids of the papers that a query's filters let through."""
    page = library.search(f"-id:0 {query}", 1000, snippets=False)
    assert len(page.results) <= page.total
    return set(world.keys(page))


def holders(library: Library, word: str) -> set[str]:
    """The papers that hold a word in their texts or names."""
    return {*world.keys(library.search("-id:0", 1000, snippets=False))} - passing(library, f"-{word}")


def own(n: int, word: str = "", **more: object) -> Record:
    """A paper whose words are its own."""
    paper = Paper(
        f"The {word or PARTS[n]} in the hedge",
        f"A note on the {word or PARTS[n]}.",
        (Person(f"Ines {PARTS[n].capitalize()}er"),),
        Identifiers(doi=f"10.1234/own.{n}"),
        2020,
        f"{PARTS[n].capitalize()} Bulletin",
        keywords=(f"{word or PARTS[n]}ish",),
    )
    return Record(replace(paper, **more), "made", f"own-{n}")  # type: ignore[arg-type]


FIELDS = ("title:{0}", "venue:{0}", "author:{0}er", '"{0} in the hedge"', "{0} OR {0}", "year:2020 title:{0}")


@pytest.mark.parametrize("n", range(len(PARTS)))
def test_every_word_of_a_new_paper_finds_it(library: Library, n: int) -> None:
    assert all(passing(library, form.format(PARTS[n])) == set() for form in FIELDS if '"' not in form)
    library.add(own(n))
    for form in FIELDS:
        assert passing(library, form.format(PARTS[n])) == {f"own-{n}"}, form
    assert world.keys(library.search(PARTS[n], 1)) == [f"own-{n}"]
    assert world.keys(library.search(f"10.1234/own.{n}", 5))[0] == f"own-{n}"
    assert passing(library, f"id:10.1234/own.{n}") == {f"own-{n}"}
    assert holders(library, PARTS[n]) == {f"own-{n}"}


def test_a_correction_takes_every_old_word_away(library: Library) -> None:
    library.add(own(0))
    number = library.paper("own-0").id
    library.add(own(0, "capybara", venue="Capybara Bulletin", authors=(Person("Ines Zeppeliner"), Person("Bo Uhl"))))
    assert library.paper("own-0").id == number
    for form in ("title:{0}", "venue:{0}", "{0} OR {0}"):
        assert passing(library, form.format("zeppelin")) == set()
        assert passing(library, form.format("capybara")) == {"own-0"}
    assert passing(library, "author:Uhl") == passing(library, 'author:"Ines Zeppeliner"') == {"own-0"}
    assert holders(library, "zeppelin") == set()
    assert holders(library, "capybara") == {"own-0"}
    assert [paper.title for _, _, paper in library.versions("own-0")] == ["The zeppelin in the hedge"]


def test_deleted_and_restored_again_and_again(library: Library) -> None:
    library.add(own(1))
    for _ in range(3):
        deletion = library.delete("own-1")
        assert passing(library, "title:quokka") == set()
        assert library.search("10.1234/own.1").total == 120
        assert "own-1" not in world.keys(library.search("quokka", 200))
        assert library.stats().papers == library.stats().indexed == 120
        [number] = library.restore(deletion)
        assert passing(library, "title:quokka") == {"own-1"}
        assert library.resolve("10.1234/own.1") == number
        assert library.stats().papers == library.stats().indexed == 121
    assert library.check().ok


def test_several_deleted_at_once_come_back_together(library: Library) -> None:
    library.add(*(own(n) for n in range(4)))
    library.act("me", "own-2", "save")
    library.act("me", "own-3", "tag", "later")
    deletion = library.delete("own-0", "own-2", "own-3", "bees-1")
    assert {which for which in ("own-0", "own-1", "own-2", "own-3") if passing(library, f"id:{which}")} == {"own-1"}
    assert library.search("is:saved", reader="me").total == library.search("tag:later", reader="me").total == 0
    assert len(library.restore(deletion)) == 4
    assert world.keys(library.search("is:saved", reader="me")) == ["own-2"]
    assert world.keys(library.search("tag:later", reader="me")) == ["own-3"]
    assert passing(library, "title:hedge") == {f"own-{n}" for n in range(4)}
    assert library.stats().papers == 124


def test_two_papers_joined_are_found_once_by_the_words_of_both_and_parted_each_by_its_own(library: Library) -> None:
    people = (Person("Ines Doppler"),)
    preprint = Record(
        Paper("Marzipan hedgehogs", "They roll.", people, Identifiers(arxiv="2401.77777"), 2024), "arxiv", "2401.77777"
    )
    article = Record(
        Paper(
            "On rolling confectionery", "Sugar moves.", people, Identifiers(doi="10.1234/roll"), 2024, "Sugar Letters"
        ),
        "crossref",
        "10.1234/roll",
    )
    library.add(preprint, article)
    assert library.stats().papers == 122
    both = Identifiers(arxiv="2401.77777", doi="10.1234/roll")
    bridge = Record(Paper("Marzipan hedgehogs", authors=people, ids=both, year=2024), "openalex", "W4242424242")
    library.add(bridge)
    assert library.stats().papers == library.stats().indexed == 121
    for name in ("2401.77777", "10.1234/roll", "W4242424242"):
        page = library.search(f"id:{name}")
        assert [r.stored.id for r in page.results] == [library.resolve(name)]
    assert library.search("venue:sugar author:Doppler").total == 1
    assert library.search("author:Doppler").total == 1
    [merge] = library.merges()
    library.undo_merge(merge.id)
    assert library.search("author:Doppler").total == 2
    assert library.search("title:marzipan").total == library.search("title:confectionery").total == 1
    assert library.resolve("2401.77777") != library.resolve("10.1234/roll")
    assert library.check().ok


def _shuffled(records: Sequence[Record], seed: int) -> list[Record]:
    mixed = list(records)
    random.Random(seed).shuffle(mixed)
    return mixed


def scores(library: Library, query: str, k: int = 40) -> dict[str, float]:
    """Source id to score."""
    return {r.stored.source_ids[0][1]: r.score for r in library.search(query, k, snippets=False).results}


@pytest.fixture(scope="module")
def orders(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The same sixty papers, added in three orders at once."""
    folders = []
    for seed in range(3):
        folder = tmp_path_factory.mktemp("orders") / "library"
        with broadsheet.open(folder, clock=ticking()) as library:
            library.add(*_shuffled(world.records(count=15), seed))
        folders.append(folder)
    return folders


@pytest.mark.parametrize(
    "query", ["pendulum", "sourdough crust", "anchor season", "like:bees-3 but for pollen", "ada rye", "harbour review"]
)
def test_the_order_of_arrival_changes_no_score(orders: list[Path], query: str) -> None:
    found = []
    for folder in orders:
        with broadsheet.open(folder, clock=ticking()) as library:
            found.append(scores(library, query))
    assert set(found[0]) == set(found[1]) == set(found[2])
    assert found[0]
    for key, score in found[0].items():
        assert found[1][key] == pytest.approx(score, abs=2e-3)
        assert found[2][key] == pytest.approx(score, abs=2e-3)


@pytest.mark.parametrize("query", QUERIES)
def test_the_order_of_arrival_changes_no_filter(orders: list[Path], query: str) -> None:
    found = []
    for folder in orders:
        with broadsheet.open(folder, clock=ticking()) as library:
            found.append(passing(library, query))
    assert found[0] == found[1] == found[2]


@pytest.fixture(scope="module")
def stepwise(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """(a library that came to be in many steps, one that was given its papers at once)."""
    folder, anew = tmp_path_factory.mktemp("steps") / "library", tmp_path_factory.mktemp("anew") / "library"
    chance = random.Random(3)
    with broadsheet.open(folder, clock=ticking()) as library:
        library.add(*world.records(count=8))
        for step in range(24):
            topic = world.TOPICS[step % 4]
            n = 8 + step // 4
            library.add(
                world.record(topic, n, "A first reading."), world.record(topic, chance.randrange(8), f"Step {step}.")
            )
            if step % 5 == 0:
                number = library.delete(world.key(topic, n))
                if step % 10 == 0:
                    library.restore(number)
            if step % 3 == 0:
                library.add(world.record(topic, n), again=True)
        held = library.papers(library.catalogue.papers.ids().tolist())
        current = [Record(one.paper, *one.source_ids[0]) for one in held]
    with broadsheet.open(anew, clock=ticking()) as library:
        library.add(*current)
    return folder, anew


@pytest.mark.parametrize("query", [*QUERIES, "step", '"first reading"', "-first -step", "title:bees OR year:2016"])
def test_many_steps_filter_as_one(stepwise: tuple[Path, Path], query: str) -> None:
    with broadsheet.open(stepwise[0], clock=ticking()) as steps, broadsheet.open(stepwise[1], clock=ticking()) as anew:
        assert len(steps.snapshot().segments) > 1 == len(anew.snapshot().segments)
        assert passing(steps, query) == passing(anew, query)


def test_an_index_thrown_away_is_built_as_it_was(stepwise: tuple[Path, Path], tmp_path: Path) -> None:
    folder = shutil.copytree(stepwise[0], tmp_path / "copy")
    with broadsheet.open(folder, clock=ticking()) as library:
        before = {query: passing(library, query) for query in QUERIES}
        papers = library.stats().indexed
    shutil.rmtree(folder / "indexes")
    with broadsheet.open(folder, clock=ticking()) as library:
        assert {query: passing(library, query) for query in QUERIES} == before
        assert (library.stats().indexed, library.check().ok) == (papers, True)


@pytest.mark.parametrize("harm", ["manifest", "segment"])
def test_a_file_of_the_index_that_is_gone_is_built_again(library: Library, harm: str) -> None:
    before = {query: passing(library, query) for query in QUERIES}
    indexes = library.path / "indexes"
    manifest = read_manifest(indexes)
    assert manifest is not None
    names = sorted(manifest.files())
    gone = next(name for name in names if ("manifest" in name) == (harm == "manifest"))
    (indexes / gone).unlink()
    with broadsheet.open(library.path, clock=ticking()) as again:
        again.check(repair=True)
        assert {query: passing(again, query) for query in QUERIES} == before
        assert again.check().ok


@pytest.mark.parametrize(
    "query", ["pendulum", "rye OR sundial", "year:2019..", "author:Imker", "like:ships-2", "title:report"]
)
def test_pages_of_any_size_are_pieces_of_one_long_page(shared: Library, query: str) -> None:
    whole = world.keys(shared.search(query, 60, snippets=False))
    assert len(whole) == len(set(whole))
    for size in (1, 7, 25):
        pieces: list[str] = []
        for offset in range(0, 60, size):
            pieces += world.keys(shared.search(query, min(size, 60 - offset), offset, snippets=False))
        assert pieces == whole
    assert shared.search(query, 10, 5000).results == ()
    assert {shared.search(query, k, offset).total for k, offset in ((0, 0), (3, 9), (10, 500))} == {
        shared.search(query).total
    }


def test_a_snapshot_in_hand_answers_as_before_whatever_happens(library: Library) -> None:
    old = library.snapshot()
    rows = old.rows_of([library.resolve(world.key(topic, 1)) for topic in (BEES, SHIPS, CLOCKS, BREAD)])
    vectors = old.dense.vectors(rows)
    library.delete("bees-1", "ships-1")
    library.add(world.record(CLOCKS, 1, "Quite another text."), *(world.record(BREAD, n) for n in range(30, 45)))
    assert old.count == 120
    assert (old.dense.vectors(rows) == vectors).all()
    assert library.snapshot().count == 133
