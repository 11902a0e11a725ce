"""The shipped models: they load, and a damaged, missing or foreign file is named together with what to do."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

import broadsheet
from broadsheet.kit import artifacts
from broadsheet.kit.errors import CorruptFile
from broadsheet.pipeline import pretrained
from broadsheet.pipeline.search.features import FEATURES, LEXICAL
from tests.pipeline import world


@pytest.fixture(autouse=True)
def _forgotten() -> Iterator[None]:
    pretrained.read_ranker.cache_clear()
    yield
    pretrained.read_ranker.cache_clear()


def test_what_ships_is_whole_and_knows_words() -> None:
    encoder = pretrained.read_encoder(pretrained.ENCODER)
    assert encoder.dimensions == 256
    assert 20_000 <= len(encoder.vocabulary_) <= 30_000
    asked, near, far = encoder.encode(["reinforcement learning", "policy gradient agents", "sourdough bread"])
    assert asked @ near > asked @ far + 0.1
    weights = pretrained.read_ranker(FEATURES).weights_
    assert weights.shape == (len(FEATURES),) == LEXICAL.shape
    assert (weights >= 0).all()
    assert weights[FEATURES.index("words")] > 0
    assert weights[FEATURES.index("meaning")] > 0
    assert pretrained.read_ranker(FEATURES) is pretrained.read_ranker(FEATURES)


def damaged(path: Path, how: str) -> Path:
    whole = pretrained.ENCODER.read_bytes() if "encoder" in path.name else pretrained.RANKER.read_bytes()
    if how == "cut":
        path.write_bytes(whole[: len(whole) - 5])
    elif how == "header":
        path.write_bytes(whole[:20] + b"?" + whole[21:])
    elif how == "bytes":
        path.write_bytes(whole[:-3] + bytes([whole[-3] ^ 255]) + whole[-2:])
    elif how == "empty":
        path.write_bytes(b"")
    elif how == "text":
        path.write_text("no model")
    return path


HOWS = ("cut", "header", "bytes", "empty", "text", "missing")


@pytest.mark.parametrize("how", HOWS)
def test_a_broken_file_names_itself_and_the_fix(how: str, tmp_path: Path) -> None:
    with pytest.raises(CorruptFile, match=r"encoder\.bin: .*; install broadsheet again"):
        pretrained.read_encoder(damaged(tmp_path / "encoder.bin", how))
    with pytest.raises(CorruptFile, match=r"encoder\.bin: .*; do this"):
        pretrained.read_encoder(damaged(tmp_path / "encoder.bin", how), fix="do this")
    with pytest.raises(CorruptFile, match=r"ranker\.bin: .*; install broadsheet again"):
        pretrained.read_ranker(FEATURES, damaged(tmp_path / "ranker.bin", how))


def test_a_file_of_another_version_or_of_something_else_is_refused(tmp_path: Path) -> None:
    arrays = pretrained.read_encoder(pretrained.ENCODER).to_arrays()
    later, other, partial = (tmp_path / f"{n}.bin" for n in ("later", "other", "partial"))
    artifacts.write(later, arrays, method="static", version=pretrained.VERSION + 1)
    artifacts.write(other, arrays, method="lsa", version=pretrained.VERSION)
    artifacts.write(partial, {"codes": arrays["codes"]}, method="static", version=pretrained.VERSION)
    with pytest.raises(CorruptFile, match=r"later\.bin: damaged \(holds static v2, wanted static v1\); install"):
        pretrained.read_encoder(later)
    with pytest.raises(CorruptFile, match=r"other\.bin: .*holds lsa v1"):
        pretrained.read_encoder(other)
    with pytest.raises(CorruptFile, match=r"partial\.bin: no usable StaticEncoder \(no scales, vocabulary\); install"):
        pretrained.read_encoder(partial)
    wrong = tmp_path / "wrong.bin"
    artifacts.write(wrong, {"weights": np.array([1.0, -1.0])}, method="listnet", version=pretrained.VERSION)
    with pytest.raises(CorruptFile, match=r"wrong\.bin: no usable weights \(.*at least 0\); install broadsheet again"):
        pretrained.read_ranker(FEATURES, wrong)
    artifacts.write(wrong, {"w": np.array([1.0])}, method="listnet", version=pretrained.VERSION)
    with pytest.raises(CorruptFile, match=r"wrong\.bin: no usable weights"):
        pretrained.read_ranker(FEATURES, wrong)


def test_which_encoder_a_library_wants_and_what_helps(tmp_path: Path) -> None:
    assert pretrained.current_encoder(tmp_path) == pretrained.ENCODER
    own = tmp_path / pretrained.TUNED
    own.touch()
    assert pretrained.current_encoder(tmp_path) == own
    assert pretrained.fix_of(pretrained.ENCODER) == pretrained.REINSTALL
    assert f"broadsheet --library {tmp_path} train library" in pretrained.fix_of(own)


@pytest.mark.parametrize("how", HOWS)
def test_a_library_without_a_usable_shipped_encoder_says_so(
    how: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pretrained, "ENCODER", damaged(tmp_path / "encoder.bin", how))
    with (
        broadsheet.open(tmp_path / "library") as library,
        pytest.raises(CorruptFile, match=r"encoder\.bin: .*; install broadsheet again"),
    ):
        library.add(world.record(world.BEES, 0))
