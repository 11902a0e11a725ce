"""Inference-free sparse: weights, penalty and both losses transcribed, teachers by hand, what training changes."""

from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from broadsheet_lab.encoders._distilling import ensemble, idf  # noqa: E402
from broadsheet_lab.encoders._word_logits import Step, flops, sampled_flops, weights  # noqa: E402
from broadsheet_lab.encoders.contract import SparseEncoder  # noqa: E402
from broadsheet_lab.encoders.inference_free_sparse import InferenceFreeSparse  # noqa: E402
from broadsheet_lab.networks import Network  # noqa: E402
from broadsheet_lab.training import Plan  # noqa: E402
from tests.contract.examples import Example  # noqa: E402

PAPERS = ["graphs of proteins", "a robot walks, a robot falls", "birds sing of graphs", "robot birds"]
QUERIES = ["protein graphs", "the robot", "birds sing"]
ROWS = [[0, 1, 2], [1, 2, 3], [2, 0, 3]]
LEXICAL = [[9.0, 0.0, 4.0], [8.0, 1.0, 6.0], [7.0, 3.0, 2.0]]
DENSE = [[0.7, 0.1, 0.2], [0.8, 0.2, 0.6], [0.6, 0.3, 0.5]]


def untrained(first: int = 0, second: int = 0, **options: Any) -> InferenceFreeSparse:
    network = Network.small([*PAPERS, *QUERIES], rank=2)
    network.body.precision = torch.float32
    plans = {"first": Plan(steps=first, batch=3, rate=0.01), "second": Plan(steps=second, batch=3, rate=0.01)}
    return InferenceFreeSparse(network, least=1, **{**plans, **options})


def fitted(first: int = 0, second: int = 0, **options: Any) -> InferenceFreeSparse:
    return untrained(first, second, **options).fit(QUERIES, PAPERS, ROWS, [LEXICAL, DENSE])


def dense(method: InferenceFreeSparse) -> np.ndarray:
    """The weights of all papers for the vocabulary, place by place."""
    network = method.tower_.network
    out = np.zeros((len(PAPERS), len(method.vocabulary)))
    with torch.no_grad():
        for i, row in enumerate(network.ids(PAPERS)):
            logits = network.word_logits(network.states([row])[0])[0].numpy()[:, method.vocabulary]
            out[i] = np.log1p(np.maximum(logits.max(axis=0), 0))
    return out


def test_teachers_and_idf_by_hand() -> None:
    first = np.array([[2.0, 0.0, 1.0]], np.float32)
    second = np.array([[-1.0, 0.0, -1.0]], np.float32)
    np.testing.assert_allclose(ensemble([first, second]), [[15.0, 15.0, 7.5]], rtol=1e-5)
    np.testing.assert_allclose(ensemble([np.array([[5.0, 5.0]], np.float32)], scale=1), [[0.0, 0.0]])
    np.testing.assert_allclose(idf(np.array([1, 4]), 4), np.log([1 + 3.5 / 1.5, 1 + 0.5 / 4.5]), rtol=1e-6)


def test_a_weight_is_the_saturated_greatest_logit_over_the_places() -> None:
    method = fitted(first=2)
    expected = dense(method)
    found = method.encode(PAPERS)
    vocabulary = method.vocabulary.tolist()
    got = np.zeros_like(expected)
    for i in range(len(PAPERS)):
        part = slice(found.indptr[i], found.indptr[i + 1])
        for term, value in zip(found.terms[found.columns[part]].tolist(), found.counts[part], strict=True):
            got[i, vocabulary.index(term)] = value
    np.testing.assert_allclose(got, expected, atol=1e-5)
    assert (found.counts > 0).all()


def test_a_query_is_its_distinct_pieces_by_rarity_or_alike() -> None:
    method = fitted()
    pieces = method.network.pieces.vocabulary
    found = method.query(["the robot robot birds zzz"])
    got = {pieces[t]: w for t, w in zip(found.terms[found.columns].tolist(), found.counts, strict=True)}
    assert got == pytest.approx({"robot": idf(np.array([2]), 4)[0], "birds": idf(np.array([2]), 4)[0]})
    alike = fitted(idf_aware=False).query(["graphs sing"])
    assert len(set(alike.counts.tolist())) == 1


def test_the_penalty_is_the_square_of_the_mean_and_a_sample_stands_for_the_rest() -> None:
    found = torch.tensor([[1.0, 0.0, 3.0], [3.0, 2.0, 1.0]])
    assert flops(found).item() == pytest.approx(2.0**2 + 1.0**2 + 2.0**2)
    assert sampled_flops(found, 1, 9).item() == pytest.approx(2.0**2 + 4 * (1.0**2 + 2.0**2))
    assert sampled_flops(found, 3, 3).item() == pytest.approx(9.0)


@pytest.mark.parametrize("distilled", [False, True])
def test_the_losses_written_out(distilled: bool) -> None:
    method = fitted()
    held, asked, every = method.tower_.read(PAPERS), method._asked(QUERIES), method.vocabulary
    rows, at = np.array(ROWS), np.arange(3)
    step = Step.drawn(np.random.default_rng(0), at, rows if distilled else rows[:, :1], held, asked, every)
    taught = ensemble([LEXICAL, DENSE]) if distilled else None
    w = dense(method)
    queries = np.zeros((3, len(every)))
    for i in range(3):
        part = slice(asked.bounds[i], asked.bounds[i + 1])
        queries[i, np.searchsorted(every, asked.columns[part])] = asked.values[part]
    scores = queries @ w.T
    if taught is None:
        documents = [0, 1, 2]
        expected = np.mean([np.log(np.exp(scores[i, documents]).sum()) - scores[i, i] for i in range(3)])
    else:
        documents, total = [0, 1, 2, 3], 0.0
        for i in range(3):
            p, q = (np.exp(s) / np.exp(s).sum() for s in (taught[i].astype(float), scores[i, rows[i]]))
            total += float((p * np.log(p / q)).sum())
        expected = total / 3
    expected += 0.3 * float(np.square(w[documents].mean(axis=0)).sum())
    with torch.no_grad():
        loss = step.loss(method.tower_, held, asked, taught, 0.3, len(every))
    assert loss.item() == pytest.approx(expected, rel=1e-4)


def test_a_step_takes_the_pieces_of_queries_then_those_of_documents_then_others() -> None:
    method = fitted()
    held, asked, every = method.tower_.read(PAPERS), method._asked(QUERIES), method.vocabulary
    step = Step.drawn(np.random.default_rng(0), np.array([1]), np.array(ROWS), held, asked, every)
    names = [method.network.pieces.vocabulary[i] for i in step.columns]
    assert names[: step.first] == ["robot"]
    assert {"walks", "falls", "birds", "sing", "graphs"} <= set(names[step.first : step.sure])
    assert sorted(step.columns.tolist()) == every.tolist()
    assert step.documents[step.place].tolist() == [ROWS[1]]


def test_training_learns_by_stages_the_penalty_prunes_and_a_copy_learns_by_itself() -> None:
    free, dear = (fitted(first=25, penalties=(price, 0.0), ramp=0.1) for price in (0.0, 5.0))
    assert dear.encode(PAPERS).counts.sum() < free.encode(PAPERS).counts.sum()
    (course,) = free.courses_
    assert course.losses[-1] < course.losses[0]
    before = free.encode(PAPERS).counts
    free.second = Plan(steps=3, batch=3, rate=0.01)
    other = free.copy().distil(QUERIES, PAPERS, ROWS, [LEXICAL, DENSE])
    np.testing.assert_array_equal(free.encode(PAPERS).counts, before)
    assert not np.array_equal(other.encode(PAPERS).counts, before)
    both = fitted(first=2, second=3)
    assert [course.steps for course in both.courses_] == [2, 3]
    np.testing.assert_array_equal(
        both.fit(QUERIES, PAPERS, ROWS, [LEXICAL, DENSE]).encode(PAPERS).counts,
        fitted(first=2, second=3).encode(PAPERS).counts,
    )


def test_expansions_are_the_greatest_pieces_that_do_not_stand_there() -> None:
    method = fitted(first=2)
    found = method.expansions(PAPERS[0], 3)
    assert [w for _, w in found] == sorted((w for _, w in found), reverse=True)
    assert not {piece for piece, _ in found} & {"graphs", "proteins"}
    with torch.no_grad():
        row, columns = np.array([0]), torch.from_numpy(method.vocabulary)
        every = weights(method.tower_, method.tower_.read(PAPERS), row, columns)[0].numpy()
    pieces = [method.network.pieces.vocabulary[i] for i in method.vocabulary]
    most = max((w, p) for w, p in zip(every.tolist(), pieces, strict=True) if p not in ("graphs", "proteins"))
    assert not found or found[0] == (most[1], pytest.approx(most[0]))


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match="nothing is learned yet"):
        untrained().encode(PAPERS)
    with pytest.raises(ValueError, match=r"3 queries with candidates of shape \(2, 3\)"):
        untrained().fit(QUERIES, PAPERS, ROWS[:2])
    arrays = dict(fitted().to_arrays())
    with pytest.raises(ValueError, match="5 frequencies of"):
        InferenceFreeSparse.from_arrays({**arrays, "frequency": arrays["frequency"][:5]})


EXAMPLES = {
    name: Example(
        make=lambda queries, papers, rows, teachers, aware=aware: InferenceFreeSparse(
            Network.small([*papers, *queries], rank=2),
            first=Plan(steps=2, batch=3),
            second=Plan(steps=2, batch=3),
            idf_aware=aware,
            least=1,
        ).fit(queries, papers, rows, teachers),
        answer=lambda method, queries, papers, *_: (method.encode(papers), method.query(queries)),
        inputs=(QUERIES, PAPERS, ROWS, [LEXICAL, DENSE]),
        keeps=(SparseEncoder,),
    )
    for name, aware in (("words by rarity", True), ("words alike", False))
}
