"""The cross-encoder: corrections added in say what they said when learned, pairs do not see each other, it learns."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("tokenizers")

from broadsheet.ranking.contract import Reader  # noqa: E402
from broadsheet_lab.networks import Network  # noqa: E402  only where torch is
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


def network() -> Network:
    return Network.small([text for x in LISTS for text in (x.query, *x.texts)], rank=8)


def learned(**options: int | float) -> CrossEncoder:
    settings: dict[str, int | float] = {"steps": 60, "batch": 8, "rate": 5e-3, **options}
    return CrossEncoder(network=network, **settings).fit(LISTS)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def method() -> CrossEncoder:
    return learned()


def right(method: CrossEncoder) -> float:
    asked = [
        TrainingList("a grey house", ("the house is not grey.", "the house is grey.", "the house is seen from afar.")),
        *LISTS,
    ]
    return float(np.mean([np.argmax(method.scores(x.query, x.texts)) == 0 for x in asked]))


def test_it_learns_what_was_wanted(method: CrossEncoder) -> None:
    assert right(learned(steps=0)) < 0.7
    assert right(method) > 0.9


def test_restored_it_says_the_same_and_a_text_says_the_same_in_any_company(method: CrossEncoder) -> None:
    again = CrossEncoder.from_arrays(method.to_arrays())
    scores = method.scores("a red ship", TEXTS)
    assert (scores.shape, scores.dtype) == ((5,), np.float32)
    np.testing.assert_allclose(again.scores("a red ship", TEXTS), scores, atol=1e-4)
    for text, score in zip(TEXTS, again.scores("a red ship", TEXTS), strict=True):
        assert again.scores("a red ship", [text])[0] == pytest.approx(float(score), abs=0.5)
    assert len(again.scores("a red ship", [])) == 0
    for query in ("", "x", "ship " * 10_000, "\x00\x1b\ufffd", "🚢 $\\alpha$"):
        assert np.isfinite(again.scores(query, TEXTS)).all()


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
        CrossEncoder().scores("a", ["b"])
    with pytest.raises(ValueError, match="nothing was learned yet"):
        CrossEncoder().to_arrays()
    with pytest.raises(ValueError, match="1 lists, wanted 12 at least"):
        CrossEncoder().fit(LISTS[:1])
    with pytest.raises(ValueError, match="all of one length"):
        CrossEncoder(batch=2).fit([LISTS[0], TrainingList("a", ("b",))])
    arrays = dict(method.to_arrays())
    layer = "body.layers.0.qkv"
    for name, damaged in (
        (f"{layer}.a", arrays[f"{layer}.a"][:3]),
        (f"{layer}.b", np.full_like(arrays[f"{layer}.b"], np.nan)),
        ("body.segments", arrays["body.segments"][:, :5]),
        ("head.hidden.bias", np.full_like(arrays["head.hidden.bias"], np.inf)),
    ):
        with pytest.raises(ValueError, match=f"{name}: the arrays are not those"):
            CrossEncoder.from_arrays({**arrays, name: damaged})
    with pytest.raises(KeyError):
        CrossEncoder.from_arrays({name: a for name, a in arrays.items() if name != "head.scale"})


EXAMPLES = {
    "three steps": Example(
        make=lambda: learned(steps=3),
        answer=lambda method: method.scores("a red ship", TEXTS),
        keeps=(Reader,),
    )
}
