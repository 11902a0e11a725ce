"""The transformer: unit vectors of texts, the same from a file, and a clear word about a file that is no model."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from broadsheet.encoders.contract import Encoder, NamedEncoder
from broadsheet.encoders.transformer import Transformer
from broadsheet.kit import artifacts
from broadsheet.kit.errors import CorruptFile
from tests import small_transformer
from tests.contract.examples import Example
from tests.small_transformer import META, PIECES, arrays

TEXTS = ["Rye breads, a ship.", "the oven", "", "zzz qqq", "bread " * 90, "船 of the an"]


def made() -> Transformer:
    return Transformer(arrays(), META)


def written(path: Path, *, meta: dict[str, Any] | None = None, method: str = "transformer", version: int = 1) -> Path:
    artifacts.write(path, arrays(), method=method, version=version, meta=META | (meta or {}))
    return path


def test_a_vector_is_the_mean_state_at_unit_length() -> None:
    ids = [PIECES.index(piece) for piece in ("[CLS]", "rye", "bread", "##s", ",", "a", "ship", ".", "[SEP]")]
    mean = small_transformer.pooled(arrays(), META, [ids])[0]
    found = made().encode(["Rye breads, a ship."])
    np.testing.assert_allclose(found[0], mean / np.linalg.norm(mean), atol=0.01)


def test_unknown_texts_are_zeros_and_long_ones_are_cut() -> None:
    encoder = made()
    vectors = encoder.encode(TEXTS)
    assert [bool(v.any()) for v in vectors] == [True, True, False, False, True, True]
    np.testing.assert_allclose(np.linalg.norm(vectors[[0, 1, 4, 5]], axis=1), 1, atol=1e-6)
    np.testing.assert_array_equal(vectors[4], encoder.encode(["bread " * 38])[0])
    np.testing.assert_array_equal(encoder.encode(TEXTS, max_tokens=4)[4], encoder.encode(["bread bread"])[0])
    np.testing.assert_array_equal(encoder.encode(TEXTS, max_tokens=10_000), vectors)


def test_a_projection_is_the_last_step() -> None:
    projection = np.random.default_rng(0).standard_normal((8, 32)).astype(np.float32)
    encoder = Transformer(arrays() | {"projection": projection}, META | {"dimensions": 8})
    expected = made().encode(TEXTS) @ projection.T
    lengths = np.linalg.norm(expected, axis=1, keepdims=True)
    np.testing.assert_allclose(encoder.encode(TEXTS), expected / np.where(lengths > 0, lengths, 1), atol=1e-6)


@pytest.mark.parametrize(
    "text",
    ["\x00\x1b\ufffd", "\ud800", "🚢 $\\alpha$", "bread\x00s", "a" * 1_000_000, "rye " * 250_000, "\u0301" * 1000],
)
def test_any_text_has_a_vector(text: str) -> None:
    vector = made().encode([text, "rye"])
    assert np.isfinite(vector).all()
    np.testing.assert_array_equal(vector[1], made().encode(["rye"])[0])


def test_several_threads_use_one_encoder() -> None:
    encoder, start = made(), threading.Barrier(4)
    expected = encoder.encode(TEXTS * 50)

    def run(_: int) -> np.ndarray:
        start.wait(timeout=60)
        return encoder.encode(TEXTS * 50)

    with ThreadPoolExecutor(4) as pool:
        for found in pool.map(run, range(4)):
            np.testing.assert_array_equal(found, expected)
    np.testing.assert_array_equal(encoder.encode(TEXTS * 50, threads=2), expected)


def test_a_file_gives_the_same(tmp_path: Path) -> None:
    encoder = Transformer.load(written(tmp_path / "transformer.bin"))
    assert (encoder.name, encoder.dimensions, encoder.max_tokens) == ("small-1", 32, 40)
    np.testing.assert_array_equal(encoder.encode(TEXTS), made().encode(TEXTS))


def test_a_file_that_is_no_model_is_named_with_the_fix(tmp_path: Path) -> None:
    path = tmp_path / "transformer.bin"
    with pytest.raises(CorruptFile, match=r"transformer\.bin: the file is missing; install broadsheet again"):
        Transformer.load(path, fix="install broadsheet again")
    whole = written(path).read_bytes()
    for cut in (0, 5, 100, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:cut])
        with pytest.raises(CorruptFile, match=r"transformer\.bin: damaged"):
            Transformer.load(path)
    with pytest.raises(CorruptFile, match="holds transformer v2, wanted transformer v1"):
        Transformer.load(written(path, version=2))
    with pytest.raises(CorruptFile, match="holds reader v1"):
        Transformer.load(written(path, method="reader"))


@pytest.mark.parametrize(
    ("meta", "says"),
    [
        ({"name": "../x"}, "wanted a plain name"),
        ({"pooling": "max"}, "pooling 'max'"),
        ({"max_tokens": 49}, r"max_tokens must lie in 3\.\.48"),
        ({"max_tokens": 2}, "max_tokens"),
        ({"max_tokens": "many"}, "no usable Transformer"),
        ({"dimensions": 31}, "without a projection"),
        ({"layers": 3}, "no layer2"),
        ({"heads": None}, "no usable Transformer"),
    ],
)
def test_a_description_that_does_not_fit_is_told(tmp_path: Path, meta: dict[str, Any], says: str) -> None:
    with pytest.raises(CorruptFile, match=says):
        Transformer.load(written(tmp_path / "transformer.bin", meta=meta))


def test_a_vocabulary_of_another_size_is_told() -> None:
    with pytest.raises(ValueError, match="23 pieces, 24 embeddings"):
        Transformer(arrays() | {"vocabulary": np.frombuffer("\n".join(PIECES[:-1]).encode(), np.uint8)}, META)


EXAMPLES = {
    "two layers": Example(make=made, answer=lambda method: method.encode(TEXTS), keeps=(Encoder, NamedEncoder)),
    "in two dimensions": Example(
        make=lambda projection: Transformer(arrays() | {"projection": projection}, META | {"dimensions": 2}),
        answer=lambda method, _: method.encode(TEXTS),
        inputs=(np.ones((2, 32), np.float32) * np.array([[1], [-1]], np.float32),),
        keeps=(Encoder, NamedEncoder),
    ),
}
