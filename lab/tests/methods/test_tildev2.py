"""TILDEv2: weights, scores and the likelihood transcribed, what is appended, what training lessens."""

from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from broadsheet_lab.encoders.contract import SparseEncoder  # noqa: E402
from broadsheet_lab.networks import Network  # noqa: E402
from broadsheet_lab.ranking._query_likelihood import QueryLikelihood, with_appended  # noqa: E402
from broadsheet_lab.ranking._term_weights import Weights, greatest  # noqa: E402
from broadsheet_lab.ranking.tildev2 import Impacts, TILDEv2  # noqa: E402
from broadsheet_lab.towers import Tower  # noqa: E402
from broadsheet_lab.training import Plan  # noqa: E402
from tests.contract.examples import Example  # noqa: E402

PAPERS = ["graphs of proteins", "a robot walks, a robot falls", "birds sing of graphs", "robot birds"]
QUERIES = ["proteins graphs", "the robot falls", "birds sing"]
ROWS = [[0, 1, 2], [1, 2, 3], [2, 0, 3]]


def network() -> Network:
    found = Network.small([*PAPERS, *QUERIES], rank=2)
    found.body.precision = torch.float32
    return found


def fitted(steps: int = 2, likelihood: int = 2, **options: Any) -> TILDEv2:
    plans = {"likelihood": Plan(steps=likelihood, batch=3, rate=0.01), "weights": Plan(steps=steps, batch=3, rate=0.01)}
    return TILDEv2(network(), **{**plans, "most": 2, "negatives": 2, **options}).fit(QUERIES, PAPERS, ROWS)


def test_a_piece_weighs_as_the_greatest_of_its_places() -> None:
    weights = torch.tensor([[1.0, 3.0, 2.0, 9.0], [4.0, 0.0, 5.0, 9.0]])
    ids = torch.tensor([[7, 5, 7, 0], [5, 7, 8, 0]])
    assert greatest(weights, ids, torch.tensor([5, 6, 7])).tolist() == [[3, 0, 2], [4, 0, 0]]
    method = fitted(most=0)
    found = method.encode(PAPERS)
    model = method.weights_
    for i, row in enumerate(method.network.ids(PAPERS)):
        with torch.no_grad():
            states = model.tower.network.states([row])[0][0]
            values = torch.relu(model.head(states)[:, 0]).tolist()
        expected: dict[int, float] = {}
        for piece, value in zip(row[1:-1].tolist(), values[1:-1], strict=True):
            expected[piece] = max(expected.get(piece, 0.0), value)
        part = slice(found.indptr[i], found.indptr[i + 1])
        got = dict(zip(found.terms[found.columns[part]].tolist(), found.counts[part].tolist(), strict=True))
        assert got == pytest.approx({p: v for p, v in expected.items() if v > 0}, rel=1e-4)


def test_a_score_is_the_sum_over_the_pieces_asked_for_and_all_of_a_step_compete() -> None:
    model = Weights(Tower(network()))
    with torch.no_grad():
        model.head.weight.normal_(generator=torch.Generator().manual_seed(1))
    read = model.tower.read(PAPERS)
    pieces = {p: i for i, p in enumerate(model.tower.network.pieces.vocabulary)}
    asked = [np.array([pieces["robot"], pieces["robot"], pieces["graphs"]]), np.array([pieces["birds"]])]
    with torch.no_grad():
        found = model.scores(read, np.array([1, 3]), asked).numpy()
        weights, ids = model.of(read, np.array([1, 3]))
    for q, row in enumerate(asked):
        for d in range(2):
            total = 0.0
            for piece in row.tolist():
                total += max(
                    [w for w, i in zip(weights[d].tolist(), ids[d].tolist(), strict=True) if i == piece] or [0]
                )
            assert found[q, d] == pytest.approx(total, rel=1e-5, abs=1e-6)


def test_the_likelihood_is_learned_from_pieces_asked_for_against_all_others() -> None:
    model = QueryLikelihood(Tower(network()))
    read, wanted = model.tower.read(PAPERS), np.array([0, 1, 2])
    pieces = model.tower.network.pieces
    queries = [np.unique(ids.astype(np.int64)) for ids in pieces.ids(["proteins graphs", "robot", "birds"])]
    course = model.fit(queries, read, wanted, Plan(steps=1, batch=3, rate=1e-9))
    often = np.full(len(model.vocabulary), 0.1)
    for row in queries:
        often[np.searchsorted(model.vocabulary, row)] += 1
    biases = model.tower.network.word_bias.detach().numpy()[model.vocabulary]
    np.testing.assert_allclose(biases, np.log(often / 3), rtol=1e-4)
    with torch.no_grad():
        logits = model.logits(read, wanted).double().numpy()
    p = 1 / (1 + np.exp(-logits))
    total = 0.0
    for i, row in enumerate(queries):
        asked = np.isin(model.vocabulary, row)
        total -= np.log(p[i, asked]).sum() + np.log(1 - p[i, ~asked]).sum()
    assert course.each[0] == pytest.approx(total / 3, rel=1e-3)
    course = model.fit(queries, read, wanted, Plan(steps=20, batch=3, rate=0.02))
    assert course.losses[-1] < course.losses[0]


def test_the_likeliest_pieces_that_a_text_lacks_are_appended_before_its_end() -> None:
    method = fitted()
    model = method.likelihood_
    read = model.tower.read(PAPERS)
    found = model.likeliest(read, 2)
    with torch.no_grad():
        logits = model.logits(read, np.arange(4)).numpy()
    for i, row in enumerate(method.network.ids(PAPERS)):
        lacking = [v for v in range(len(model.vocabulary)) if model.vocabulary[v] not in row]
        best = sorted(lacking, key=lambda v: -logits[i, v])[:2]
        assert found[i].tolist() == model.vocabulary[best].tolist()
    longer = list(with_appended(read, found))
    row = method.network.ids(PAPERS)[1]
    assert longer[1].tolist() == [*row[:-1].tolist(), *found[1].tolist(), row[-1]]
    expanded = method.expanded(PAPERS)
    assert (expanded.lengths == read.lengths + 2).all()
    assert len(method.encode(PAPERS).counts) > len(fitted(most=0).encode(PAPERS).counts)


def test_training_lessens_its_loss_and_a_second_fit_forgets_the_first() -> None:
    method = fitted(steps=25, most=0)
    (course,) = method.courses_
    assert course.losses[-1] < course.losses[0]
    short = fitted()
    assert [course.steps for course in short.courses_] == [2, 2]
    first = short.encode(PAPERS)
    np.testing.assert_array_equal(short.fit(QUERIES, PAPERS, ROWS).encode(PAPERS).counts, first.counts)


def test_stop_words_of_queries_say_nothing_and_words_asked_twice_stay() -> None:
    method = fitted()
    pieces = method.network.pieces.vocabulary
    said = [[pieces[t] for t in row] for row in method.terms(["the robot of a robot, falls", "of the"])]
    assert said == [["robot", "robot", "falls"], []]


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match="nothing is learned yet"):
        TILDEv2(network()).encode(PAPERS)
    with pytest.raises(ValueError, match="not -1 appended pieces"):
        TILDEv2(most=-1)
    with pytest.raises(ValueError, match=r"3 queries, candidates of shape \(3, 3\), 3 negatives"):
        TILDEv2(network()).fit(QUERIES, PAPERS, ROWS)
    arrays = dict(fitted().to_arrays())
    with pytest.raises(ValueError, match=r"a head of shape \(1, 31\)"):
        TILDEv2.from_arrays({**arrays, "head": arrays["head"][:, 1:]})


def _answer(method: TILDEv2, queries: list[str], papers: list[str], _: Any) -> Any:
    weights = method.encode(papers)
    return weights, Impacts.of(weights).score(method.terms(queries)[0], np.arange(len(papers)))


EXAMPLES = {
    name: Example(
        make=lambda queries, papers, rows, most=most: TILDEv2(
            Network.small([*papers, *queries], rank=2),
            likelihood=Plan(steps=2, batch=3),
            weights=Plan(steps=2, batch=3),
            most=most,
            negatives=2,
        ).fit(queries, papers, rows),
        answer=_answer,
        inputs=(QUERIES, PAPERS, ROWS),
        keeps=(SparseEncoder,),
    )
    for name, most in (("with appended pieces", 2), ("without", 0))
}
