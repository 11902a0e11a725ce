"""The fused score is the weighted sum of scores on one scale."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from broadsheet.retrieval.contract import Fusion
from broadsheet.retrieval.convex_fusion import ConvexFusion, on_unit_scale
from tests.contract.examples import Example


def test_fusion_by_hand() -> None:
    lexical, semantic = np.array([8.0, 2.0, 0.0], np.float32), np.array([0.1, 0.9, -0.4], np.float32)
    np.testing.assert_allclose(ConvexFusion(semantic=0.25).fuse(lexical, semantic), [0.775, 0.4125, 0.0], rtol=1e-6)
    first, second = ConvexFusion(semantic=0.25).parts(lexical, semantic)
    np.testing.assert_allclose(first, [0.75, 0.1875, 0.0])
    np.testing.assert_allclose(second, [0.025, 0.225, 0.0], rtol=1e-6)


def test_the_scale_of_the_lexical_score_does_not_matter() -> None:
    lexical, semantic = np.array([8.0, 2.0], np.float32), np.array([0.1, 0.9], np.float32)
    fusion = ConvexFusion()
    np.testing.assert_allclose(fusion.fuse(lexical, semantic), fusion.fuse(lexical * 7, semantic), rtol=1e-6)
    assert on_unit_scale(np.zeros(2, np.float32)).tolist() == [0, 0]
    assert len(on_unit_scale(np.empty(0, np.float32))) == 0


SCORES = st.lists(st.tuples(st.floats(0, 50, width=32), st.floats(-1, 1, width=32)), min_size=1, max_size=8)


@given(SCORES, st.floats(0, 1))
def test_fusion_equals_the_formula_of_the_paper(pairs: list[tuple[float, float]], weight: float) -> None:
    """Section 3.1: a * phi(semantic) + (1 - a) * phi(lexical); phi(x) = (x - m) / (max - m), m the least there is."""
    lexical, semantic = (np.array(side, np.float32) for side in zip(*pairs, strict=True))
    top = max(lexical)
    expected = [weight * max(s, 0.0) + (1 - weight) * (x / top if top > 0 else 0.0) for x, s in pairs]
    found = ConvexFusion(semantic=weight).fuse(lexical, semantic)
    np.testing.assert_allclose(found, expected, atol=1e-6)
    for i in range(len(pairs)):  # what is better on both sides is not below
        assert all(
            found[i] >= found[j] - 1e-6
            for j in range(len(pairs))
            if pairs[i] >= pairs[j] and pairs[i][1] >= pairs[j][1]
        )


def test_distances_between_scores_count_where_fusing_ranks_sees_none() -> None:
    semantic = np.array([0.5, 0.52], np.float32)
    close, far = np.array([10.0, 9.99], np.float32), np.array([10.0, 2.0], np.float32)
    fusion = ConvexFusion(semantic=0.5)
    assert fusion.fuse(close, semantic).argmax() == 1
    assert fusion.fuse(far, semantic).argmax() == 0  # the same two orders, so ranks tie in both cases


@pytest.mark.parametrize(("weight", "first"), [(0.0, 0), (1.0, 1)])
def test_at_the_ends_one_side_decides(weight: float, first: int) -> None:
    lexical, semantic = np.array([8.0, 2.0], np.float32), np.array([0.1, 0.9], np.float32)
    assert ConvexFusion(semantic=weight).fuse(lexical, semantic).argmax() == first


def test_a_weight_outside_its_range_is_refused() -> None:
    with pytest.raises(ValueError, match=r"not 1\.5"):
        ConvexFusion(semantic=1.5)


EXAMPLES = {
    "plain": Example(
        make=lambda *_: ConvexFusion(semantic=0.3),
        answer=lambda method, lexical, semantic: method.fuse(lexical, semantic),
        inputs=(np.array([8.0, 2.0, 0.0], np.float32), np.array([0.1, 0.9, -0.4], np.float32)),
        keeps=(Fusion,),
    )
}
