"""Every build of the indexes' and late interaction's kernels gives the same bits, whatever the widths and sizes."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys

import numpy as np

from broadsheet.indexes._codes import best_rows, longest, planes_for, quantise_query
from broadsheet.indexes._fine import best_fine, refine
from broadsheet.indexes._keys import decode_keys
from broadsheet.indexes._rotation import rotate, rotate_back
from broadsheet.indexes._vamana import build_graph
from broadsheet.indexes.ivf import Ivf, IvfBlock
from broadsheet.indexes.scan import CodeBlock, Scan
from broadsheet.indexes.vamana import VamanaBlock
from broadsheet.kit import native
from broadsheet.kit.mask import Mask
from broadsheet.kit.signs import (
    estimate,
    estimate_rows,
    exclude,
    mask_rows,
    missed_rows,
    rows_at_least,
    rows_up_to,
    short_list,
)
from broadsheet.ranking.late_interaction import WordVectors, best_matches, cosines, nearest, passages

DIMENSIONS = (5, 64, 100, 192, 256, 384, 500, 512)
ROWS = (0, 1, 3, 5, 300)


def of_codes(rng: np.random.Generator, d: int, n: int) -> list[object]:
    vectors, query = rng.standard_normal((n, d)).astype(np.float32), rng.standard_normal((1, d)).astype(np.float32)
    block, rotated = CodeBlock.of(vectors), rotate(query)[0]
    planes, slope, deviation = planes_for(rotated)
    every, some, rows = np.empty(n, np.int32), np.empty(n, np.int32), rng.permutation(n)
    estimate(block.bits, planes, every)
    estimate_rows(block.bits, planes, rows, some)
    fine = refine(block.codes, rotate(vectors), block.scales)
    keys = best_rows(block.codes, block.scales, rotated, rows, 0, min(7, n))
    found = best_fine((block.codes, block.scales, fine), rotated, rows, 7)
    code = [block.bits, block.codes, block.scales, *quantise_query(rotated), planes, slope, deviation]
    return [*code, rotate_back(rotate(vectors), d), every, some, fine, *decode_keys(keys), *found]


def of_lists(rng: np.random.Generator, n: int) -> list[object]:
    estimates, mask = rng.integers(-1, 900, n).astype(np.int32), Mask.of(rng.random(n) < 0.3)
    masked, chosen = estimates.copy(), short_list(estimates, 3, 900)
    exclude(mask.words, masked)
    lower = missed_rows(estimates, chosen, 500) if len(chosen) else chosen
    rows = mask_rows(mask.words, mask.count())
    return [masked, chosen, lower, rows_at_least(estimates, 700), *rows_up_to(mask.words, 20), rows]


def of_searches(rng: np.random.Generator, d: int) -> list[object]:
    x, allowed = rng.standard_normal((400, d)).astype(np.float32), Mask.of(rng.random(400) < 0.5)
    lists, graph = IvfBlock.of(x, lists=9), VamanaBlock.of(x, degree=7, beam=16)
    found: list[object] = [graph.links]
    for query in x[:5] + np.float32(0.1):
        for mask in (None, allowed):
            hits = [Scan([graph.codes], least=40).search(query, 9, mask), Ivf([lists], probes=4).search(query, 9, mask)]
            found += [part for hit in hits for part in (hit.ids, hit.scores)]
            found += graph.nearest(query, 9, 30, mask)
    return found


def of_words(rng: np.random.Generator, d: int, m: int) -> list[object]:
    texts = [rng.integers(-1, 40, length).astype(np.int32) for length in (0, 1, 3, 5, 60)]
    words, bounds = np.concatenate(texts), np.cumsum([0, *map(len, texts)])
    query, inside = rng.standard_normal((m, d)).astype(np.float32), rng.integers(-1, m, len(words)).astype(np.int32)
    codes, scales = rng.integers(-127, 128, (40, d)).astype(np.int8), rng.random(40).astype(np.float32)
    found: list[object] = []
    for vectors in (WordVectors(codes, scales), WordVectors(codes * np.float32(0.37), scales)):
        near = cosines(vectors, np.arange(40), query)
        found += [near, best_matches(words, inside, bounds, near), nearest(np.arange(5), words, bounds, near)]
        found.append(passages(words, bounds, vectors, rng.standard_normal(d).astype(np.float32), sizes=(4, 12)))
    return found


def digest() -> str:
    """Of everything the kernels find on random input."""
    total = hashlib.sha256()
    for d in DIMENSIONS:
        rng = np.random.default_rng(d)
        parts = [of_codes(rng, d, n) for n in ROWS] + [of_lists(rng, n) for n in ROWS]
        parts += [of_searches(rng, d)] + [of_words(rng, d, m) for m in (1, 3, 5)]
        for part in parts:
            for value in part:
                total.update(np.asarray(value).tobytes())
    return total.hexdigest()


def digest_of(build: str) -> str:
    """Of one build, in a process of its own."""
    code = "from tests.methods.test_builds import digest; from broadsheet.kit.native import loaded"
    done = subprocess.run(
        [sys.executable, "-c", f"{code}; print(loaded(), digest())"],
        env={**os.environ, "BROADSHEET_KERNELS": build, "OPENBLAS_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    name, found = done.stdout.split()
    assert name == build
    return found


def test_every_build_gives_the_same_bits() -> None:
    plainest, *others = native.builds()
    wanted = digest_of(plainest)
    assert {build: digest_of(build) for build in others} == dict.fromkeys(others, wanted)


def test_bounds_that_do_not_fit_an_estimate_are_clamped() -> None:
    estimates = np.array([3, -1, 7], np.int32)
    assert rows_at_least(estimates, 2**40).tolist() == []
    assert rows_at_least(estimates, -(2**40)).tolist() == [0, 2]
    codes, scales = np.full((1, 64), -128, np.int8), np.ones(1, np.float32)
    keys = best_rows(codes, scales, np.ones(64, np.float32), np.zeros(1, np.int64), 0, 1)
    assert longest(codes, scales, keys, 0) == 1024
    assert build_graph(
        (np.zeros((0, 1), np.uint64), codes[:0]), scales[:0], np.empty(0, np.int64), 3, 4, 1.0
    ).shape == (0, 3)
