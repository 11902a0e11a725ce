"""Similar in one aspect: papers that share a task and papers that share a method are told apart, and say why."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import broadsheet
from broadsheet.kit import artifacts
from broadsheet.kit.errors import CorruptFile, SourceError, UsageError
from broadsheet.kit.paper import Paper, Record
from broadsheet.pipeline.library import Library
from broadsheet.pipeline.pretrained import FOLDER, ROLES_FILE, VERSION, read_sentence_roles
from broadsheet.pipeline.search import aspects
from broadsheet.pipeline.search.aspect_sentences import Blend
from broadsheet.pipeline.search.inputs import titles_and_bodies
from broadsheet.pipeline.search.similar import SIMILAR_SEMANTIC
from broadsheet.pipeline.training import role_model
from broadsheet.retrieval.convex_fusion import ConvexFusion

TASKS = (
    "counting honeybees and hoverflies in flowering alpine meadows",
    "predicting harbour tides and undertow along rocky northern coasts",
    "reading faded pendulum drawings of clockmakers in damp archives",
    "judging sourdough crusts by their crackle after slow rye leavening",
)
METHODS = (
    "a lattice of copper resonators tuned by annealed magnets",
    "recursive origami folding with woven paper hinges",
    "a chorus of whistled codes decoded by trained starlings",
    "layered ice lenses polished with frozen salt",
)
RESULTS = (
    "seventeen upland villages halve the rent of idle ploughs and barns",
    "forty river barges cut the fuel of winter dredging by thirds",
    "nine provincial museums restore forgotten ledgers twice as quickly",
    "three corner kiosks sell warmer umbrellas at lower tariffs",
)


def abstract(task: str, method: str, result: str) -> str:
    return (
        f"The problem of {task} remains challenging, and existing approaches suffer from noise. "
        f"Yet {task} is an important task with few solutions. "
        f"In this paper, we propose {method}, which learns a representation of each observation. "
        f"Our model combines {method} in two stages. "
        f"Experiments show that it outperforms the state of the art: {result}. "
        f"The results demonstrate that {result}."
    )


def key(task: int, method: int) -> str:
    return f"t{task}m{method}"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("aspects") / "library"
    with broadsheet.open(folder) as library:
        papers = [
            (key(t, m), Paper(f"Paper {t} {m}", abstract(TASKS[t], METHODS[m], RESULTS[(t + m) % 4]), year=2020))
            for t in range(4)
            for m in range(4)
        ]
        papers.append(("bare", Paper("On honeybees and origami in meadows", year=2021)))
        library.add(*(Record(paper, "invented", name, f"invented:{name}") for name, paper in papers))
    return folder


@pytest.fixture(scope="module")
def shared(built: Path) -> Iterator[Library]:
    with broadsheet.open(built) as library:
        yield library


def keys(library: Library, like: str, aspect: str, k: int = 3, **options: Any) -> list[str]:
    return [r.stored.source_ids[0][1] for r in library.similar([like], k=k, aspect=aspect, **options).results]


@pytest.mark.parametrize("paper", [(0, 0), (1, 2), (3, 1)])
def test_an_aspect_finds_the_papers_that_share_it(shared: Library, paper: tuple[int, int]) -> None:
    task, method = paper
    assert set(keys(shared, key(*paper), "task")) == {key(task, m) for m in range(4) if m != method}
    assert set(keys(shared, key(*paper), "method")) == {key(t, method) for t in range(4) if t != task}
    same = {key(t, m) for t in range(4) for m in range(4) if (t + m - task - method) % 4 == 0} - {key(*paper)}
    assert set(keys(shared, key(*paper), "result")) == same


def test_every_result_says_why_in_its_own_sentence(shared: Library) -> None:
    page = shared.similar(["t0m1"], k=3, aspect="method")
    assert (page.total, page.notes) == (16, ())
    for result in page.results:
        [reason] = result.reasons
        assert reason.kind == "aspect"
        assert reason.text.startswith("its method: “")
        assert "origami" in reason.text
        assert reason.text.removeprefix("its method: “").removesuffix("”") in result.stored.paper.abstract
        assert 0 < reason.weight <= 1
        assert set(reason.terms) & {"recursive", "origami", "folding", "woven", "paper", "hinges"}
        assert any(span.matched for span in result.snippet)
        assert "".join(span.text for span in result.snippet) in result.stored.paper.abstract
        assert result.lexical + result.semantic == pytest.approx(1)
    assert [r.score for r in page.results] == sorted((r.score for r in page.results), reverse=True)


def test_among_is_exact_however_far_the_papers_are(shared: Library) -> None:
    among = ["t3m3", "t2m2", "bare", "t0m0"]
    assert set(keys(shared, "t0m0", "task", k=10, among=among)) == {"t3m3", "t2m2", "bare"}
    page = shared.similar(["t0m0"], aspect="task", among=[*among, "nobody"])
    assert page.total == 3
    assert page.notes == ("1 of the given ids are not in this library (nobody)",)
    assert keys(shared, "t0m0", "method", among=["t0m0"]) == []


def test_several_liked_and_disliked(shared: Library) -> None:
    page = shared.similar(["t0m0", "t0m1"], ["t2m2"], k=2, aspect="task")
    assert {r.stored.source_ids[0][1] for r in page.results} == {"t0m2", "t0m3"}
    assert page.query == "t0m0 t0m1 -t2m2"


def test_a_paper_without_an_abstract_is_compared_as_a_whole(shared: Library) -> None:
    page = shared.similar(["bare"], k=3, aspect="method")
    assert page.notes == ("without an abstract to read, papers are compared as wholes",)
    assert page.results
    found = shared.similar(["t0m1"], k=16, aspect="task").results
    [bare] = [r for r in found if not r.stored.paper.abstract]
    assert [r.kind for r in bare.reasons] == ["semantic"]
    assert bare.snippet == ()


def test_the_whole_alone_is_what_similar_does_without_an_aspect(shared: Library) -> None:
    snapshot, text = shared.snapshot(), f"Paper 0 0\n{abstract(TASKS[0], METHODS[0], RESULTS[0])}"
    liked = [(int(snapshot.rows_of([shared.resolve("t0m0")])[0]), text)]
    roles = read_sentence_roles()
    texts = titles_and_bodies(shared.catalogue, snapshot, np.array([row for row, _ in liked]))
    fusion = ConvexFusion(semantic=SIMILAR_SEMANTIC)
    query = aspects.AspectQuery.of(snapshot, roles, liked, (), texts, "task", snapshot.alive, fusion)
    near = aspects.likeness(query, titles_and_bodies(shared.catalogue, snapshot, query.candidates.rows))
    whole = aspects.blend_scores(near, Blend((1, 1, 1), title=1, aspect=0.0, semantic=0.5), 10).ranking
    plain = shared.similar(["t0m0"], k=10)
    assert snapshot.ids[whole.rows].tolist() == [r.stored.id for r in plain.results]
    np.testing.assert_allclose(whole.scores, [r.score for r in plain.results], rtol=1e-6)


def test_an_unknown_aspect_is_named(shared: Library) -> None:
    with pytest.raises(UsageError, match="no aspect 'venue'; papers can be similar in task, method, result"):
        shared.similar(["t0m0"], aspect="venue")


# The model's file ---------------------------------------------------------------------------------------------------


def test_the_shipped_model_is_small_and_sound() -> None:
    assert (FOLDER / ROLES_FILE).stat().st_size <= 300_000
    said = read_sentence_roles().explain([[s + "." for s in abstract(TASKS[0], METHODS[0], RESULTS[0]).split(". ")]])
    assert said.argmax(axis=1).tolist() == [0, 0, 1, 1, 2, 2]


def test_a_damaged_or_older_model_names_itself_and_the_fix(built: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(built, tmp_path / "library")
    own = folder / ROLES_FILE
    whole = bytearray((FOLDER / ROLES_FILE).read_bytes())
    held = artifacts.read((FOLDER / ROLES_FILE), method="sentence_roles", version=VERSION)

    def refused() -> str:
        with broadsheet.open(folder) as library, pytest.raises(CorruptFile) as caught:
            library.similar(["t0m0"], aspect="task")
        assert "broadsheet train roles --data FILE" in str(caught.value)
        assert str(own) in str(caught.value)
        assert "delete it" in str(caught.value)
        return str(caught.value)

    own.write_bytes(whole[: len(whole) // 2])
    assert "cut short" in refused()
    whole[-5] ^= 1
    own.write_bytes(whole)
    assert "checksum" in refused()
    own.write_text("no model", encoding="utf-8")
    assert "not a Broadsheet file" in refused()
    artifacts.write(own, held.arrays, method="sentence_roles", version=99, meta=held.meta)
    assert "v99" in refused()
    artifacts.write(own, held.arrays, method="sentence_roles", version=VERSION, meta={"roles": ["title"]})
    assert "title" in refused()
    with broadsheet.open(folder) as library:  # what needs no aspect needs no model
        assert library.similar(["t0m0"]).results
    own.unlink()
    with broadsheet.open(folder) as library:
        assert library.similar(["t0m0"], aspect="task").results


# Training -----------------------------------------------------------------------------------------------------------


def write_marked(path: Path, n: int = 60) -> Path:
    """Marked abstracts of the invented papers, in the columns of the training file."""
    with path.open("w", encoding="utf-8", newline="") as handle:
        out = csv.writer(handle)
        out.writerow(role_model.COLUMNS)
        for i in range(n):
            text = abstract(TASKS[i % 4], METHODS[i // 4 % 4], f"{RESULTS[i % 4]} {i}")
            parts = text.split(". ")
            for label, at in (("problem", 0), ("idea", 2), ("result", 5)):
                start = text.index(parts[at])
                out.writerow([f"2001.{i:05d}", text, start + 4, start + len(parts[at]) - 3, label])
    return path


def test_training_writes_a_model_that_the_library_uses(built: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(built, tmp_path / "library")
    found, messages = role_model.train(write_marked(tmp_path / "marked.csv"), folder / ROLES_FILE)
    assert messages == ()
    assert found.macro_f1 == pytest.approx(1.0)
    assert set(found.f1) == {"task", "method", "result"}
    once = (folder / ROLES_FILE).read_bytes()
    role_model.train(tmp_path / "marked.csv", folder / ROLES_FILE)
    assert (folder / ROLES_FILE).read_bytes() == once
    with broadsheet.open(folder) as library:
        assert set(keys(library, "t0m0", "task")) == {"t0m1", "t0m2", "t0m3"}


def test_the_papers_that_are_tested_are_not_learned_from(tmp_path: Path) -> None:
    papers, _ = role_model.read_marked_abstracts(write_marked(tmp_path / "marked.csv"))
    folds = np.bincount([p.fold for p in papers], minlength=role_model.FOLDS)
    assert len(papers) == folds.sum() == 60
    assert (folds > 0).all()
    [first] = [p for p in papers if p.name == "2001.00000"]
    assert [tuple(np.flatnonzero(row)) for row in first.marks] == [(0,), (), (1,), (), (), (2,)]
    assert first.allowed.sum(axis=1).tolist() == [1, 3, 1, 3, 3, 1]


def test_lines_that_cannot_be_used_are_named_and_left_out(tmp_path: Path) -> None:
    path = write_marked(tmp_path / "marked.csv")
    with path.open("a", encoding="utf-8") as handle:
        handle.write('9999.1,"One. Two.",0,4,venue\n9999.1,"One. Two.",2,90,task\n9999.1,"One. Two.",x,9,task\n')
        handle.write('9999.1,"Other.",0,4,task\n9999.1,"One. Two.",0,4,task\n')
    papers, messages = role_model.read_marked_abstracts(path)
    assert len(papers) == 61
    assert len(messages) == 4
    assert "label 'venue' is none of task, problem, idea, result" in messages[0]
    assert "characters 2 to 90 are not inside the abstract, which has 9" in messages[1]
    assert str(path) in messages[2]
    assert "another abstract of 9999.1" in messages[3]


def test_files_that_are_no_training_data(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"absent\.csv"):
        role_model.read_marked_abstracts(tmp_path / "absent.csv")
    (tmp_path / "other.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    with pytest.raises(SourceError, match=r"other\.csv:1: no column 'arxiv_id'"):
        role_model.read_marked_abstracts(tmp_path / "other.csv")
    (tmp_path / "bytes.csv").write_bytes(b"arxiv_id,abstract,start_idx,end_idx,label\n\xff\xfe,x,0,1,task\n")
    with pytest.raises(SourceError, match="UTF-8"):
        role_model.read_marked_abstracts(tmp_path / "bytes.csv")
    with pytest.raises(SourceError, match="too few"):
        role_model.train(write_marked(tmp_path / "few.csv", 1), tmp_path / "x.bin")
    assert not (tmp_path / "x.bin").exists()
