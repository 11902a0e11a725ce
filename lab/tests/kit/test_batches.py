"""Batches hold everything once an epoch, in the order that is drawn."""

import numpy as np

from broadsheet_lab.kit.batches import shuffled_batches


def test_every_epoch_is_one_permutation_cut_into_batches() -> None:
    found = list(shuffled_batches(7, 3, 2, np.random.default_rng(0)))
    assert [len(batch) for batch in found] == [3, 3, 1, 3, 3, 1]
    rng = np.random.default_rng(0)
    expected = [*rng.permutation(7).tolist(), *rng.permutation(7).tolist()]
    assert np.concatenate(found).tolist() == expected
    assert list(shuffled_batches(0, 3, 2, rng)) == []
