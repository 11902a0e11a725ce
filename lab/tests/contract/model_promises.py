"""What tables of ids, codes of matrices, models of sequences and searches of texts promise."""

from __future__ import annotations

import numpy as np
import pytest

from broadsheet.kit.mask import Mask
from tests.contract.examples import Example

__all__ = ["OF_AN_ID_TABLE", "OF_A_MATRIX_COMPRESSOR", "OF_A_SEQUENCE_MODEL", "OF_A_TEXT_SEARCH"]


def an_id_has_the_same_row_whoever_it_is_looked_up_with(example: Example) -> None:
    table, ids = example.make(*example.inputs), np.array([3, 0, 17, 3])
    rows = table.lookup(ids)
    assert (rows.dtype.name, rows.ndim, len(rows)) == ("float32", 2, 4)
    np.testing.assert_allclose(rows, np.concatenate([table.lookup(ids[i : i + 1]) for i in range(4)]), atol=1e-6)
    np.testing.assert_allclose(rows[0], rows[3], atol=1e-6)
    assert table.lookup(ids[:0]).shape == (0, rows.shape[1])
    with pytest.raises(ValueError, match="-1"):
        table.lookup(np.array([-1]))


def a_table_is_finite_and_says_its_bytes(example: Example) -> None:
    table = example.make(*example.inputs)
    assert np.isfinite(table.lookup(np.arange(30))).all()
    assert 0 < table.nbytes <= sum(array.nbytes for array in table.to_arrays().values())


def matrices_keep_their_shapes_in_fewer_bytes(example: Example) -> None:
    method, (matrix,) = example.make(*example.inputs), example.inputs
    matrices = method.matrices()
    assert method.bytes < sum(one.nbytes for one in matrices.values())
    for one in matrices.values():
        assert (one.dtype.name, len(one)) == ("float32", len(matrix))
        assert np.square(one - matrix[:, : one.shape[1]]).mean() < matrix.var()  # nearer than its mean


def a_sequence_is_encoded_the_same_whoever_it_is_encoded_with(example: Example) -> None:
    method, (_, items, bounds) = example.make(*example.inputs), example.inputs
    whole = method.encode(items, bounds)
    assert (whole.shape, whole.dtype.name) == ((len(bounds) - 1, method.items().shape[1]), "float32")
    for i in (0, 5, len(bounds) - 2):
        alone = method.encode(items[bounds[i] : bounds[i + 1]], np.array([0, bounds[i + 1] - bounds[i]]))
        np.testing.assert_allclose(alone[0], whole[i], atol=1e-4)


def a_cut_model_has_shorter_vectors(example: Example) -> None:
    method = example.make(*example.inputs)
    size = method.sizes[0]
    assert method.cut(size).items().shape == (len(method.items()), size)
    with pytest.raises(ValueError, match="cannot be cut"):
        method.cut(size + 1)


def rows_are_found_once_the_best_first_and_all_are_allowed(example: Example) -> None:
    method, (texts,) = example.make(*example.inputs), example.inputs
    hits = method.search(texts[0], len(texts))
    assert 0 in hits.ids[:2]
    assert len(set(hits.ids.tolist())) == len(hits) <= len(texts)
    assert (np.diff(hits.scores) <= 0).all()
    assert method.search(texts[0], 2).ids.tolist() == hits.ids[:2].tolist()
    allowed = np.arange(len(texts)) != hits.ids[0]
    assert set(method.search(texts[0], len(texts), Mask.of(allowed)).ids.tolist()) <= set(np.flatnonzero(allowed))
    assert len(method.search(texts[0], 0)) == 0


OF_AN_ID_TABLE = (an_id_has_the_same_row_whoever_it_is_looked_up_with, a_table_is_finite_and_says_its_bytes)
OF_A_MATRIX_COMPRESSOR = (matrices_keep_their_shapes_in_fewer_bytes,)
OF_A_SEQUENCE_MODEL = (a_sequence_is_encoded_the_same_whoever_it_is_encoded_with, a_cut_model_has_shorter_vectors)
OF_A_TEXT_SEARCH = (rows_are_found_once_the_best_first_and_all_are_allowed,)
