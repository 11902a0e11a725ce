"""Training an encoder: the same seed gives the same file, tuning is kept only when better, and can be undone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

import broadsheet
from broadsheet.catalogue import Catalogue
from broadsheet.encoders.static import StaticEncoder
from broadsheet.kit import artifacts
from broadsheet.kit.errors import CorruptFile, LibraryError, UsageError
from broadsheet.kit.text import stem, term
from broadsheet.pipeline import pretrained
from broadsheet.pipeline.library import Library
from broadsheet.pipeline.training import word_encoder
from broadsheet.pipeline.training.word_encoder import Curve, Paper, from_library, learn, train
from tests.pipeline import world


def papers(count: int = 40) -> Iterator[Paper]:
    """Papers of the invented world, cut into sentences."""
    for n in range(count):
        for topic in world.TOPICS:
            made = world.paper(topic, n)
            half = len(made.abstract) // 2
            yield Paper(
                made.title,
                f"{made.abstract[:half]}. A{made.abstract[half:]}",
                topic.subjects[n % 6],
                f"{topic.name}-{n}",
            )


def known(encoder: StaticEncoder, word: str) -> bool:
    return term(stem(word)) in encoder.vocabulary_.tolist()


def test_the_same_seed_gives_the_same_file_and_another_seed_another(tmp_path: Path) -> None:
    one, two, other = (tmp_path / f"{n}.bin" for n in ("one", "two", "other"))
    curves = [
        train(papers(), out, words="random", epochs=3, seed=seed) for out, seed in ((one, 0), (two, 0), (other, 1))
    ]
    assert one.read_bytes() == two.read_bytes() != other.read_bytes()
    assert artifacts.fingerprint(one) == artifacts.fingerprint(two) != artifacts.fingerprint(other)
    assert (curves[0].papers, curves[0].held_out, len(curves[0].losses)) == (160, 9, 3)
    assert curves[0].data == curves[2].data
    held = artifacts.read(one, method="static", version=pretrained.VERSION).meta["curve"]
    assert held == {
        **{k: v for k, v in curves[0].to_json().items() if k != "seconds"},
        "losses": list(curves[0].losses),
    }
    encoder = pretrained.read_encoder(one)
    assert len(encoder.vocabulary_) == curves[0].words
    assert known(encoder, "pendulum")
    assert not known(encoder, "the")


def two_tongues(count: int = 400) -> Iterator[Paper]:
    """Titles say in words of one language what abstracts say in those of another."""
    draw = np.random.default_rng(0)
    for n in range(count):
        told = draw.choice(60, 5, replace=False).tolist()
        said, again = (" ".join(f"{s}ra{t}" for t in told) for s in ("lo", "mi"))
        yield Paper(said, f"We {again}. They {again}.", id=str(n))


def test_training_finds_held_out_titles_that_share_no_word_with_the_abstract() -> None:
    encoder, curve = learn(two_tongues(), words="random", epochs=10, hard_epochs=2)
    assert curve.before < 0.3
    assert curve.after > curve.before + 0.3
    assert curve.losses[7] < curve.losses[0]
    x = encoder.encode(["lora7", "mira7", "mira8"])
    assert x[0] @ x[1] > x[0] @ x[2] + 0.3


def test_papers_named_are_left_out(tmp_path: Path) -> None:
    without = frozenset(f"bees-{n}" for n in range(40))
    curve = train(papers(), tmp_path / "e.bin", without=without, words="random", epochs=1)
    assert curve.papers == 120
    assert not known(pretrained.read_encoder(tmp_path / "e.bin"), "honeycomb")


def test_too_little_is_refused_and_so_is_a_place_that_is_none(tmp_path: Path) -> None:
    for few in (0, 1, 2, 19):
        with pytest.raises(UsageError, match=f"too little to learn from: {few} papers .*, wanted 20"):
            learn(list(papers())[:few], words="random")
    with pytest.raises(UsageError, match="too little to learn from: 0 papers"):
        learn([Paper("A title", "")] * 50, words="random")
    apart = [Paper(f"x{n}", f"y{n} z{n}") for n in range(30)]
    with pytest.raises(UsageError, match="no word stands in two papers"):
        learn(apart, words="random")
    with pytest.raises(UsageError, match="there is no folder"):
        train(papers(), tmp_path / "absent" / "e.bin", words="random", epochs=1)
    (tmp_path / "e.bin").mkdir()
    with pytest.raises(LibraryError, match=r"e\.bin: .*--out"):
        train(list(papers())[:24], tmp_path / "e.bin", words="random", epochs=1)
    assert not list(tmp_path.glob(".*.part"))
    assert learn(list(papers())[:20], words="random", epochs=2, hard_epochs=2)[1].papers == 20


def test_without_the_transformer_random_vectors_are_offered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pretrained, "read_transformer", lambda: None)
    with pytest.raises(UsageError, match=r"the transformer cannot be read: .*, or start from random vectors"):
        learn(papers(), epochs=1)


def test_a_base_keeps_its_words_and_learns_new_ones() -> None:
    base = pretrained.read_encoder(pretrained.ENCODER)
    odd = [Paper(f"Zzyzxal {p.title}", p.abstract) for p in papers()]
    assert not known(base, "zzyzxal")
    tuned, _ = learn(odd, base=base, epochs=1, hard_epochs=0)
    assert known(tuned, "zzyzxal")
    assert set(base.vocabulary_.tolist()) <= set(tuned.vocabulary_.tolist())
    word = "reinforcement"  # of no paper here
    np.testing.assert_allclose(tuned.encode([word]), base.encode([word]), atol=1e-6)
    assert np.abs(tuned.encode(["pendulum sourdough"]) - base.encode(["pendulum sourdough"])).max() > 1e-3


# Tuning a library --------------------------------------------------------------------------------------------------


@pytest.fixture
def _few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(word_encoder, "FEWEST", 100)
    monkeypatch.setattr(word_encoder, "TUNING_EPOCHS", 2)


def judged(monkeypatch: pytest.MonkeyPatch, before: float, after: float) -> None:
    """Let training end with these figures on held-out papers."""
    real = word_encoder.learn

    def learned(*args: object, **given: object) -> tuple[StaticEncoder, Curve]:
        encoder, curve = real(*args, **given)  # type: ignore[arg-type]
        return encoder, Curve(**{**curve.to_json(), "before": before, "after": after})

    monkeypatch.setattr(word_encoder, "learn", learned)


def vectors_agree(library: Library) -> None:
    """Every vector of the view is one that its own encoder makes of the text."""
    snapshot = library.snapshot()
    held = {d.id: d for batch in library.catalogue.papers.documents() for d in batch}
    rows = snapshot.alive.rows()
    texts = [
        "\n".join((held[i].title, held[i].abstract, held[i].summary, held[i].keywords))
        for i in snapshot.ids[rows].tolist()
    ]
    cosines = (snapshot.encoder.encode(texts) * snapshot.dense.vectors(rows)).sum(axis=1)
    assert cosines.min() > 0.99


@pytest.mark.usefixtures("_few")
def test_tuning_indexes_anew_and_never_mixes_vectors(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    judged(monkeypatch, 0.5, 0.6)
    before = library.snapshot()
    assert not before.manifest.tuned
    assert "as shipped" in before.encoder_name
    found = library.adapt_encoder()
    assert (found.kept, found.curve.after) == (True, 0.6)
    after = library.snapshot()
    assert after.manifest.tuned
    assert "tuned on this library" in after.encoder_name
    assert after.manifest.encoder != before.manifest.encoder
    assert not set(after.manifest.segments) & set(before.manifest.segments)
    vectors_agree(library)
    library.add(world.record(world.BEES, 30), world.record(world.SHIPS, 3, "Now revised."))
    assert library.snapshot().manifest.encoder == after.manifest.encoder
    assert len(library.snapshot().segments) == 2
    vectors_agree(library)
    assert library.check().ok
    assert world.keys(library.search(world.paper(world.BREAD, 4).title, 1)) == ["bread-4"]
    with broadsheet.open(library.path) as again:
        assert again.snapshot().manifest.tuned
    assert library.restore_encoder()
    assert not library.snapshot().manifest.tuned
    assert library.snapshot().manifest.encoder == before.manifest.encoder
    vectors_agree(library)
    assert not library.restore_encoder()
    assert not (library.path / pretrained.TUNED).exists()


@pytest.mark.usefixtures("_few")
@pytest.mark.parametrize("after", [0.5, 0.4])
def test_what_is_no_better_is_thrown_away(library: Library, monkeypatch: pytest.MonkeyPatch, after: float) -> None:
    judged(monkeypatch, 0.5, after)
    before = library.snapshot().manifest
    assert not library.adapt_encoder().kept
    assert not (library.path / pretrained.TUNED).exists()
    assert library.snapshot().manifest == before


@pytest.mark.usefixtures("_few")
def test_tuning_twice_with_one_seed_gives_one_file(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    judged(monkeypatch, 0.5, 0.6)
    library.adapt_encoder(seed=3)
    first, snapshot = (library.path / pretrained.TUNED).read_bytes(), library.snapshot().manifest
    library.adapt_encoder(seed=3)
    assert (library.path / pretrained.TUNED).read_bytes() == first
    assert library.snapshot().manifest == snapshot
    library.adapt_encoder(seed=4)
    assert library.snapshot().manifest.encoder != snapshot.encoder
    vectors_agree(library)


def test_tuning_needs_papers_and_a_library_that_can_be_written(library: Library) -> None:
    with pytest.raises(UsageError, match="tuning needs 1,000 papers, and here are 120"):
        library.adapt_encoder()
    with (
        broadsheet.open(library.path, read_only=True) as reading,
        pytest.raises(LibraryError, match="reading only"),
    ):
        reading.adapt_encoder()
    with (
        broadsheet.open(library.path, read_only=True) as reading,
        pytest.raises(LibraryError, match="reading only"),
    ):
        reading.restore_encoder()


def test_a_damaged_encoder_of_the_library_is_named_with_the_fix(library: Library) -> None:
    library.snapshot()
    (library.path / pretrained.TUNED).write_text("no model")
    fix = r"encoder\.bin: damaged .*delete it, or run `broadsheet --library .* train library`"
    with broadsheet.open(library.path) as again:
        with pytest.raises(CorruptFile, match=fix):
            again.search("pendulum")
        report = again.check()
        assert not report.ok
        assert any("encoder.bin" in problem for problem in report.problems)
        assert again.restore_encoder()
        assert again.search("pendulum").results


def test_an_encoder_that_came_with_an_update_is_taken_up(
    library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A view made with another shipped encoder is built anew when the library is opened."""
    before = library.snapshot().manifest
    cut = pretrained.read_encoder(pretrained.ENCODER).truncate(64)
    artifacts.write(tmp_path / "next.bin", cut.to_arrays(), method="static", version=pretrained.VERSION)
    monkeypatch.setattr(pretrained, "ENCODER", tmp_path / "next.bin")
    with broadsheet.open(library.path) as again:
        snapshot = again.snapshot()
        assert (snapshot.encoder.dimensions, snapshot.manifest.tuned) == (64, False)
        assert snapshot.manifest.encoder != before.encoder
        vectors_agree(again)


def test_the_papers_of_a_library_are_read_with_their_words(library: Library) -> None:
    found = {p.title: p for p in from_library(library.catalogue)}
    made = world.paper(world.CLOCKS, 5)
    assert len(found) == 120
    assert found[made.title].abstract == made.abstract
    assert isinstance(library.catalogue, Catalogue)
