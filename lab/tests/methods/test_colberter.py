"""ColBERTer: the two-way score and its loss transcribed, gates that drop words by their price, stages."""

import copy
import math
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from broadsheet_lab.encoders._two_way import Lessons, TwoWay, directions, loss_of  # noqa: E402
from broadsheet_lab.encoders._whole_words import Words  # noqa: E402
from broadsheet_lab.encoders.colberter import ColBERTer  # noqa: E402
from broadsheet_lab.encoders.contract import LateInteraction  # noqa: E402
from broadsheet_lab.networks import Network  # noqa: E402
from tests.contract.examples import Example  # noqa: E402

PAPERS = ["graphs of proteins", "a robot walks, a robot falls", "birds sing of graphs", "sorting"]
QUERIES = ["protein graph", "robots", "bird song"]
ROWS = [[0, 1], [1, 2], [2, 0]]
TAUGHT = [[3.0, 0.0], [2.0, 1.0], [5.0, 1.0]]


def fitted(stages: tuple[int, int, int] = (1, 2, 0), **options: Any) -> ColBERTer:
    network = Network.small([*PAPERS, *QUERIES], rank=2)
    network.body.precision = torch.float32
    sizes = {"retrieval_dimensions": 6, "word_dimensions": 4, "batch": 3, "rate": 0.01, **options}
    return ColBERTer(network, stages=stages, **sizes).fit(QUERIES, PAPERS, ROWS, TAUGHT)


def by_hand(method: ColBERTer, query: str, paper: str) -> tuple[float, float]:
    """(s_CLS, s_token), equations 3 to 10, word by word."""
    model = method.model_
    tower, heads = model.tower, model.heads

    def words(text: str) -> tuple[np.ndarray, dict[int, np.ndarray]]:
        read = tower.read([text])
        with torch.no_grad():
            states = tower.states(read, np.array([0]))[0][0]
            whole = heads.retrieval(states.mean(0)).numpy()
            mapped = heads.word(states).numpy()
        stems = Words.of(read.ids, read.bounds, method.network.pieces.vocabulary)
        slots = [np.flatnonzero(stems.slots == i) for i in range(len(stems.stems))]
        return whole, {int(w): mapped[at].mean(axis=0) for w, at in zip(stems.stems, slots, strict=True)}

    def single(v: np.ndarray) -> np.ndarray:
        return v if heads.single is None else heads.single(torch.tensor(v)).detach().numpy()

    (left, asked), (right, held) = words(query), words(paper)
    gates = {w: max(0.0, heads.gate(torch.tensor(v)).item()) for w, v in held.items()}
    total = 0.0
    for word, q in asked.items():
        may = [
            float(single(q) @ single(gates[w] * v))
            for w, v in held.items()
            if gates[w] > 0 and (not method.exact_ or w == word)
        ]
        total += max(may, default=0.0)
    return float(left @ right), total


@pytest.mark.parametrize("single", [False, True])
def test_the_two_way_score_transcribed(single: bool) -> None:
    method = fitted((1, 2, 2) if single else (1, 2, 0))
    assert method.exact_ == single
    kept, asked = method.encode(PAPERS), method.encode(QUERIES, queries=True)
    assert kept.vectors.shape[1] == (1 if single else 4)
    share = 1 / (1 + math.exp(-method.model_.heads.mixture.item()))
    assert method.shares() == pytest.approx((share, 1 - share))
    for i, query in enumerate(QUERIES):
        expected = [by_hand(method, query, paper) for paper in PAPERS]
        scores = method.score(asked.one(i), kept, np.arange(4))
        np.testing.assert_allclose(scores, [share * a + (1 - share) * b for a, b in expected], rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("gated", [False, True])
def test_the_loss_is_equation_11(gated: bool) -> None:
    method = fitted()
    model, pieces = method.model_, method.network.pieces.vocabulary
    asked, held = model.tower.read(QUERIES), model.tower.read(PAPERS)
    words = [Words.of(read.ids, read.bounds, pieces) for read in (asked, held)]
    rows, taught = np.array(ROWS), np.array(TAUGHT, np.float32)
    lessons = Lessons(asked, words[0], held, words[1], rows, taught)
    if not gated:
        method.model_ = TwoWay(model.tower, copy.deepcopy(model.heads))
        with torch.no_grad():
            method.model_.heads.gate.weight.zero_()
            method.model_.heads.gate.bias.fill_(1.0)
    share = method.shares()[0]
    whole, mixed = [], []
    for i, query in enumerate(QUERIES):
        two = [by_hand(method, query, PAPERS[row]) for row in rows[i]]
        margin = taught[i, 0] - taught[i, 1]
        whole.append((two[0][0] - two[1][0] - margin) ** 2)
        scores = [share * a + (1 - share) * b for a, b in two]
        mixed.append((scores[0] - scores[1] - margin) ** 2)
    expected = np.mean(mixed) + 0.1 * np.mean(whole)
    if gated:
        with torch.no_grad():
            kept = model.kept(held, words[1], rows.reshape(-1), gated=True)
        expected += 0.75 * float(kept.gates.sum() / (kept.words != 0).sum())
    loss = loss_of(method.model_, lessons, np.arange(3), gated=gated, exact=False, weights=(0.1, 0.75))
    assert loss.item() == pytest.approx(expected, rel=1e-3)


def test_words_whose_gate_is_shut_are_not_kept_and_a_price_shuts_gates() -> None:
    method = fitted((0, 0, 0))
    every = len(method.encode(PAPERS).words)
    assert every == len(Words.of(*_read(method), method.network.pieces.vocabulary).stems)
    with torch.no_grad():
        method.model_.heads.gate.weight.normal_(generator=torch.Generator().manual_seed(0))
        method.model_.heads.gate.bias.zero_()
    assert 0 < len(method.encode(PAPERS).words) < every
    assert len(method.encode(PAPERS, queries=True).words) == every  # queries have no gates
    gates = []
    for price in (0.0, 3.0):
        dear = fitted((0, 15, 0), gate_weight=price)
        with torch.no_grad():
            read = dear.model_.tower.read(PAPERS)
            words = Words.of(read.ids, read.bounds, dear.network.pieces.vocabulary)
            gates.append(float(dear.model_.kept(read, words, np.arange(4), gated=True).gates.mean()))
    assert gates[1] < gates[0]


def _read(method: ColBERTer) -> tuple[np.ndarray, np.ndarray]:
    read = method.model_.tower.read(PAPERS)
    return read.ids, read.bounds


def test_maps_begin_at_principal_directions_that_set_the_scale() -> None:
    x = np.random.default_rng(0).standard_normal((500, 12)) * np.array([9.0, 5.0] + [0.1] * 10)
    found = directions(torch.tensor(x), 2).numpy()
    assert np.abs(found[:, 2:]).max() < 0.01 * np.abs(found).max()
    assert np.square(x @ found.T).sum(axis=1).mean() == pytest.approx(1.0, rel=1e-4)


def test_training_goes_through_its_stages_and_a_second_fit_forgets_the_first() -> None:
    method = fitted((2, 3, 0))
    assert [course.steps for course in method.courses_] == [2, 3]
    first = method.encode(PAPERS)
    again = method.fit(QUERIES, PAPERS, ROWS, TAUGHT).encode(PAPERS)
    np.testing.assert_array_equal(first.vectors, again.vectors)
    single = method.single(QUERIES, PAPERS, ROWS, TAUGHT, steps=4)
    assert [course.steps for course in single.courses_] == [4]
    np.testing.assert_array_equal(method.encode(PAPERS).vectors, first.vectors)  # it learned by itself


def test_what_cannot_be_is_named() -> None:
    with pytest.raises(ValueError, match="nothing is learned yet"):
        ColBERTer().encode(PAPERS)
    with pytest.raises(ValueError, match="not 128 and 0"):
        ColBERTer(word_dimensions=0)
    with pytest.raises(ValueError, match="6 and 40 dimensions of states of 32"):
        fitted(word_dimensions=40)
    with pytest.raises(ValueError, match=r"3 queries, candidates \(3, 2\) and teacher's scores \(3, 1\)"):
        ColBERTer(fitted().network).fit(QUERIES, PAPERS, ROWS, [[1.0]] * 3)
    arrays = dict(fitted().to_arrays())
    with pytest.raises(ValueError, match=r"heads.gate.weight of shape \(1, 3\), not \(1, 4\)"):
        ColBERTer.from_arrays({**arrays, "heads.gate.weight": arrays["heads.gate.weight"][:, 1:]})


def _answer(method: ColBERTer, queries: list[str], papers: list[str], *_: Any) -> Any:
    asked, kept = method.encode(queries, queries=True), method.encode(papers)
    scores = method.score(asked.one(0), kept, np.arange(len(papers)))
    return kept.vectors, scores, method.matches(asked.one(0), kept.one(0))


EXAMPLES = {
    name: Example(
        make=lambda queries, papers, rows, taught, stages=stages: ColBERTer(
            Network.small([*papers, *queries], rank=2),
            stages=stages,
            retrieval_dimensions=6,
            word_dimensions=4,
            batch=3,
        ).fit(queries, papers, rows, taught),
        answer=_answer,
        inputs=(QUERIES, PAPERS, ROWS, TAUGHT),
        keeps=(LateInteraction,),
    )
    for name, stages in (("words alike", (1, 1, 0)), ("words equal", (1, 1, 1)))
}
