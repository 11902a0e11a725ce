"""What the protocols of the laboratory's rooms promise, beside those of the product."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pytest

from broadsheet.kit.bag_of_words import Bags
from broadsheet_lab.compression.contract import Compressor, IdTable, MatrixCompressor, Rescorer, SequenceModel
from broadsheet_lab.encoders.contract import ConditionedEncoder, Fitted, LateInteraction, SectionEncoder, SparseEncoder
from broadsheet_lab.ranking.contract import Ranker
from broadsheet_lab.retrieval.contract import Composition, TextSearch
from lab.tests.contract import compression_promises, model_promises
from tests.contract.examples import Example, same
from tests.contract.promises import PROMISES as OF_THE_PRODUCT
from tests.contract.promises import Promise, answered, made

__all__ = ["PROMISES"]

WEIGHED = ("graphs of a robot", "birds")
OTHER_TEXTS = 6 * ("one red brick into the wall by noon", "green glass on a roof of the wall", "red glass by noon")


def fitted_on_other_texts_first_it_is_the_same(example: Example) -> None:
    texts = example.inputs[0]
    again = made(example).fit(OTHER_TEXTS).fit(texts)
    assert same(answered(example, again), answered(example, made(example)))


def vectors_in_a_respect_are_of_unit_length_and_do_not_depend_on_each_other(example: Example) -> None:
    method, (texts, respects) = made(example), example.inputs[:2]
    for respect in respects if isinstance(respects, Mapping) else [respects]:
        x = method.encode(texts, respect)
        assert (len(x), x.ndim, x.dtype.name) == (len(texts), 2, "float32")
        np.testing.assert_allclose(np.linalg.norm(x, axis=1), 1, rtol=1e-4)
        some = slice(1, 3)
        part = respect if isinstance(respect, str) else respect[some]
        np.testing.assert_allclose(method.encode(texts[some], part), x[some], atol=1e-3)


def a_document_is_matched_the_same_whoever_it_is_encoded_with(example: Example) -> None:
    method, (queries, documents) = made(example), example.inputs[:2]
    query, kept = method.encode(queries[:1], queries=True), method.encode(documents)
    rows = np.arange(len(documents))
    scores = method.score(query, kept, rows)
    assert (scores.shape, scores.dtype.name) == (rows.shape, "float32")
    np.testing.assert_array_equal(method.score(query, kept, rows[::-1]), scores[::-1])
    alone = [method.score(query, method.encode([document]), rows[:1])[0] for document in documents]
    np.testing.assert_allclose(alone, scores, rtol=1e-3, atol=1e-3)
    found = [match.score for match in method.matches(query, kept.one(0))]
    assert found == sorted(found, reverse=True)


def documents_are_of_unit_length_and_do_not_depend_on_each_other(example: Example) -> None:
    method, (queries, documents) = made(example), example.inputs
    x = method.encode([*documents, []])
    assert x.dtype.name == "float32"
    np.testing.assert_allclose(np.linalg.norm(x[:-1], axis=1), 1, rtol=1e-4)
    assert not x[-1].any()
    np.testing.assert_allclose(method.encode(documents[1:2]), x[1:2], atol=1e-3)
    scores, places = method.rerank(queries[0], np.zeros(len(x), np.float32), [*documents, []])
    assert len(scores) == len(places) == len(x)
    assert places[-1] == -1
    assert all(0 <= place < len(document) for place, document in zip(places[:-1], documents, strict=True))


def _weights(bags: Bags, row: int) -> dict[int, float]:
    part = slice(bags.indptr[row], bags.indptr[row + 1])
    return dict(zip(bags.terms[bags.columns[part]].tolist(), bags.counts[part].tolist(), strict=True))


def words_of_a_document_weigh_the_same_whatever_the_others_are(example: Example) -> None:
    method = made(example)
    bags = method.encode(list(WEIGHED))
    assert (len(bags), bags.counts.dtype.name) == (len(WEIGHED), "float32")
    assert (bags.counts > 0).all()
    assert len(bags.counts) > 0
    for row, text in enumerate(WEIGHED):
        alone = _weights(method.encode([text]), 0)
        assert len(alone) == bags.indptr[row + 1] - bags.indptr[row]
        assert alone == pytest.approx(_weights(bags, row), rel=0.05, abs=0.02)  # numbers of 8 bits of fraction
    assert len(method.encode([])) == 0


def composed_queries_are_of_unit_length_and_do_not_depend_on_each_other(example: Example) -> None:
    method, (papers, words, _) = made(example), example.inputs
    queries = method.encode(papers, words)
    assert (queries.shape, queries.dtype.name) == (papers.shape, "float32")
    np.testing.assert_allclose(np.linalg.norm(queries, axis=1), 1, rtol=1e-5)
    alone = np.concatenate([method.encode(papers[i : i + 1], words[i : i + 1]) for i in range(len(papers))])
    np.testing.assert_allclose(queries, alone, atol=1e-2)  # words are encoded in half precision
    assert np.abs(method.encode(papers, words[::-1]) - queries).max() > 0.05


def composed_again_from_other_triples_it_forgets(example: Example) -> None:
    papers, words, targets = example.inputs
    again = made(example).fit(targets, words[::-1], papers).fit(papers, words, targets)
    assert same(answered(example, again), answered(example, made(example)))


def triples_that_do_not_fit_are_refused(example: Example) -> None:
    method, (papers, words, targets) = made(example), example.inputs
    with pytest.raises(ValueError, match="aligned"):
        method.fit(papers, words[1:], targets)
    with pytest.raises(ValueError, match="1 triples are too few"):
        method.fit(papers[:1], words[:1], targets[:1])
    with pytest.raises(ValueError, match=f"learned on {papers.shape[1]}"):
        method.encode(papers[:, 1:], words)


def _two_sides() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(4)
    x = rng.standard_normal((40, 6)).astype(np.float32)
    return x, (x[:, 0] > 0).astype(np.float32), np.ones(40, np.float32)


def what_was_wanted_scores_above_what_was_not(example: Example) -> None:
    x, y, weight = _two_sides()
    scores = made(example).fit(x, y, weight).score(x)
    assert scores.shape == (40,)
    assert scores[y == 1].mean() > scores[y == 0].mean()


def examples_without_weight_count_for_nothing(example: Example) -> None:
    x, y, weight = _two_sides()
    ranker = made(example)
    alone = ranker.fit(x, y, weight).score(x).copy()
    doubled = np.concatenate([weight, np.zeros(40, np.float32)])
    with_others = ranker.fit(np.concatenate([x, x]), np.concatenate([y, 1 - y]), doubled).score(x)
    np.testing.assert_allclose(with_others, alone, atol=1e-3)


PROMISES: Mapping[type, Sequence[Promise]] = {
    **OF_THE_PRODUCT,
    Fitted: (fitted_on_other_texts_first_it_is_the_same,),
    ConditionedEncoder: (vectors_in_a_respect_are_of_unit_length_and_do_not_depend_on_each_other,),
    LateInteraction: (a_document_is_matched_the_same_whoever_it_is_encoded_with,),
    SectionEncoder: (documents_are_of_unit_length_and_do_not_depend_on_each_other,),
    SparseEncoder: (words_of_a_document_weigh_the_same_whatever_the_others_are,),
    Ranker: (what_was_wanted_scores_above_what_was_not, examples_without_weight_count_for_nothing),
    Composition: (
        composed_queries_are_of_unit_length_and_do_not_depend_on_each_other,
        composed_again_from_other_triples_it_forgets,
        triples_that_do_not_fit_are_refused,
    ),
    Compressor: compression_promises.OF_A_COMPRESSOR,
    Rescorer: compression_promises.OF_A_RESCORER,
    IdTable: model_promises.OF_AN_ID_TABLE,
    MatrixCompressor: model_promises.OF_A_MATRIX_COMPRESSOR,
    SequenceModel: model_promises.OF_A_SEQUENCE_MODEL,
    TextSearch: model_promises.OF_A_TEXT_SEARCH,
}
