"""Linear SVM: one reader's words as the widest margin between what was saved and many random papers.

Problem: a reader's words out of hundreds of thousands, from a few saves. Idea: among thousands of random papers only
those that look like the saves push back, so that common words cancel and telling words stay; the dual is solved one
example at a time, exactly, in sparse steps.

Hsieh, Chang, Lin, Keerthi, Sundararajan: A Dual Coordinate Descent Method for Large-scale Linear SVM. ICML 2008,
algorithm 1 (squared hinge loss) with the shrinking of section 3.2.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from broadsheet.kit.native import kernel
from broadsheet.pipeline.feed.word_features import WordFeatures

__all__ = ["LinearSVM"]

_fit = kernel("linear_svm_fit")


class LinearSVM:
    """Learns `weights_` (size,), `intercept_` and `duals_` (n,): weights_ is the sum of the examples times duals_."""

    def __init__(self, *, passes: int = 40, tolerance: float = 0.05) -> None:
        self.passes = passes
        self.tolerance = tolerance
        self.weights_ = np.empty(0, np.float32)
        self.intercept_ = 0.0
        self.duals_ = np.empty(0, np.float32)
        self.passes_ = 0

    def fit(self, x: WordFeatures, labels: NDArray[np.float32], costs: NDArray[np.float32], size: int) -> LinearSVM:
        """Fit on rows x with labels (n,) of -1 and 1 and costs (n,) above 0; features lie below `size`."""
        n = len(labels)
        alpha, weights = np.zeros(n, np.float32), np.zeros(size + 1, np.float32)
        rows, scratch = (x.indptr, x.columns, x.values), (np.empty(n, np.int32), np.empty(n, np.float32))
        self.passes_ = _fit(*rows, labels, costs, n, size, self.passes, self.tolerance, *scratch, alpha, weights)
        self.weights_, self.intercept_ = weights[:size], float(weights[size])
        self.duals_ = alpha * labels
        return self
