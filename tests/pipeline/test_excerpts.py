"""What is read of a paper: its title and the sentences nearest to the query, in their order."""

from __future__ import annotations

import numpy as np
import pytest

from broadsheet.encoders.static import StaticEncoder
from broadsheet.pipeline.pretrained import ENCODER, read_encoder
from broadsheet.pipeline.search.excerpts import excerpts

ABSTRACT = (
    "Weather is hard to foresee. We train neural networks on satellite images. "
    "Rain is measured with buckets in many countries. The networks learn from clouds seen in images."
)


@pytest.fixture(scope="module")
def encoder() -> StaticEncoder:
    return read_encoder(ENCODER)


def test_the_nearest_sentences_stand_in_their_order(encoder: StaticEncoder) -> None:
    vector = encoder.encode(["neural networks that learn from satellite images of clouds"])[0]
    assert excerpts(encoder, vector, [("Rain", ABSTRACT)], most=17) == [
        "Rain. We train neural networks on satellite images. The networks learn from clouds seen in images."
    ]
    [whole] = excerpts(encoder, vector, [("Rain", ABSTRACT)])
    assert whole == f"Rain. {ABSTRACT}"


def test_one_sentence_is_there_however_long_and_papers_do_not_mix(encoder: StaticEncoder) -> None:
    long = "buckets " * 200 + "of rain."
    vector = encoder.encode(["measuring rain with buckets"])[0]
    found = excerpts(encoder, vector, [("", ABSTRACT), ("Empty", ""), ("Long", long), ("", "")], most=8)
    assert found == ["Rain is measured with buckets in many countries.", "Empty. ", f"Long. {long}", ""]
    assert excerpts(encoder, vector, []) == []
    nothing = excerpts(encoder, np.zeros_like(vector), [("", ABSTRACT)], most=6)
    assert nothing == ["Weather is hard to foresee."]  # the first, where none is nearer
