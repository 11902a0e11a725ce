"""The rows of every way to compress a table, each read from what is kept by a literal transcription."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from broadsheet_lab.compression._embeddings_learned import DPQ, MGQE
from broadsheet_lab.compression._embeddings_made import factors
from broadsheet_lab.compression._embeddings_narrow import Mixed
from broadsheet_lab.compression._embeddings_quantised import Product, Scalar
from broadsheet_lab.compression.embedding_compression import Method, limit

__all__ = ["COARSE", "LITERAL", "PRIME", "D", "Kept", "N", "block", "cut"]

N, D = 600, 8
PRIME = 2**31 - 1
Kept = dict[str, np.ndarray]
COARSE = ("scalar", "product", "tensor_train", "dpq", "mgqe", "auto_dim")  # sizes come in large steps


def h(a: Kept, key: int, which: int, size: int) -> int:
    one, other = (int(c) for c in a["hashes"][which])
    return (one * key + other) % PRIME % size


def double_hash(a: Kept, i: int) -> np.ndarray:
    m = len(a["shared"])
    return a["own"][i] if i < len(a["own"]) else a["shared"][h(a, i, 0, m)] + a["shared"][h(a, i, 1, m)]


def robe(a: Kept, i: int) -> np.ndarray:
    m = len(a["numbers"])
    return np.array([a["numbers"][h(a, i * D + j, 0, m), 0] * (2 * h(a, i * D + j, 1, 2) - 1) for j in range(D)])


def tensor_train(a: Kept, i: int) -> np.ndarray:
    (x, y, z), (one, two, three) = factors(D), (a[f"core{c}"] for c in (1, 2, 3))
    rank = one.shape[1] // x
    rest, k = divmod(i, len(three))
    first, j = divmod(rest, len(two))
    one, two, three = one[first].reshape(x, rank), two[j].reshape(rank, y, rank), three[k].reshape(rank, z)
    return np.array([one[p] @ two[:, q] @ three[:, r] for p in range(x) for q in range(y) for r in range(z)])


def deep_hash(a: Kept, i: int) -> np.ndarray:
    x = np.array([h(a, i, k, 1_000_000) / 999_999 * 2 - 1 for k in range(len(a["hashes"]))])
    for name in ("layer1", "layer2"):
        x = x @ a[name][:-1] + a[name][-1]
        x = x * np.tanh(np.log1p(np.exp(x)))
    return x @ a["layer3"][:-1] + a["layer3"][-1]


def mixed(a: Kept, i: int) -> np.ndarray:
    k = next(k for k, end in enumerate(Mixed.blocks(N)) if i < end)
    row = a[f"rows{k}"][i - [0, *Mixed.blocks(N)][k]]
    return row @ a[f"widen{k}"] if f"widen{k}" in a else row


def pruned(a: Kept, i: int) -> np.ndarray:
    bits = [int(a["mask"][r, j // 8]) >> j % 8 & 1 for r in range(N) for j in range(D)]
    return np.array([a["values"][sum(bits[:at]), 0] if bits[at] else 0 for at in range(i * D, i * D + D)])


def codes(a: Kept, i: int, bits: int, count: int) -> np.ndarray:
    number = int.from_bytes(a["codes"][i].tobytes(), "little")
    return np.array([number >> j * bits & (2**bits - 1) for j in range(count)])


def scalar(a: Kept, i: int) -> np.ndarray:
    bits = Scalar.bits(N, D, limit(N, D, 0.25))
    return (codes(a, i, bits, D) - (2**bits - 1) / 2) * a["step"][0, 0]


def product(a: Kept, i: int) -> np.ndarray:
    parts, bits = Product.layout(N, D, limit(N, D, 0.25)) or (0, 0)
    return np.concatenate([a["codewords"][m * 2**bits + word] for m, word in enumerate(codes(a, i, bits, parts))])


def learned_codes(a: Kept, i: int) -> np.ndarray:
    return codewords(a, codes(a, i, *cut(DPQ)), cut(DPQ)[0])


def fewer_for_the_rare(a: Kept, i: int) -> np.ndarray:
    (bits, parts), often = cut(MGQE), len(a["codes"])
    if i < often:
        return codewords(a, codes(a, i, bits, parts), bits)
    words = codes({"codes": a["rare"]}, i - often, bits - 2, parts)
    assert words.max() < 2**bits / 4
    return codewords(a, words, bits)


def codewords(a: Kept, words: np.ndarray, bits: int) -> np.ndarray:
    return np.concatenate([a["codewords"][m * 2**bits + word] for m, word in enumerate(words)])


def cut(kind: type[Product]) -> tuple[int, int]:
    parts, bits = kind.layout(N, D, limit(N, D, 0.25)) or (0, 0)
    return bits, parts


def block(i: int) -> tuple[int, int]:
    k = next(k for k, end in enumerate(Mixed.blocks(N)) if i < end)
    return k, i - [0, *Mixed.blocks(N)][k]


def auto_dim(a: Kept, i: int) -> np.ndarray:
    k, row = block(i)
    assert a[f"rows{k}"].shape[1] == a["widths"][k]
    return a[f"rows{k}"][row] @ a[f"widen{k}"] if f"widen{k}" in a else a[f"rows{k}"][row]


def opt_embed(a: Kept, i: int) -> np.ndarray:
    k, row = block(i)
    short = a[f"rows{k}"][row] if a["widths"][k] else []
    return np.concatenate([short, np.zeros(D - a["widths"][k])])


LITERAL: dict[Method, Callable[[Kept, int], np.ndarray]] = {
    "full": lambda a, i: a["table"][i],
    "hash": lambda a, i: a["table"][h(a, i, 0, len(a["table"]))],
    "compositional": lambda a, i: a["remainder"][i % len(a["remainder"])] * a["quotient"][i // len(a["remainder"])],
    "double_hash": double_hash,
    "robe": robe,
    "tensor_train": tensor_train,
    "deep_hash": deep_hash,
    "mixed": mixed,
    "pruned": pruned,
    "scalar": scalar,
    "product": product,
    "dpq": learned_codes,
    "mgqe": fewer_for_the_rare,
    "auto_dim": auto_dim,
    "opt_embed": opt_embed,
    "dedup": lambda a, i: a["table"][a["copy"][i]],
}
