"""Every build of the kernels gives the same bits; arrays they cannot take are refused; a missing library is told."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from broadsheet.encoders._contrastive import TextBags
from broadsheet.encoders.static import StaticEncoder
from broadsheet.encoders.transformer import Transformer
from broadsheet.explanation.sentence_roles import features, forward_backward
from broadsheet.indexes.inverted import Inverted, PostingBlock, SparseQuery
from broadsheet.indexes.positions import PositionBlock, Positions
from broadsheet.kit import native
from broadsheet.kit.bag_of_words import bag
from broadsheet.kit.hash_table import HashTable, compact
from broadsheet.kit.mask import Mask
from broadsheet.kit.native import kernel
from broadsheet.kit.select import top_k_masked
from broadsheet.kit.text import Tokens, tokenize
from broadsheet.kit.transformer import Network, TokenRows, project
from broadsheet.kit.unit import unit_rows
from broadsheet.pipeline.atlas.layout import place
from broadsheet.pipeline.atlas.neighbours import neighbours as neighbours_of
from broadsheet.pipeline.search.snippets import window
from broadsheet.ranking.term_dependence import dependence, neighbours
from tests.small_transformer import META, PIECES, arrays

Outcome = list[Any]  # arrays and numbers


def texts(rng: np.random.Generator, n: int = 60) -> list[str]:
    words = np.array([f"w{i}" for i in range(200)])
    return [" ".join(rng.choice(words, rng.integers(0, 60))) for _ in range(n)]


def lexical(rng: np.random.Generator) -> Outcome:
    tokens = tokenize(texts(rng))
    weights = rng.random(len(tokens.terms)).astype(np.float32)
    bags = bag(tokens, weights=weights, skip=np.unique(tokens.terms)[:20])
    block = PostingBlock.of(bags.terms, bags.indptr, bags.columns, bags.counts)
    query = SparseQuery(bags.terms[::3], rng.random(len(bags.terms[::3])).astype(np.float32))
    scores = Inverted([block]).scores(query)
    hits = top_k_masked(scores, 11, Mask.of(rng.random(len(scores)) < 0.7), floor=0.1)
    return [tokens.terms, bags.columns, bags.counts, block.postings, block.impacts, scores, hits.ids, hits.scores]


def ordered(rng: np.random.Generator) -> Outcome:
    tokens = tokenize(texts(rng))
    positions = Positions([PositionBlock.of(tokens, 2)])
    rows = np.sort(rng.choice(30, 12, replace=False))
    terms, bounds = positions.read(rows)
    phrase = tokens.terms[tokens.bounds[0] : tokens.bounds[0] + 2]
    asked = np.unique(terms)[:9]
    inside = HashTable(asked).find(terms)
    held = dependence(inside, bounds, 2, rng.random(9).astype(np.float32), neighbours(np.arange(9, dtype=np.int32), 9))
    kept = HashTable(asked, skip=np.unique(terms)[20:30]).filter_known(terms, bounds)
    found = positions.matches(phrase, [0, 1], rng.random(30) < 0.8)
    starts = np.arange(0, 1000, 2)
    return [
        terms,
        bounds,
        inside,
        held,
        *kept,
        *compact(inside, 9),
        found,
        *window("w " * 500, starts, starts + 1, rng.integers(-1, 5, 500), 30),
    ]


def learned(rng: np.random.Generator) -> Outcome:
    tokens = tokenize(texts(rng))
    vocabulary = np.unique(tokens.terms)[::2]
    encoder = StaticEncoder.of(vocabulary, rng.standard_normal((len(vocabulary), 83)).astype(np.float32))
    weights = encoder.weights(np.arange(len(vocabulary)))
    bags = bag(Tokens(np.repeat(vocabulary, 3), np.arange(0, 3 * len(vocabulary) + 1, 3)))
    sums = TextBags(bags.indptr, bags.columns.astype(np.int64), bags.counts).sums(weights)
    roles = features([[text, text[:40]] for text in texts(rng, 9)], 1 << 10)
    scores, marginals, steps = rng.standard_normal((18, 3)), np.empty((18, 3)), np.empty((3, 3))
    total = forward_backward(
        scores, roles.bounds, rng.standard_normal((3, 3)), np.ones((18, 3), np.bool_), marginals, steps
    )
    sums_of_bytes = kernel("artifacts_crc32")(np.frombuffer(weights.tobytes(), np.uint8), weights.nbytes)
    return [
        sums_of_bytes,
        encoder.encode_tokens(tokens),
        weights,
        sums,
        roles.columns,
        roles.indptr,
        total,
        marginals,
        steps,
    ]


def trained(rng: np.random.Generator) -> Outcome:
    weights, gradient = rng.standard_normal((2, 31, 37)).astype(np.float32)
    mean, square, touched = np.zeros_like(weights), np.zeros_like(weights), np.zeros(31, np.bool_)
    indptr, rows, values = np.arange(0, 41, 10), rng.integers(0, 31, 40), rng.random(40).astype(np.float32)
    kernel("contrastive_scatter")(indptr, 4, rows, values, gradient[:4].copy(), 37, gradient, touched)
    for _ in range(3):
        touched[::2] = True
        kernel("contrastive_adam")(weights, gradient, mean, square, touched, *weights.shape, 0.01)
    return [weights, gradient, mean, square, touched]


def encoded(rng: np.random.Generator) -> Outcome:
    wide = Network(arrays(width=64, inner=192), META)  # wide enough for tiles, where there are any
    network = Network(arrays(), META)
    rows = TokenRows.of([rng.integers(0, len(PIECES), n).tolist() for n in (1, 7, 16, 29, 48)])
    means = network.pooled(rows)
    return [
        means,
        network.pooled(rows, first=True),
        project(means, means),
        wide.pooled(rows),
        Transformer(arrays(), META).encode(["rye bread"]),
    ]


def laid_out(rng: np.random.Generator) -> Outcome:
    vectors = unit_rows(rng.standard_normal((200, 24)).astype(np.float32))
    near, scores = neighbours_of(vectors, np.arange(200), 6)
    map_ = np.ascontiguousarray(rng.standard_normal((200, 2)).astype(np.float32))
    new = rng.random(200) < 0.2
    return [place(map_, new, near[new], scores[new])]


WORK: dict[str, Callable[[np.random.Generator], Outcome]] = {
    work.__name__: work for work in (lexical, ordered, learned, trained, encoded, laid_out)
}


def digests() -> dict[str, str]:
    """What each piece of work gives, bit by bit."""
    found = {}
    for name, work in WORK.items():
        told = hashlib.sha256()
        for outcome in work(np.random.default_rng(7)):
            told.update(np.ascontiguousarray(outcome).tobytes())
        found[name] = told.hexdigest()
    return found


@pytest.mark.parametrize("build", native.builds())
def test_every_build_gives_the_same_bits(build: str) -> None:
    code = "import json; from tests.kit.test_native import digests; print(json.dumps(digests()))"
    done = subprocess.run(
        [sys.executable, "-c", code],
        check=True,
        capture_output=True,
        text=True,
        timeout=120,
        cwd=Path(__file__).parents[2],
        env={**os.environ, "BROADSHEET_KERNELS": build},
    )
    assert json.loads(done.stdout) == digests()


@pytest.mark.parametrize("n", [0, 1, 63, 64, 65, 127, 128, 1000, 4096, 100_001])
def test_checksums_are_those_of_zlib(n: int) -> None:
    data = np.random.default_rng(n).integers(0, 256, n).astype(np.uint8)
    assert kernel("artifacts_crc32")(data, n) == zlib.crc32(data.tobytes())


def test_the_plainest_build_is_always_there() -> None:
    assert native.builds()[0] == "baseline"
    assert native.loaded() in native.builds()


def test_arrays_of_another_type_or_layout_are_refused() -> None:
    find = kernel("lookup_compacted")
    places, slots, used = np.array([1, 0, 1], np.int32), np.full(2, -1, np.int32), np.empty(2, np.int64)
    with pytest.raises(TypeError, match="argument 3 of lookup_compacted takes int64, not int32"):
        find(places, 3, slots, used.astype(np.int32))
    with pytest.raises(ValueError, match="contiguous"):
        find(np.repeat(places, 2)[::2], 3, slots, used)
    places.flags.writeable = False
    with pytest.raises((BufferError, ValueError), match=r"read-?only|writable"):
        find(places, 3, slots, used)
    places.flags.writeable = True
    assert find(places, 3, slots, used) == 2
    assert (places.tolist(), used.tolist()) == ([0, 1, 0], [1, 0])


def test_a_damaged_index_does_not_lead_outside_its_arrays() -> None:
    scores = np.zeros(3, np.float32)
    postings, impacts = np.array([0, 4_000_000_000, 2], np.uint32), np.array([1, 2, 3], np.uint8)
    indptr = np.array([-5, 1 << 50], np.int64)
    at, weight = np.zeros(1, np.int64), np.ones(1, np.float32)
    kernel("inverted_accumulate")(at, weight, 1, indptr, postings, impacts, 3, 1 << 60, scores, 3)
    assert scores.tolist() == [1, 0, 3]
    terms, bounds = np.arange(4, dtype=np.uint32), np.array([0, 1 << 40, -3], np.int64)
    out, ends = np.zeros(4, np.uint32), np.zeros(2, np.int64)
    kernel("positions_gather")(np.arange(2), 2, 1, terms, 4, bounds, out, 4, ends)
    assert (out.tolist(), ends.tolist()) == ([0, 1, 2, 3], [4, 4])
    found = np.zeros(2, np.bool_)
    phrase, columns = np.array([9], np.uint32), np.zeros(1, np.int64)
    kernel("positions_matches")(np.arange(2), 2, phrase, 1, columns, 1, 1, terms, 4, bounds, found)
    assert found.tolist() == [False, False]


def test_without_its_library_one_line_says_what_to_do(tmp_path: Path) -> None:
    code = (
        "import pathlib, broadsheet.kit.native as native\n"
        f"native._FOLDER = pathlib.Path({str(tmp_path)!r})\n"
        "try:\n    import broadsheet.kit.text\nexcept ImportError as error:\n    print(error)"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True, timeout=60)
    assert done.stdout.startswith("broadsheet's compiled kernels cannot be loaded (")
    assert done.stdout.endswith("install it again (`pip install .`), or in a checkout run `python native/build.py`\n")
    assert done.stdout.count("\n") == 1
