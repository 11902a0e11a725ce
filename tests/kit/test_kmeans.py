"""k-means of unit vectors where the clusters are known, and sums of groups added up one by one."""

import numpy as np

from broadsheet.kit.kmeans import group_sums, nearest_centres, spherical_kmeans
from broadsheet.kit.unit import unit_rows


def test_sums_and_counts_of_groups_are_those_added_up() -> None:
    rng = np.random.default_rng(0)
    x, labels = rng.standard_normal((50, 3)), rng.choice([0, 2, 5], 50)
    filled, sums, counts = group_sums(x, labels, 7)
    assert filled.tolist() == [0, 2, 5]
    for group, total in zip(filled.tolist(), sums, strict=True):
        rows = [row for row, label in zip(x, labels, strict=True) if label == group]
        np.testing.assert_allclose(total, [sum(float(row[c]) for row in rows) for c in range(3)])
        assert counts[group] == len(rows)
    assert counts[[1, 3, 4, 6]].tolist() == [0, 0, 0, 0]


def test_k_means_is_the_mean_direction_of_each_group_again_and_again() -> None:
    """With one centre it is the direction of the sum, whatever is drawn."""
    x = np.random.default_rng(1).standard_normal((30, 4)).astype(np.float32) + 1
    total = unit_rows(x).sum(axis=0)
    np.testing.assert_allclose(spherical_kmeans(x, 1, seed=0)[0], total / np.sqrt((total**2).sum()), rtol=1e-5)


def test_k_means_finds_the_clusters_there_are() -> None:
    rng = np.random.default_rng(0)
    middles = np.eye(6, 40, dtype=np.float32)
    x = np.repeat(middles, 100, axis=0) + 0.02 * rng.standard_normal((600, 40)).astype(np.float32)
    found = spherical_kmeans(x, 12, seed=1)
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1, atol=1e-5)
    labels = nearest_centres(x, found)
    for i, label in enumerate(labels.tolist()):
        assert label == int(np.argmax(found @ x[i]))
        assert int(np.argmax(found[label])) == i // 100  # a list never holds rows of two clusters


def test_among_thousands_of_centres_nearly_all_vectors_find_the_nearest() -> None:
    rng = np.random.default_rng(0)
    x = unit_rows((rng.standard_normal((6000, 12)) @ rng.standard_normal((12, 32))).astype(np.float32))
    found = x[:1500]
    labels = nearest_centres(x, found)
    scores = x @ found.T
    kept = scores[np.arange(6000), labels]
    assert (labels == scores.argmax(axis=1)).mean() > 0.93
    assert (scores.max(axis=1) - kept).mean() < 0.005
