"""MUVERA: the encoding transcribed, where it is Chamfer itself and where it is below it, and a search held to exact."""

import itertools
from dataclasses import replace

import numpy as np
import pytest

from broadsheet.indexes.contract import Index
from broadsheet.kit.mask import Mask
from broadsheet_lab.indexes._fde import draws_of
from broadsheet_lab.indexes._fde_codes import GroupCodes
from broadsheet_lab.indexes.muvera import FixedDimensionalEncoding, Muvera, MuveraBlock, carved
from tests.contract.examples import Example
from tests.contract.index_promises import D as DIMENSIONS
from tests.contract.index_promises import index_example

D = 6
PLAIN = FixedDimensionalEncoding(D, repetitions=3, planes=3, inner=0)


def sets(*sizes: int, seed: int = 0, d: int = D) -> tuple[np.ndarray, np.ndarray]:
    x = np.random.default_rng(seed).standard_normal((sum(sizes), d)).astype(np.float32)
    return x / np.linalg.norm(x, axis=1, keepdims=True), np.cumsum([0, *sizes])


def chamfer(queries: np.ndarray, q_bounds: np.ndarray, x: np.ndarray, bounds: np.ndarray) -> np.ndarray:
    out = np.zeros((len(q_bounds) - 1, len(bounds) - 1))
    for i, (a, b) in enumerate(itertools.pairwise(q_bounds)):
        for j, (start, stop) in enumerate(itertools.pairwise(bounds)):
            out[i, j] = sum(max(float(q @ p) for p in x[start:stop]) for q in queries[a:b])
    return out


def transcribed(encoding: FixedDimensionalEncoding, x: np.ndarray, *, document: bool) -> list[float]:
    """Section 2.1, one set, bucket by bucket."""
    draws = draws_of(encoding)
    k, width = encoding.planes, encoding.width
    out: list[float] = []
    for r in range(encoding.repetitions):
        planes = draws.planes[:, r * k : (r + 1) * k]
        psi = draws.inner[:, r * width : (r + 1) * width] if draws.inner.shape[1] else np.eye(len(x[0]))
        bits = [tuple(bool(v @ g > 0) for g in planes.T) for v in x]
        for b in range(2**k):
            cell = tuple(bool(b >> j & 1) for j in range(k))
            inside = [v @ psi for v, bit in zip(x, bits, strict=True) if bit == cell]
            if inside:
                block = np.mean(inside, axis=0) if document else np.sum(inside, axis=0)
            elif document and encoding.fill:
                differing = [sum(a != c for a, c in zip(bit, cell, strict=True)) for bit in bits]
                block = x[int(np.argmin(differing))] @ psi
            else:
                block = np.zeros(width)
            out += block.tolist()
    if not encoding.final:
        return out
    folded = [0.0] * encoding.final
    for value, place, sign in zip(out, draws.place, draws.sign, strict=True):
        folded[place] += value * float(sign)
    return folded


@pytest.mark.parametrize("inner", [0, 4])
@pytest.mark.parametrize("final", [0, 20])
@pytest.mark.parametrize("fill", [True, False])
def test_an_encoding_transcribed(inner: int, final: int, fill: bool) -> None:
    encoding = replace(PLAIN, inner=inner, final=final, fill=fill)
    x, bounds = sets(5, 1, 9)
    for document, encoded in ((True, encoding.documents(x, bounds)), (False, encoding.queries(x, bounds))):
        assert encoded.shape == (3, final or 3 * 8 * (inner or D)) == (3, encoding.length)
        for i in range(3):
            expected = transcribed(encoding, x[bounds[i] : bounds[i + 1]], document=document)
            np.testing.assert_allclose(encoded[i], expected, atol=1e-5)


def test_more_sets_than_are_encoded_at_once() -> None:
    x, bounds = sets(*[2, 0, 3] * 60)
    whole = PLAIN.documents(x, bounds)
    for i in (0, 127, 128, 179):
        part = x[bounds[i] : bounds[i + 1]]
        np.testing.assert_allclose(whole[i], PLAIN.documents(part, np.array([0, len(part)]))[0], atol=1e-6)
    assert not whole[1].any()


def test_a_document_of_one_vector_is_scored_exactly() -> None:
    x, bounds = sets(1, 1, 1)
    q, q_bounds = sets(4, 2, seed=1)
    estimate = PLAIN.queries(q, q_bounds) @ PLAIN.documents(x, bounds).T / PLAIN.repetitions
    np.testing.assert_allclose(estimate, chamfer(q, q_bounds, x, bounds), atol=1e-5)


def test_one_bucket_makes_sums_and_means() -> None:
    encoding = replace(PLAIN, planes=0, repetitions=1)
    x, bounds = sets(4, 3)
    q, q_bounds = sets(5, seed=1)
    product = encoding.queries(q, q_bounds) @ encoding.documents(x, bounds).T
    np.testing.assert_allclose(product[0], [q.sum(0) @ x[:4].mean(0), q.sum(0) @ x[4:].mean(0)], atol=1e-5)


def test_an_estimate_is_never_above_chamfer_and_nears_it_with_more_planes() -> None:
    x, bounds = sets(*[8] * 30)
    q, q_bounds = sets(*[5] * 10, seed=1)
    exact = chamfer(q, q_bounds, x, bounds)
    gaps = []
    for planes in (0, 2, 4, 7):
        encoding = replace(PLAIN, planes=planes, repetitions=20)
        estimate = encoding.queries(q, q_bounds) @ encoding.documents(x, bounds).T / 20
        assert (estimate <= exact + 1e-5).all()
        gaps.append(float((exact - estimate).mean()))
    assert gaps == sorted(gaps, reverse=True)


def test_projections_keep_inner_products_in_the_mean() -> None:
    x, bounds = sets(6)
    q, q_bounds = sets(4, seed=1)
    wide = FixedDimensionalEncoding(D, repetitions=400, planes=0, inner=3)
    exact = float(q.sum(0) @ x.mean(0))
    assert wide.queries(q, q_bounds)[0] @ wide.documents(x, bounds)[0] / 400 == pytest.approx(exact, abs=0.1)
    folded = [replace(PLAIN, planes=0, repetitions=1, final=4, seed=seed) for seed in range(600)]
    products = [f.queries(q, q_bounds)[0] @ f.documents(x, bounds)[0] for f in folded]
    assert np.mean(products) == pytest.approx(exact, abs=0.1)


def test_the_order_within_a_set_changes_nothing_and_queries_scale() -> None:
    encoding = replace(PLAIN, inner=4, final=32, fill=False)
    x, bounds = sets(7)
    shuffled = x[np.random.default_rng(2).permutation(7)]
    np.testing.assert_allclose(encoding.documents(x, bounds), encoding.documents(shuffled, bounds), atol=1e-6)
    np.testing.assert_allclose(encoding.queries(3 * x, bounds), 3 * encoding.queries(x, bounds), atol=1e-5)


def test_balls_are_carved_from_the_first_vector_left() -> None:
    q = np.array([[1, 0], [0, 2], [3, 0.1], [0.1, 1], [-1, 0]], np.float32)
    np.testing.assert_allclose(carved(q, 0.7), np.array([[4, 0.1], [0.1, 3], [-1, 0]]), atol=1e-6)
    np.testing.assert_array_equal(carved(q, 1.01), q)
    assert carved(q[:0], 0.7).shape == (0, 2)


def test_a_byte_for_eight_components_keeps_the_nearest_codeword_of_each_group() -> None:
    rng = np.random.default_rng(0)
    x = rng.standard_normal((300, 16)).astype(np.float32)
    books = GroupCodes.learn(x)
    assert books.shape == (2, 256, 8)
    kept = GroupCodes.of([x[:100], x[100:]], books)
    assert (kept.rows, kept.dimensions, kept.codes.nbytes) == (300, 16, 600)
    for group in (0, 1):
        part = x[:, 8 * group : 8 * group + 8]
        distances = np.square(part[:, None] - books[group]).sum(axis=2)
        np.testing.assert_array_equal(kept.codes[:, group], distances.argmin(axis=1))
    decoded = np.concatenate([books[g][kept.codes[:, g]] for g in (0, 1)], axis=1)
    np.testing.assert_allclose(kept.scores(x[5]), decoded @ x[5], atol=1e-5)
    with pytest.raises(ValueError, match="encodings of 15 components are not cut into groups of 8"):
        GroupCodes.learn(x[:, 1:])
    with pytest.raises(ValueError, match="differ"):
        GroupCodes.from_arrays({"codebooks": books, "codes": kept.codes[:, 1:]})


def test_an_index_of_grouped_encodings_finds_what_is_exact_and_is_restored() -> None:
    x, bounds = sets(*([4, 7, 1] * 50))
    encoding = replace(PLAIN, planes=2, final=64)
    block = MuveraBlock.of(x, bounds, encoding, grouped=True)
    found = Muvera([block], candidates=60)
    q, q_bounds = sets(5, seed=4)
    exact = chamfer(q, q_bounds, x, bounds)[0]
    assert np.isin(np.argsort(-exact)[:5], found.search(q, 5).ids).mean() >= 0.8
    again = Muvera([MuveraBlock.from_arrays(dict(block.to_arrays()))], candidates=60, carving=0.7)
    assert again.with_block(block).carving == 0.7
    np.testing.assert_allclose(again.search(q, 5).scores, again.score(carved(q, 0.7), again.search(q, 5).ids))
    with pytest.raises(ValueError, match="kept in different ways"):
        Muvera([block, MuveraBlock.of(x, bounds, encoding)])


def index(candidates: int = 400, n: int = 150) -> tuple[Muvera, np.ndarray, np.ndarray]:
    x, bounds = sets(*([4, 7, 1] * (n // 3)))
    cut = bounds[60]
    encoding = replace(PLAIN, planes=2, final=64)
    first = MuveraBlock.of(x[:cut], bounds[:61], encoding)
    return (
        Muvera([first], candidates=candidates).with_block(MuveraBlock.of(x[cut:], bounds[60:] - cut, encoding)),
        x,
        bounds,
    )


def test_a_search_that_takes_every_candidate_is_exact_under_any_filter() -> None:
    found, x, bounds = index()
    found = Muvera(found.blocks, candidates=150)
    q, q_bounds = sets(5, seed=4)
    exact = chamfer(q, q_bounds, x, bounds)[0]
    assert isinstance(found, Index)
    for share in (1.0, 0.3, 0.02):
        allowed = np.random.default_rng(1).random(150) < share
        allowed[[3, 140]] = True
        hits = found.search(q, 8, Mask.of(allowed))
        best = np.flatnonzero(allowed)[np.argsort(-exact[allowed], kind="stable")][:8]
        assert hits.ids.tolist() == best.tolist()
        np.testing.assert_allclose(hits.scores, exact[best], atol=1e-5)
    np.testing.assert_allclose(found.score(q, np.array([149, 0, 61])), exact[[149, 0, 61]], atol=1e-5)


def test_few_candidates_are_enough_where_words_come_in_kinds() -> None:
    rng = np.random.default_rng(0)
    kinds = rng.standard_normal((40, 16))
    chosen = [rng.choice(40, 6, replace=False) for _ in range(400)]
    x = np.concatenate([kinds[c] + 0.2 * rng.standard_normal((6, 16)) for c in chosen]).astype(np.float32)
    x /= np.linalg.norm(x, axis=1, keepdims=True)
    bounds = np.arange(0, 2401, 6)
    block = MuveraBlock.of(x, bounds, FixedDimensionalEncoding(16, repetitions=10, planes=4, inner=8, final=512))
    hits = 0
    for i in range(40):
        q = (kinds[chosen[i][:4]] + 0.1 * rng.standard_normal((4, 16))).astype(np.float32)
        best = Muvera([block], candidates=400).search(q, 1).ids[0]
        hits += int(best in Muvera([block], candidates=20).search(q, 1).ids)
    assert hits >= 36


def test_a_block_is_restored_and_misfits_are_refused() -> None:
    found, *_ = index()
    q = sets(3, seed=5)[0]
    arrays = [dict(b.to_arrays()) for b in found.blocks]
    again = Muvera([MuveraBlock.from_arrays(a) for a in arrays])
    a, b = found.search(q, 9), again.search(q, 9)
    assert (a.ids.tolist(), a.scores.tolist()) == (b.ids.tolist(), b.scores.tolist())
    for name in ("vectors", "bounds"):
        with pytest.raises(ValueError, match="differ in length"):
            MuveraBlock.from_arrays({**arrays[0], name: arrays[0][name][:-1]})


def test_what_cannot_be_is_named_and_nothing_gives_nothing() -> None:
    found, x, bounds = index()
    q = sets(3, seed=5)[0]
    assert len(Muvera([]).search(q, 5)) == len(found.search(q, 0)) == 0
    assert len(found.search(q, 5, Mask.of(np.zeros(150, np.bool_)))) == 0
    with pytest.raises(ValueError, match="the mask covers 3 rows"):
        found.search(q, 5, Mask.full(3))
    with pytest.raises(ValueError, match="different encodings"):
        Muvera([found.blocks[0], MuveraBlock.of(x, bounds, PLAIN)])
    with pytest.raises(ValueError, match=r"vectors \(618, 6\) up to 4; wanted 6 dimensions"):
        PLAIN.documents(np.zeros((618, 6), np.float32), np.array([0, 4]))
    with pytest.raises(ValueError, match="0 to 16 planes"):
        replace(PLAIN, planes=17)


def singles(x: np.ndarray) -> MuveraBlock:
    """Documents of one vector each."""
    encoding = FixedDimensionalEncoding(DIMENSIONS, repetitions=2, planes=2, inner=0)
    return MuveraBlock.of(x, np.arange(len(x) + 1), encoding)


EXAMPLES = {
    "documents of one vector": index_example(
        singles, Muvera, MuveraBlock.from_arrays, (Index,), query=lambda q: q[None], tolerance=1e-5
    ),
    "encodings": Example(
        make=lambda *_: replace(PLAIN, inner=4, final=20),
        answer=lambda method, x, bounds: (method.documents(x, bounds), method.queries(x, bounds)),
        inputs=sets(5, 1, 9),
    ),
}
