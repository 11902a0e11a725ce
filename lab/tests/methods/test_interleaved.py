"""Interleaved documents: the mean of the sections, whatever their order, and a reader that finds what answers."""

from itertools import pairwise

import numpy as np
import pytest

from broadsheet_lab.encoders._section_training import Known, mean_of_sections, train_reader
from broadsheet_lab.encoders._sections import flat
from broadsheet_lab.encoders.contract import SectionEncoder
from broadsheet_lab.encoders.interleaved import Interleaved, best_sections, merged, sections_of
from broadsheet_lab.training import Plan
from tests.contract.examples import Example


def unit(x: np.ndarray) -> np.ndarray:
    return (x / np.linalg.norm(x, axis=-1, keepdims=True)).astype(np.float32)


def library(n: int = 30, d: int = 12, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Sections (t, d) of n documents, one to five each."""
    rng = np.random.default_rng(seed)
    bounds = np.cumsum([0, *rng.integers(1, 6, n)])
    return unit(rng.standard_normal((bounds[-1], d))), bounds


def test_a_document_is_the_scaled_mean_of_its_sections() -> None:
    sections, bounds = library()
    want = [np.mean(sections[a:b].astype(np.float64), axis=0) for a, b in pairwise(bounds)]
    np.testing.assert_allclose(merged(sections, bounds), unit(np.array(want)), atol=1e-6)


def test_the_order_of_sections_does_not_matter() -> None:
    sections, bounds = library()
    rng = np.random.default_rng(1)
    shuffled = np.concatenate([rng.permutation(sections[a:b]) for a, b in pairwise(bounds)])
    np.testing.assert_allclose(merged(shuffled, bounds), merged(sections, bounds), atol=1e-6)


def test_documents_without_sections_are_zero_and_last() -> None:
    sections = unit(np.eye(3))
    bounds = np.array([0, 0, 2, 3, 3])
    assert np.linalg.norm(merged(sections, bounds), axis=1).tolist() == pytest.approx([0, 1, 1, 0])
    greatest, which = best_sections(np.array([0.2, 0.2, 0.1], np.float32), bounds)
    assert greatest.tolist() == pytest.approx([-np.inf, 0.2, 0.1, -np.inf])
    assert which.tolist() == [-1, 0, 2, -1]  # on a tie the first


def test_sections_of_a_text() -> None:
    text = "We sort. It is fast! Is it? Yes, e.g. on trees."
    assert sections_of("Sorting ", text) == ["Sorting", "We sort. It is fast!", "Is it? Yes, e.g. on trees."]
    assert sections_of("", text, sentences=9) == [text]
    assert sections_of(" ", "  ") == []


def test_bounds_that_do_not_divide_are_named() -> None:
    sections, bounds = library()
    with pytest.raises(ValueError, match="do not divide sections"):
        merged(sections, bounds[:-1])
    with pytest.raises(ValueError, match="bounds fall after document 1"):
        merged(sections[:3], np.array([0, 2, 1, 3]))


def test_what_is_shown_is_the_nearest_section_of_what_is_wanted_and_of_its_rivals() -> None:
    sections, bounds = library()
    rng = np.random.default_rng(3)
    wanted = rng.permutation(30)[:8]
    asked = unit(rng.standard_normal((8, 12)))
    documents = [["x"] * n for n in np.diff(bounds)]
    shown = Known(["q"] * 8, wanted, documents).shown(asked, sections, bounds, 4)
    means = merged(sections, bounds)
    for query, row, found in zip(asked, wanted, shown, strict=True):
        near = [d for d in np.argsort(-(means @ query)).tolist() if d != row][:4]
        want = [bounds[d] + (sections[bounds[d] : bounds[d + 1]] @ query).argmax() for d in (row, *near)]
        assert found.tolist() == want


torch = pytest.importorskip("torch")

from broadsheet_lab.networks import Network  # noqa: E402  behind what may be missing

PAPERS = (
    ("sorting", "we sort numbers", "it is fast"),
    ("graphs", "nodes have edges"),
    ("speech", "sounds are words", "we listen", "it is slow"),
    ("vision", "images of cats"),
)
QUERIES = ("sort fast", "edges and nodes", "sounds", "cats")


def small() -> Network:
    return Network.small([s for paper in PAPERS for s in paper], hidden=16, rank=4)


def made(steps: int = 3, seed: int = 0, share: float = 0.5, rate: float = 1e-2) -> Interleaved:
    plan = Plan(steps, 4, rate, seed=seed)
    return Interleaved(small(), sampled=2, negatives=2, share=share, plan=plan, reading=plan)


def test_sections_are_averaged_by_owner_with_gradients_for_each() -> None:
    vectors = torch.from_numpy(unit(np.random.default_rng(0).standard_normal((5, 4)))).requires_grad_()
    found = mean_of_sections(vectors, [0, 1, 1, 0, 1], 2)
    plain = vectors.detach().numpy()
    np.testing.assert_allclose(
        found.detach(), unit(np.array([plain[[0, 3]].mean(0), plain[[1, 2, 4]].mean(0)])), rtol=1e-5
    )
    found.sum().backward()
    assert (vectors.grad.abs().sum(1) > 0).all()


def test_training_brings_queries_to_the_merged_vectors_of_what_they_want() -> None:
    own = range(4)
    before, after = made(1, rate=0.0).fit(QUERIES, own, PAPERS), made(40).fit(QUERIES, own, PAPERS)
    scores = [m.encode_queries(QUERIES) @ m.encode(PAPERS).T for m in (before, after)]
    margins = [float((np.diag(s) - (s.sum(axis=1) - np.diag(s)) / 3).mean()) for s in scores]
    assert margins[1] > margins[0] + 0.1
    turned = [paper[::-1] for paper in PAPERS]
    np.testing.assert_allclose(after.encode(turned), after.encode(PAPERS), atol=1e-5)


def test_the_reader_learns_to_tell_the_first_of_the_sections_shown_from_the_others() -> None:
    known = Known(QUERIES, np.arange(4), PAPERS)
    parts, _ = flat(PAPERS)
    shown = np.array([[1, 0, 2, -1], [4, 3, 5, 6], [6, 2, -1, 0], [10, 9, 7, 8]])  # -1: nothing to show
    network = small()
    head = train_reader(network, known, shown, Plan(40, 4, 1e-2), negatives=2, tell=None)
    logits = [
        head(network.firsts(network.pair_ids([query] * 4, [parts[row] for row in rows])))[:, 0].tolist()
        for query, rows in zip(QUERIES, shown, strict=True)
    ]
    assert np.mean([row[0] for row in logits]) > np.mean([row[1:] for row in logits]) + 0.2


def test_scores_are_the_likeness_plus_a_share_of_the_best_sections_chance() -> None:
    method = made(share=0.7).fit(QUERIES, range(4), PAPERS)
    some = [*PAPERS[1:3], ()]
    likeness = np.array([0.3, -0.2, 0.0], np.float32)
    scores, which = method.rerank("sounds", likeness, some)
    for paper, near, score, section in zip(some[:2], likeness, scores, which, strict=False):
        logits = np.array([method.read("sounds", [part])[0] for part in paper])
        assert section == logits.argmax()
        assert score == pytest.approx(near + 0.7 / (1 + np.exp(-logits.max())), abs=0.02)  # in half precision
    assert (which[2], scores[2]) == (-1, pytest.approx(0, abs=1e-6))
    np.testing.assert_allclose(
        method.likeness("sounds", PAPERS), method.encode(PAPERS) @ method.encode_queries(["sounds"])[0], atol=1e-5
    )


def test_what_does_not_fit_is_named() -> None:
    with pytest.raises(ValueError, match="document 1, which query 0 wants, has no section"):
        made().fit(QUERIES[:1], [1], [["a"], []])
    with pytest.raises(ValueError, match="2 queries and 1 documents"):
        made().fit(QUERIES[:2], [1], PAPERS)
    with pytest.raises(ValueError, match="nothing learned yet"):
        made().encode(PAPERS)
    only = Interleaved(small(), plan=Plan(1, 2), reading=None).fit(QUERIES, range(4), PAPERS)
    with pytest.raises(ValueError, match="nothing learned to read"):
        only.read("sounds", PAPERS[0])
    with pytest.raises(ValueError, match="not 0 and 3"):
        Interleaved(sampled=0)


EXAMPLES = {
    "encoder and reader": Example(
        make=lambda queries, papers: made().fit(queries, range(len(papers)), papers),
        answer=lambda method, queries, papers: (
            method.encode(papers),
            method.rerank(queries[0], method.likeness(queries[0], papers), papers),
        ),
        inputs=(QUERIES, PAPERS),
        keeps=(SectionEncoder,),
    )
}
