"""Precise search: vectors kept beside the indexes, brought up to date, and one more reason to rank a paper high."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from broadsheet.catalogue import Document
from broadsheet.encoders.minilm import MiniLM
from broadsheet.kit import artifacts
from broadsheet.kit.errors import CorruptFile, UsageError
from broadsheet.kit.mask import Mask
from broadsheet.pipeline.index import vector_file
from broadsheet.pipeline.index.vector_file import path_of, read, text_of
from broadsheet.pipeline.library import Library
from broadsheet.pipeline.pretrained import read_ranker
from broadsheet.pipeline.search import precise
from broadsheet.pipeline.search.analysis import AnalyzedQuery
from broadsheet.pipeline.search.inputs import documents, precise_query
from broadsheet.pipeline.search.precise import (
    PRECISE_FEATURES,
    PRECISE_RANKER,
    PreciseQuery,
    PreciseVectors,
    impute_cosines,
)
from broadsheet.pipeline.search.ranking import features_of
from broadsheet.retrieval.convex_fusion import ConvexFusion
from tests.pipeline import world
from tests.pipeline.world import BEES, SHIPS

SUBJECTS = [subject for topic in world.TOPICS for subject in topic.subjects]


class Counted:
    """Encodes a text as how often it has each subject; knows what it was asked."""

    def __init__(self, stop_after: int = 10**9) -> None:
        self.texts: list[str] = []
        self.stop_after = stop_after

    def __call__(self, texts: Sequence[str]) -> NDArray[np.float32]:
        if len(self.texts) + len(texts) > self.stop_after:
            raise KeyboardInterrupt
        self.texts += texts
        out = np.full((len(texts), 384), 1e-3, np.float32)
        out[:, : len(SUBJECTS)] += [[text.lower().count(subject) for subject in SUBJECTS] for text in texts]
        return np.asarray(out / np.linalg.norm(out, axis=1, keepdims=True), np.float32)

    def one(self, text: str) -> NDArray[np.float32]:
        return np.asarray(self([text])[0])


def where(library: Library) -> Path:
    return path_of(library.path / "indexes")


def papers(library: Library) -> dict[int, Document]:
    return {d.id: d for batch in library.catalogue.papers.documents() for d in batch}


def ready(library: Library) -> PreciseVectors:
    return PreciseVectors(library.snapshot(), read(where(library)))


def precisely(library: Library, text: str) -> PreciseQuery:
    """The query with what precise search needs for ten results."""
    query, fusion = AnalyzedQuery.of(library.snapshot(), text), ConvexFusion()
    allowed = query.snapshot.alive
    return precise_query(library.catalogue, query, ready(library), 10, allowed, fusion, encode=Counted().one)


def test_every_paper_gets_the_vector_of_its_text(library: Library) -> None:
    encode, told = Counted(), list[tuple[str, int, int | None]]()
    made = library.build_precise(lambda *step: told.append(step), encode=encode)
    assert (made.encoded, made.kept, made.bytes) == (120, 0, where(library).stat().st_size)
    assert told[-1] == ("encoding", 120, 120)
    assert encode.texts == [text_of(d) for d in papers(library).values()]
    first = world.paper(BEES, 0)
    assert encode.texts[0] == f"{first.title}. {first.abstract}"
    held = read(where(library))
    assert held.ids.tolist() == list(papers(library))
    assert held.codes.vectors(np.arange(120)) == pytest.approx(Counted()(encode.texts), abs=0.02)


def test_only_what_is_new_or_changed_is_encoded_and_what_is_gone_is_forgotten(library: Library) -> None:
    library.build_precise(encode=Counted())
    gone, changed = library.resolve("bees-3"), library.resolve("ships-5")
    before = read(where(library))
    old = before.codes.vectors(np.flatnonzero(before.ids == changed))
    library.catalogue.papers.delete(gone)
    library.add(world.record(SHIPS, 5, "Also about pollen, pollen and pollen."), world.record(BEES, 40))
    encode = Counted()
    made = library.build_precise(encode=encode)
    assert (made.encoded, made.kept) == (2, 118)
    assert sorted(encode.texts) == sorted(text_of(papers(library)[library.resolve(i)]) for i in ("ships-5", "bees-40"))
    held = read(where(library))
    assert sorted(held.ids.tolist()) == sorted(papers(library))
    assert not np.allclose(held.codes.vectors(np.flatnonzero(held.ids == changed)), old, atol=0.02)
    file = where(library).stat()
    again = library.build_precise(encode=encode)
    assert (again.encoded, again.kept) == (0, 120)
    assert where(library).stat().st_mtime_ns == file.st_mtime_ns


def test_a_stopped_build_keeps_what_it_has_done(library: Library) -> None:
    path = where(library)
    path.parent.mkdir(parents=True)
    (path.parent / ".vectors.bin.1.part").write_bytes(b"half a file")
    with pytest.raises(KeyboardInterrupt):
        vector_file.update(path, library.catalogue, Counted(stop_after=70), save_every=32)
    assert len(read(path)) == 64
    encode = Counted()
    made = vector_file.update(path, library.catalogue, encode, save_every=32)
    assert (made.encoded, made.kept, len(encode.texts)) == (56, 64, 56)
    assert sorted(read(path).ids.tolist()) == sorted(papers(library))
    assert [p.name for p in path.parent.iterdir() if p.suffix == ".part"] == []


def test_a_library_without_papers_gets_an_empty_file(empty: Library) -> None:
    assert empty.build_precise(encode=Counted()).encoded == 0
    assert len(read(where(empty))) == 0
    assert empty.drop_precise()
    assert not empty.drop_precise()


@pytest.mark.parametrize("damage", ["cut", "flipped", "version", "model", "lengths"])
def test_a_file_that_is_not_right_names_itself_and_the_fix(library: Library, damage: str) -> None:
    library.build_precise(encode=Counted())
    path = where(library)
    content, held = path.read_bytes(), read(path)
    meta = {"model": vector_file.MODEL}
    arrays: dict[str, NDArray[Any]] = {"ids": held.ids, "sums": held.sums, **held.codes.to_arrays()}
    match damage:
        case "cut":
            path.write_bytes(content[:-100])
        case "flipped":
            path.write_bytes(content[:-100] + bytes([content[-100] ^ 1]) + content[-99:])
        case "version":
            artifacts.write(path, arrays, method="minilm", version=vector_file.VERSION + 1, meta=meta)
        case "model":
            artifacts.write(path, arrays, method="minilm", version=vector_file.VERSION, meta={"model": "another"})
        case _:
            short = {**arrays, "ids": held.ids[:-1]}
            artifacts.write(path, short, method="minilm", version=vector_file.VERSION, meta=meta)
    with pytest.raises(CorruptFile, match=r"vectors\.bin.*broadsheet precise build"):
        read(path)
    report = library.check()
    assert not report.ok
    assert any("vectors.bin" in line for line in report.problems)
    assert library.search("rudder").results
    assert library.build_precise(encode=Counted()).encoded == 120  # made anew
    assert library.check().ok


def test_what_builds_the_indexes_leaves_the_vectors_alone(library: Library) -> None:
    library.build_precise(encode=Counted())
    content = where(library).read_bytes()
    library.add(world.record(BEES, 41))
    library.check(repair=True)
    library.index()
    assert where(library).read_bytes() == content


def test_vectors_bring_candidates_within_the_filter(library: Library) -> None:
    library.build_precise(encode=Counted())
    snapshot, held = library.snapshot(), ready(library)
    near = held.nearest(Counted().one("swarming"), snapshot.alive)
    said = {i for i, d in papers(library).items() if "swarming" in text_of(d).lower()}
    assert said <= set(snapshot.ids[near].tolist())
    allowed = Mask.of(snapshot.years == 2019)
    rows = held.nearest(Counted().one("swarming"), allowed)
    assert sorted(rows.tolist()) == np.flatnonzero(snapshot.years == 2019).tolist()


def test_the_cosine_is_one_more_column_and_moves_the_order(library: Library) -> None:
    library.build_precise(encode=Counted())
    snapshot = library.snapshot()
    asked = precisely(library, "anchor galleon")
    plain, _ = features_of(asked.query)
    found, evidence = features_of(asked.query, precise=asked)
    rows = found.rows
    assert set(plain.rows.tolist()) <= set(rows.tolist())
    assert evidence.shape == (len(rows), len(PRECISE_FEATURES))
    texts = papers(library)
    exact = Counted()([text_of(texts[i]) for i in snapshot.ids[rows].tolist()]) @ Counted().one("anchor galleon")
    assert evidence[:, -1] == pytest.approx(np.maximum(exact, 0), abs=0.02)
    assert len(read_ranker(PRECISE_FEATURES, PRECISE_RANKER).weights_) == len(PRECISE_FEATURES)
    assert read_ranker(PRECISE_FEATURES, PRECISE_RANKER).weights_[-1] > 0


def test_a_paper_without_a_vector_of_its_text_is_judged_by_the_rest(library: Library) -> None:
    library.build_precise(encode=Counted())
    library.add(world.record(SHIPS, 5, "Also about pollen."), world.record(SHIPS, 60))
    snapshot, held = library.snapshot(), ready(library)
    assert held.notes == ()  # one of 121
    rows = snapshot.rows_of([library.resolve(i) for i in ("ships-5", "ships-60", "ships-6")])
    texts = documents(library.catalogue, snapshot, rows)
    assert np.isnan(held.cosines(Counted().one("rudder"), rows, texts)).tolist() == [True, True, False]
    asked = precisely(library, "rudder")
    _, evidence = features_of(asked.query, precise=asked)
    assert np.isfinite(evidence).all()
    library.add(*(world.record(SHIPS, n) for n in range(61, 70)))
    assert ready(library).notes == (
        "10 of 130 papers have no precise vector and are ranked without one: run `broadsheet precise build`",
    )


def test_what_is_missing_is_read_off_a_line_through_the_others() -> None:
    others = np.arange(10, dtype=np.float32)
    cosines = (0.1 + 0.05 * others).astype(np.float32)
    cosines[[2, 7]] = np.nan
    assert impute_cosines(cosines, others) == pytest.approx(0.1 + 0.05 * others)
    few = np.array([0.2, np.nan, 0.4, 0.9], np.float32)
    assert impute_cosines(few, others[:4]).tolist() == pytest.approx([0.2, 0.4, 0.4, 0.9])
    assert impute_cosines(np.full(3, np.nan, np.float32), others[:3]).tolist() == [0, 0, 0]
    against = np.where(np.isnan(cosines), np.nan, 0.9 - cosines).astype(np.float32)
    assert impute_cosines(against, others)[7] == pytest.approx(np.nanmean(against))  # better is never worse


def test_precise_search_says_what_it_needs(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vector_file, "is_installed", lambda: True)
    for ask in (library.search, library.search_ids):
        with pytest.raises(UsageError, match=r"pip install '\.\[transformers\]'.*broadsheet precise build"):
            ask("rudder", mode="precise")
    with pytest.raises(UsageError, match="'sharp': there are default and precise"):
        library.search("rudder", mode="sharp")
    library.build_precise(encode=Counted())
    assert library.can_be_precise
    monkeypatch.setattr(vector_file, "is_installed", lambda: False)
    could: bool = library.can_be_precise
    assert could is False
    with pytest.raises(UsageError, match="pip install"):
        library.search("rudder", mode="precise")
    with pytest.raises(UsageError, match="pip install"):
        library.build_precise()


def test_the_default_search_imports_no_transformer(library: Library) -> None:
    library.build_precise(encode=Counted())
    code = (
        "import sys, broadsheet\n"
        "with broadsheet.open(sys.argv[1]) as library: assert library.search('rudder').results\n"
        "print([m for m in ('torch', 'transformers') if m in sys.modules])"
    )
    command = [sys.executable, "-c", code, str(library.path)]
    assert subprocess.run(command, check=True, capture_output=True, text=True).stdout == "[]\n"


def test_with_the_transformer_itself(library: Library) -> None:
    for module in vector_file.MODULES:
        pytest.importorskip(module)
    few = sorted(library.catalogue.papers.ids().tolist())[16:]
    for number in few:
        library.catalogue.papers.delete(number)
    made = library.build_precise()
    assert made.encoded == 16
    page = library.search("insects that make honey", 4, mode="precise")
    assert page.notes == ()
    assert set(world.topics_of(world.keys(page))) == {"bees"}
    hits = library.search_ids("insects that make honey", 4, mode="precise")
    assert hits.ids.tolist() == [r.stored.id for r in page.results]
    assert precise.encode_query("rye") == pytest.approx(MiniLM().encode(["rye"])[0], abs=1e-5)
    known = library._searcher._vectors
    library.search("rye", mode="precise")
    assert library._searcher._vectors is known  # read once
    library.add(replace(world.record(BEES, 50), source_id="late"))
    assert library.search("beehive year:2015..", 20, mode="precise").notes == (
        "1 of 17 papers have no precise vector and are ranked without one: run `broadsheet precise build`",
    )
    assert library.search("like:bees-1 but for nectar", mode="precise").notes == (
        "like: is ranked as in the default search; precise search is for words only",
    )
