"""k-means by distance against Lloyd's two steps written out."""

import numpy as np

from broadsheet_lab.kit.kmeans import kmeans, means, nearest


def test_each_round_is_the_nearest_codeword_and_then_the_mean() -> None:
    rng = np.random.default_rng(0)
    x = rng.standard_normal((60, 3)).astype(np.float32)
    words = x[:4].astype(np.float64)
    for _ in range(3):
        codes = [min(range(4), key=lambda k: ((row - words[k]) ** 2).sum()) for row in x]
        words = np.array([x[[c == k for c in codes]].mean(axis=0) for k in range(4)])
    np.testing.assert_allclose(kmeans(x, 4, iterations=3, seed=0, start=x[:4]), words, rtol=1e-5)
    found, distances = nearest(x, words.astype(np.float32))
    for row, code, distance in zip(x, found.tolist(), distances.tolist(), strict=True):
        squares = ((row - words) ** 2).sum(axis=1)
        assert code == squares.argmin()
        np.testing.assert_allclose(distance, squares.min(), atol=1e-5)


def test_a_codeword_without_vectors_keeps_its_place_in_the_mean_and_moves_to_the_worst_served_in_k_means() -> None:
    x = np.array([[0.0], [1.0], [10.0]], np.float32)
    found, counts = means(x, np.array([0, 0, 0]), np.array([[5.0], [7.0]], np.float32))
    assert counts.tolist() == [3, 0]
    np.testing.assert_allclose(found, [[11 / 3], [7.0]])
    assert kmeans(x, 2, iterations=1, seed=0, start=np.array([[0.5], [99.0]], np.float32))[1] == 10
