"""The decoder of SEAL: probabilities, what it can copy, what it may not see, and that it learns to write documents."""

import numpy as np
import pytest

from broadsheet_lab.retrieval._spans import Source
from broadsheet_lab.retrieval.seal import SEAL
from broadsheet_lab.training import Plan

torch = pytest.importorskip("torch")

from broadsheet_lab.retrieval._span_decoder import (  # noqa: E402  behind what may be missing
    BEGIN,
    PADDING,
    UNKNOWN,
    SpanDecoder,
    padded,
)
from broadsheet_lab.retrieval._writer import Writer  # noqa: E402

TEXTS = (
    "Sparse attention for long documents. We cut the cost of attention.",
    "Graph networks for molecules. Atoms are nodes and bonds are edges.",
    "Speech without words. We listen to sounds alone.",
)
SIZES = {"hidden": 16, "heads": 2, "layers": 1, "source": 6, "longest": 4}


def network(words: int = 9) -> SpanDecoder:
    torch.manual_seed(0)
    return SpanDecoder(words, **SIZES).eval()


def logs(model: SpanDecoder, source: list[int], prefix: list[int]) -> np.ndarray:
    sources = padded([source])
    with torch.inference_mode():
        return np.asarray(model(sources, model.read(sources), padded([[BEGIN, *prefix]]))[0])


def test_the_next_word_has_a_probability_and_knows_nothing_of_later_ones() -> None:
    model = network()
    found = logs(model, [3, 5, UNKNOWN], [4, 7, 8])
    np.testing.assert_allclose(np.exp(found).sum(axis=1), 1, rtol=1e-4)
    np.testing.assert_allclose(logs(model, [3, 5, UNKNOWN], [4, 3, 3])[:2], found[:2], atol=1e-5)
    padding = logs(model, [3, 5, UNKNOWN, PADDING, PADDING], [4, 7, 8])
    np.testing.assert_allclose(padding, found, atol=1e-5)


def test_a_closed_gate_copies_words_of_the_query_by_attention() -> None:
    model = network()
    with torch.no_grad():
        model.gate.bias.fill_(-50.0)
    chance = np.exp(logs(model, [3, 5, 3, UNKNOWN], [4])[-1])
    assert np.flatnonzero(chance > 1e-6).tolist() == [UNKNOWN, 3, 5]
    assert chance[[UNKNOWN, 3, 5]].sum() == pytest.approx(1, rel=1e-4)


def test_the_loss_is_that_of_the_probabilities_with_smoothed_labels() -> None:
    model = network()
    sources, spans = padded([[3, 5], [6]]), padded([[4, 7], [6, 8, 3]])
    goals = spans.clone()
    goals[1, 1] = PADDING  # not to be learned
    begun = torch.cat([torch.full((2, 1), BEGIN), spans[:, :-1]], 1)
    with torch.no_grad():
        exact = -model(sources, model.read(sources), begun).gather(2, goals[..., None])[..., 0]
        plain = float(model.loss(sources, spans, goals, smoothing=0.0))
        smooth = float(model.loss(sources, spans, goals, smoothing=0.1))
    assert plain == pytest.approx(float(exact[goals != PADDING].mean()), abs=0.02)  # in half precision
    assert smooth > 0.9 * plain + 0.1 * np.log(9) - 0.02  # the mean log of all words is at most that of even chances


def trained(steps: int = 60, seed: int = 0) -> Writer:
    """A writer of two documents of four symbols each, of which it knows all but 9."""
    symbols, bounds = np.array([2, 3, 4, 9, 5, 6, 7, 8]), np.array([0, 4, 8])
    sources = [[Source(np.array([2, 9]), 0), Source(np.array([6, 5]), 1)]]
    plan = Plan(steps, 8, 1e-2, seed=seed)
    return Writer.trained(np.arange(2, 9), sources, symbols, bounds, plan, sizes=SIZES)


def test_a_writer_learns_spans_and_can_copy_a_word_that_it_does_not_know() -> None:
    writer = trained()
    next_logs = writer.next_logs([2, 9], 10)
    assert next_logs([()]).shape == (1, 10)
    assert next_logs([()])[0].argmax() == 2
    assert next_logs([(2, 3)])[0].argmax() == 4
    assert next_logs([(2, 3, 4)])[0].argmax() == 9
    assert next_logs([()])[0, :2].tolist() == [-np.inf, -np.inf]  # neither end nor separator
    other = writer.next_logs([6, 5], 10)
    assert other([()])[0].argmax() == 5
    assert other([()])[0, 9] == -np.inf  # it cannot be written, and here it cannot be copied


def test_words_outside_the_library_are_read_as_unknown_and_never_proposed() -> None:
    found = trained(1).next_logs([-1, -1], 10)([()])[0]
    assert np.isfinite(found[2:9]).all()
    assert found[9] == -np.inf
    assert np.isfinite(trained(1).next_logs([], 10)([()])[0, 2:9]).all()


def test_the_seed_decides_and_arrays_come_back() -> None:
    first, again, other = (trained(2, seed).next_logs([2], 10)([()]) for seed in (0, 0, 1))
    np.testing.assert_array_equal(first, again)
    assert not np.allclose(first[:, 2:9], other[:, 2:9])
    writer = trained(2)
    np.testing.assert_array_equal(Writer.from_arrays(writer.to_arrays()).next_logs([2], 10)([()]), first)
    with pytest.raises(ValueError, match="3 words for a decoder of 10 ids"):
        Writer.from_arrays({**writer.to_arrays(), "words": np.arange(3)})
    with pytest.raises(ValueError, match="no decoder of 10 words"):
        Writer.from_arrays({n: a for n, a in writer.to_arrays().items() if n != "bias"})


def test_what_the_decoder_writes_is_in_the_library_and_counts_beside_the_words_of_the_query() -> None:
    method = SEAL(longest=4, smoothing=0.1, hidden=16, plan=Plan(40, 8, 1e-2)).fit(TEXTS, [("chemistry", 1)] * 3)
    assert method.writer_ is not None
    hits = method.search("attention", 3)
    assert hits.ids[0] == 0
    own = set(method.symbols("unheard molecules"))
    written = [n for n in method.ngrams("unheard molecules") if not own & set(n.symbols)]
    assert written
    assert all(n.count > 0 for n in written)
    again = SEAL.from_arrays(method.to_arrays())
    assert again.search("attention", 3).scores.tolist() == hits.scores.tolist()
    assert again.plan == method.plan
    short = SEAL(longest=2, smoothing=0.1, hidden=16, plan=Plan(1, 8)).fit(TEXTS)
    assert max(len(n.symbols) for n in short.ngrams("sparse attention for long documents")) <= 2
    with pytest.raises(ValueError, match="no text has 30 words beside a sentence"):
        SEAL(longest=30, plan=Plan(1)).fit(TEXTS)
