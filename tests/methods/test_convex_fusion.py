"""The fused score is the weighted sum of scores on one scale."""

import numpy as np
import pytest

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
