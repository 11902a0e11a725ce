"""What methods that keep codebooks share: look-up tables, and how much is used."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from broadsheet_lab.kit.jit import jit

__all__ = ["add_looked_up", "codebook_use"]


@jit
def add_looked_up(tables: NDArray[np.float32], codes: NDArray[np.uint8], out: NDArray[np.float32]) -> None:
    """out[i] += the sum over m of tables[m, codes[i, m]]; tables (M, K), codes (n, M)."""
    for i in range(len(codes)):
        total = np.float32(0)
        for m in range(codes.shape[1]):
            total += tables[m, codes[i, m]]
        out[i] += total


def codebook_use(codes: NDArray[np.integer], size: int) -> tuple[float, float]:
    """(share of the codewords that some vector uses, perplexity / size), each the mean over the columns of (n, M).

    Perplexity is 2 to the entropy of how often each codeword is used: `size` when all are used alike.
    """
    shares, evenness = [], []
    for column in codes.reshape(len(codes), -1).T:
        counts = np.bincount(column, minlength=size)
        p = counts[counts > 0] / len(column)
        shares.append(np.count_nonzero(counts) / size)
        evenness.append(2 ** float(-(p * np.log2(p)).sum()) / size)
    return float(np.mean(shares)), float(np.mean(evenness))
