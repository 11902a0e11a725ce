"""The cross-encoder: scores of pairs are those of numpy, pairs do not see each other, and what is no model is told."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from broadsheet.kit import artifacts
from broadsheet.kit.errors import CorruptFile
from broadsheet.ranking.contract import Reader
from broadsheet.ranking.cross_encoder import CrossEncoder
from tests import small_transformer
from tests.contract.examples import Example
from tests.small_transformer import PIECES, arrays

META = small_transformer.META | {"name": "reader-1", "max_tokens": 64, "pooling": "first"}
TEXTS = ["rye bread, an oven.", "the sails of a ship", "", "zzz 船", "bread " * 90, "\x00\ud800\ufffd"]
BODY = ("vocabulary", "embeddings", "embedding_scales", "positions", "embedding_norm")


def model() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(9)
    long = {"positions": rng.standard_normal((64, 32)).astype(np.float32) / 10}
    head = {"head": rng.standard_normal((1, 32)).astype(np.float32), "head.bias": np.array([0.5], np.float32)}
    return arrays(2) | long | head | {"segments": rng.standard_normal((2, 32)).astype(np.float32)}


def made(**meta: Any) -> CrossEncoder:
    return CrossEncoder(model(), META | meta)


@pytest.mark.parametrize("pooling", ["first", "mean"])
def test_a_score_is_what_the_head_says_of_the_states(pooling: str) -> None:
    ids = [PIECES.index(piece) for piece in ("[CLS]", "rye", "[SEP]", "a", "ship", "##s", "[SEP]")]
    states = small_transformer.states(model(), META, ids, [0, 0, 0, 1, 1, 1, 1])
    expected = (states[0] if pooling == "first" else states.mean(axis=0)) @ model()["head"][0] + 0.5
    assert made(pooling=pooling).scores("rye", ["A ships"])[0] == pytest.approx(expected, abs=0.1)


def test_a_text_says_the_same_in_any_company() -> None:
    reader = made()
    scores = reader.scores("rye bread", TEXTS)
    assert (scores.shape, scores.dtype) == ((6,), np.float32)
    assert np.isfinite(scores).all()
    assert [float(reader.scores("rye bread", [text])[0]) for text in TEXTS] == scores.tolist()
    assert len(reader.scores("rye bread", [])) == 0
    with ThreadPoolExecutor(4) as pool:
        for found in pool.map(lambda _: reader.scores("rye bread", TEXTS), range(20)):
            np.testing.assert_array_equal(found, scores)


def test_long_queries_and_texts_are_cut() -> None:
    reader = made()
    np.testing.assert_array_equal(reader.scores("ship " * 10_000, TEXTS), reader.scores("ship " * 48, TEXTS))
    cut = reader.scores("ship", ["rye " * 60])
    np.testing.assert_array_equal(reader.scores("ship", ["rye " * 61, "rye " * 99]), np.repeat(cut, 2))


def written(folder: Path, left_out: tuple[str, ...] = (), **meta: Any) -> Path:
    path = folder / "reader.bin"
    kept = {name: array for name, array in model().items() if name not in left_out}
    artifacts.write(path, kept, method="reader", version=1, meta=META | meta)
    return path


def test_a_file_gives_the_same_with_its_own_embeddings_or_shared_ones(tmp_path: Path) -> None:
    expected = made().scores("rye bread", TEXTS)
    np.testing.assert_array_equal(CrossEncoder.load(written(tmp_path)).scores("rye bread", TEXTS), expected)
    artifacts.write(
        tmp_path / "transformer.bin", model(), method="transformer", version=1, meta=META | {"name": "small-1"}
    )
    shared = {"embeddings_of": "transformer.bin", "embeddings_name": "small-1"}
    reader = CrossEncoder.load(written(tmp_path, BODY, **shared))
    np.testing.assert_array_equal(reader.scores("rye bread", TEXTS), expected)
    with pytest.raises(CorruptFile, match=r"transformer\.bin is small-1, wanted small-2"):
        CrossEncoder.load(written(tmp_path, BODY, **shared | {"embeddings_name": "small-2"}))
    with pytest.raises(CorruptFile, match="is no file beside it"):
        CrossEncoder.load(written(tmp_path, BODY, **shared | {"embeddings_of": "../transformer.bin"}))
    (tmp_path / "transformer.bin").unlink()
    with pytest.raises(CorruptFile, match=r"transformer\.bin: the file is missing; install broadsheet again"):
        CrossEncoder.load(written(tmp_path, BODY, **shared))


@pytest.mark.parametrize(
    ("left_out", "meta", "says"),
    [
        (("head",), {}, "no head"),
        (("head.bias",), {}, r"no head\.bias"),
        (("vocabulary",), {}, "no usable CrossEncoder"),
        (("layer1.norm2",), {}, r"no layer1\.norm2"),
        ((), {"pooling": "max"}, "wanted 'first' or 'mean'"),
        ((), {"max_tokens": 65}, r"max_tokens must lie in 52\.\.64"),
        ((), {"max_tokens": 51}, "max_tokens"),
    ],
)
def test_a_file_that_is_no_reader_is_named(tmp_path: Path, left_out: tuple[str, ...], meta: Any, says: str) -> None:
    with pytest.raises(CorruptFile, match=says):
        CrossEncoder.load(written(tmp_path, left_out, **meta))


def test_a_file_that_is_missing_cut_or_of_another_version_is_named(tmp_path: Path) -> None:
    with pytest.raises(CorruptFile, match=r"reader\.bin: the file is missing"):
        CrossEncoder.load(tmp_path / "reader.bin")
    path = written(tmp_path)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 3])
    with pytest.raises(CorruptFile, match=r"reader\.bin: damaged"):
        CrossEncoder.load(path)
    artifacts.write(path, model(), method="reader", version=2, meta=META)
    with pytest.raises(CorruptFile, match="holds reader v2, wanted reader v1"):
        CrossEncoder.load(path)


EXAMPLES = {
    "two layers": Example(make=made, answer=lambda method: method.scores("rye bread", TEXTS), keeps=(Reader,)),
}
