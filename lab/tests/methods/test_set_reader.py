"""The reader of PROP and B-PROP: its losses and attention by hand, learning, labels, bad input."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from broadsheet_lab.encoders._set_reader import SetReader, attention_of_first  # noqa: E402  needs torch
from broadsheet_lab.encoders._word_sets import hide_words  # noqa: E402
from broadsheet_lab.encoders.b_prop import BPROP, Attention  # noqa: E402
from broadsheet_lab.encoders.prop import PROP  # noqa: E402
from broadsheet_lab.networks import Network  # noqa: E402
from broadsheet_lab.training import Plan  # noqa: E402

WORDS = (
    "robot",
    "hand",
    "grasp",
    "cup",
    "box",
    "jar",
    "galaxy",
    "star",
    "dust",
    "cell",
    "gene",
    "fold",
    "light",
    "beam",
)
TEXTS = [" ".join(WORDS[(i * 5 + j * j) % 14] for j in range(9)) for i in range(40)]


def network(**sizes: int) -> Network:
    found = Network.small(TEXTS, **sizes)
    found.body.precision = torch.float32
    return found


def small(kind: Callable[..., Any] = PROP, *, least: int = 2, masked: float = 0.15, **plan: Any) -> Any:
    course = Plan(**{"steps": 4, "batch": 8, "warm": 1, **plan})
    return kind(network(), least=least, words=9, masked=masked, plan=course)


def test_the_loss_is_the_hinge_of_the_scores_plus_that_of_the_hidden_words() -> None:
    reader = SetReader(network())
    better, worse = (reader.network.pair_ids([a, "cup"], TEXTS[:2]) for a in ("robot", "gene"))
    with torch.no_grad():
        s, t = reader(better), reader(worse)
        bare = float(reader.pretraining_loss(better, worse, np.random.default_rng(0), 0.0))
        assert bare == pytest.approx(float(torch.clamp(1 - s + t, min=0).mean()), rel=1e-5)
        ends = {"share": 0.5, "mask": reader.network.mask, "first": 4}
        rng = np.random.default_rng(3)
        hidden = [hide_words(ids, sides, reader.continues, rng, **ends) for ids, sides in [*better, *worse]]
        rows = [(ids, row[1]) for (ids, _), row in zip(hidden, [*better, *worse], strict=True)]
        states, _ = reader.network.states(rows)
        logs = [
            float(reader.network.word_logits(states[i, at]).log_softmax(-1)[int(better[i][0][at])])
            for i in (0, 1)
            for at in hidden[i][1].tolist()
        ]
        scores = reader(rows)
        expected = float(torch.clamp(1 - scores[:2] + scores[2:], min=0).mean()) - 0.1 * np.mean(logs)
        assert len(logs) > 3
        found = float(reader.pretraining_loss(better, worse, np.random.default_rng(3), 0.5))
        assert found == pytest.approx(expected, rel=1e-4)


def test_a_score_is_that_of_the_first_state_and_of_the_agreement_of_both_means() -> None:
    reader = SetReader(network())
    with torch.no_grad():
        for parameter in reader.head().values():
            parameter.copy_(torch.from_numpy(np.random.default_rng(1).standard_normal(tuple(parameter.shape)) / 8))
        rows = reader.network.pair_ids(["robot hand", "cup"], TEXTS[:2])
        found = reader(rows).numpy()
        states = reader.network.states(rows)[0].numpy()
    head = {name: p.detach().numpy().astype(np.float64) for name, p in reader.head().items()}
    for i, (_, sides) in enumerate(rows):
        x = states[i, : len(sides)].astype(np.float64)
        a, b = (x[sides == side].mean(axis=0) for side in (0, 1))
        a, b = a / np.linalg.norm(a), b / np.linalg.norm(b)
        hidden = np.tanh(head["hidden.weight"] @ np.concatenate([x[0], a * b * 32**0.5]) + head["hidden.bias"])
        expected = head["score.weight"][0] @ hidden + head["score.bias"][0] + head["scale"][0] * (a @ b)
        assert found[i] == pytest.approx(expected, rel=1e-4)


def test_a_label_is_the_hinge_of_the_right_text_against_each_wrong_one() -> None:
    reader = SetReader(network())
    rows = reader.network.pair_ids(["robot"] * 5, TEXTS[:5])
    with torch.no_grad():
        s = reader(rows).tolist()
        found = float(reader.labelled_loss([rows[0], rows[3]], [rows[1:3], rows[4:5]]))
    pairs = [(s[0], s[1]), (s[0], s[2]), (s[3], s[4])]
    assert found == pytest.approx(np.mean([max(0.0, 1 - a + b) for a, b in pairs]), rel=1e-5)


def test_the_attention_of_the_first_token_is_that_of_the_last_layer() -> None:
    net = network(layers=2)
    rows = net.ids([TEXTS[0], "robot hand"])
    found = attention_of_first(net, rows)
    assert [len(x) for x in found] == [len(row) for row in rows]
    np.testing.assert_allclose([x.sum() for x in found], 1, rtol=1e-5)
    np.testing.assert_allclose(found[1], attention_of_first(net, rows[1:])[0], rtol=1e-4)
    with torch.no_grad():
        ids = torch.from_numpy(rows[0].astype(np.int64))[None]
        x = net.body.embedding_norm(net.body.embeddings[ids] + net.body.positions[: ids.shape[1]])
        x = net.body.layers[0](x, torch.zeros(1, 1, 1, ids.shape[1]))
        layer = net.body.layers[1]
        q, k, _ = layer.qkv(x)[0].chunk(3, dim=-1)
        heads = [slice(h * 16, (h + 1) * 16) for h in range(2)]
        each = [torch.softmax(q[0, h] @ k[:, h].T / 16**0.5, dim=-1).numpy() for h in heads]
    np.testing.assert_allclose(found[0], np.mean(each, axis=0), rtol=1e-4)


def test_a_words_attention_is_that_of_its_pieces_and_stop_words_are_none() -> None:
    net = network()
    seen = Attention.of(net, ["the robot xyz 12 cup", "cup"], names=("cup",))
    assert seen.names == ("cup", "robot", "xyz")
    assert (seen.words.tolist(), seen.bounds.tolist()) == ([1, 2, 0, 0], [0, 3, 4])
    paid = attention_of_first(net, net.ids(["the robot xyz 12 cup"]))[0]
    pieces = [net.pieces.vocabulary[i] for i in net.ids(["the robot xyz 12 cup"])[0]]
    at = pieces.index("x")
    assert pieces[at : at + 3] == ["x", "##y", "##z"]
    assert seen.weights[1] == pytest.approx(paid[at : at + 3].sum())


@pytest.mark.parametrize("kind", [PROP, BPROP])
def test_training_lessens_the_loss_and_leaves_the_start_as_it_was(kind: Callable[..., Any]) -> None:
    method = small(kind, steps=30, rate=3e-3, masked=0.0)
    before = [p.detach().clone() for p in method.network.parameters()]
    losses = method.fit(TEXTS).course_.losses
    assert losses[-1] < losses[0]
    assert all(torch.equal(a, b) for a, b in zip(before, method.network.parameters(), strict=True))
    sets = method.word_sets(TEXTS)
    of = [TEXTS[i] for i in sets.documents.tolist()]
    begun = kind(network(), least=2, words=9, plan=None).fit(TEXTS)
    shares = [float((m.pair_scores(sets.better, of) > m.pair_scores(sets.worse, of)).mean()) for m in (begun, method)]
    assert shares[1] > shares[0]


def test_the_same_seed_gives_the_same_reader_and_another_fit_forgets() -> None:
    first = small().fit(TEXTS).scores("cup", TEXTS[:4])
    np.testing.assert_array_equal(small().fit(TEXTS[:20]).fit(TEXTS).scores("cup", TEXTS[:4]), first)
    assert not np.array_equal(small(seed=1).fit(TEXTS).scores("cup", TEXTS[:4]), first)


def test_labels_make_another_reader_and_leave_this_one() -> None:
    method = small().fit(TEXTS)
    before = method.scores("cup", TEXTS[:4])
    lists = [[TEXTS[i], TEXTS[i + 1], TEXTS[i + 2]] for i in range(6)]
    tuned = method.tuned(["cup"] * 6, lists, Plan(steps=12, rate=3e-3, batch=3, warm=1))
    np.testing.assert_array_equal(method.scores("cup", TEXTS[:4]), before)
    assert tuned.course_.steps == 12
    assert tuned.course_.losses[-1] < tuned.course_.losses[0]


def test_a_score_does_not_depend_on_what_is_scored_beside_it_and_arrays_keep_it() -> None:
    method = small().fit(TEXTS)
    together = method.scores("cup box", TEXTS[:6])
    alone = np.concatenate([method.scores("cup box", [text]) for text in TEXTS[:6]])
    np.testing.assert_allclose(together, alone, rtol=1e-4, atol=1e-6)
    assert (together.dtype, method.scores("cup", []).shape) == (np.float32, (0,))
    again = PROP.from_arrays(dict(method.to_arrays()))
    again.reader_.network.body.precision = torch.float32  # type: ignore[union-attr]
    np.testing.assert_allclose(again.scores("cup box", TEXTS[:6]), together, rtol=1e-5)
    with pytest.raises(ValueError, match=r"score.bias of shape \(2,\)"):
        PROP.from_arrays({**method.to_arrays(), "score.bias": np.zeros(2, np.float32)})


def test_what_does_not_fit_is_named() -> None:
    with pytest.raises(ValueError, match="call fit first"):
        PROP().scores("cup", ["box"])
    with pytest.raises(ValueError, match="a share below 1"):
        PROP(masked=1.0)
    with pytest.raises(ValueError, match="no two word sets of 2 texts differ"):
        small(BPROP, least=50).fit(TEXTS[:2])
    with pytest.raises(ValueError, match="a right and a wrong text"):
        small().fit(TEXTS).tuned(["cup"], [["box"]])
