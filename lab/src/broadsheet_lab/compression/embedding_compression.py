"""Learned embeddings of ids within a budget: fifteen ways to keep n rows in a fraction of n rows' bytes.

Problem: a recommender's table has a row for every reader and paper, and outgrows the machine. Idea: either several ids
share rows (inter-feature: hashing, products of shared rows, tensor trains, networks fed with hashes) or every id keeps
a row made of less (intra-feature: mixed dimensions, pruning, whole numbers, codewords). All are trained through one
door, pay for everything they keep out of one budget, and can so be compared.

Zhang, Zhao, Miao, Shao, Liu, Yang, Cui: Experimental Analysis of Large-scale Learnable Vector Storage Compression.
PVLDB 17(4), 2024. The methods: hash (Weinberger et al. 2009), double_hash (Zhang et al., RecSys 2020), compositional
(Shi et al., KDD 2020), tensor_train (TT-Rec, Yin et al., MLSys 2021), deep_hash (DHE, Kang et al., KDD 2021), robe
(Desai et al., MLSys 2022), mixed (Ginart et al. 2019), pruned (DeepLight, Deng et al., WSDM 2021), scalar (ALPT, Li et
al. 2022), product (post-training product quantisation), dpq (Chen et al., ICML 2020), mgqe (Kang et al., WWW 2020),
auto_dim (Zhao et al., WWW 2021), opt_embed (Lyu et al., CIKM 2022), dedup (Zhou et al., PVLDB 2022).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from broadsheet.kit.card import Card, Claim
from broadsheet.kit.persistence import Persistent
from broadsheet_lab.compression._embeddings import Floats, Full, Ints, Table
from broadsheet_lab.compression._embeddings_learned import DPQ, MGQE
from broadsheet_lab.compression._embeddings_made import DeepHash, TensorTrain
from broadsheet_lab.compression._embeddings_narrow import Mixed, Pruned
from broadsheet_lab.compression._embeddings_quantised import Product, Scalar
from broadsheet_lab.compression._embeddings_searched import AutoDim, OptEmbed
from broadsheet_lab.compression._embeddings_shared import Compositional, Deduplicated, DoubleHash, Hash, Robe
from broadsheet_lab.compression.contract import Arrays

__all__ = ["CARD", "METHODS", "CompressedEmbedding", "Method", "family", "limit", "reaches"]

CARD = Card(
    title="Experimental Analysis of Large-scale Learnable Vector Storage Compression",
    paper="10.14778/3636218.3636234",
    year=2024,
    fidelity="reduced",
    solves="tables of learned embeddings within a budget of bytes, fifteen ways behind one door",
    when="a table of learned embeddings outgrows the machine; vectors that are learned already are for product or bebr",
    costs="training as for the whole table, twice that where lengths are searched for; bytes as the budget says",
    unused="the product learns no embeddings of readers or papers",
    claims=(
        Claim(
            "ours",
            "Frappe, 50,000 training rows of 10 fields with 5,382 ids, 28,860 test rows, two-layer network",
            "AUC lost at half of the bytes, method chosen on validation",
            0.001,
            ours=True,
        ),
        Claim(
            "no universal winner",
            "Frappe, 50,000 training rows of 10 fields with 5,382 ids, 28,860 test rows, two-layer network",
            "AUC gained by choosing a method for each of four budgets, over one method for all of them",
            0.002,
            ours=True,
        ),
        Claim(
            "methods that share rows hold up at extreme ratios",
            "Frappe, 50,000 training rows of 10 fields with 5,382 ids, 28,860 test rows, two-layer network",
            "AUC at 1/32 of the bytes, best method that shares rows above best that shortens them, each chosen on"
            " validation",
            0.005,
            ours=True,
        ),
        Claim(
            "ours",
            "Frappe, 50,000 training rows of 10 fields with 5,382 ids, 28,860 test rows, two-layer network",
            "AUC lost at 1/100 of the bytes by the best of those that reach it, chosen on validation",
            0.03,
            ours=True,
            was="an AUC of 0.95 until 2026-11-29, with four times the training rows",
        ),
        Claim(
            "ours",
            "Frappe, 50,000 training rows of 10 fields with 5,382 ids, 28,860 test rows, two-layer network",
            "AUC at 1/8 of the bytes, method chosen on validation above a whole table of an eighth of the dimensions",
            0.005,
            ours=True,
        ),
        Claim(
            "ours",
            "Frappe, 50,000 training rows of 10 fields with 5,382 ids, 28,860 test rows, two-layer network",
            "AUC at 1/8 of the bytes, mgqe above dpq",
            0.001,
            ours=True,
        ),
    ),
    departures=(
        "measured on a quarter of Frappe instead of Criteo and Avazu, which are thousands of times larger",
        "ids come most frequent first, so that no method keeps an index of who is frequent",
        "pruned rows keep a bit for each number instead of column numbers: less whenever one number in 32 is kept",
        "deep_hash has two hidden layers without batch normalisation instead of five with",
        "scalar takes as few as one bit, its step learned for the whole table",
        "Adam moves only the rows of a batch",
        "auto_dim and opt_embed find a length for each of six blocks of ids, most frequent first, instead of each"
        " field; auto_dim learns its weights on the rows it is trained on, opt_embed drops blocks, not single ids",
        "dedup hashes single rows, and its buckets are as wide as the bytes ask for instead of a given similarity",
    ),
)

Method = Literal[
    "full",
    "hash",
    "double_hash",
    "compositional",
    "tensor_train",
    "deep_hash",
    "robe",
    "mixed",
    "pruned",
    "scalar",
    "product",
    "dpq",
    "mgqe",
    "auto_dim",
    "opt_embed",
    "dedup",
]
METHODS: tuple[Method, ...] = get_args(Method)
_TABLES: dict[Method, type[Table]] = {
    "full": Full,
    "hash": Hash,
    "double_hash": DoubleHash,
    "compositional": Compositional,
    "tensor_train": TensorTrain,
    "deep_hash": DeepHash,
    "robe": Robe,
    "mixed": Mixed,
    "pruned": Pruned,
    "scalar": Scalar,
    "product": Product,
    "dpq": DPQ,
    "mgqe": MGQE,
    "auto_dim": AutoDim,
    "opt_embed": OptEmbed,
    "dedup": Deduplicated,
}
_SLACK = 1.01  # room for a scale or the coefficients of a hash beside the numbers


def family(method: Method) -> str:
    """Where the paper's taxonomy puts a method: inter-feature, intra-feature or uncompressed."""
    return _TABLES[method].family


def limit(n: int, d: int, budget: float) -> float:
    """The bytes that n embeddings of d dimensions may take at a budget, a share of their float32 size."""
    return 4 * n * d * budget * _SLACK


def reaches(method: Method, n: int, d: int, budget: float) -> bool:
    """Whether the method can keep n embeddings of d dimensions within the budget."""
    return _TABLES[method].shapes(n, d, limit(n, d, budget)) is not None


class CompressedEmbedding(Persistent):
    """Embeddings of ids 0 to n - 1, most frequent first, in `budget` of the bytes of n float32 rows.

    `start`, then `lookup` and `step` in turn, then `settle`, which packs. What `searching` learns lengths first needs
    `choose` between: it then begins again. `product`, `dpq`, `mgqe` and `dedup` may be trained further once settled.
    `scale` is the size of embeddings at the start; `ramp` slows the pruning (the paper's: 100). Learns `table_`.

    >>> import numpy as np
    >>> from broadsheet_lab.compression.embedding_compression import CompressedEmbedding
    >>> table = CompressedEmbedding(method="robe", budget=0.25, dimensions=8).start(100)
    >>> ids = np.array([3, 14, 15])
    >>> for _ in range(200):  # towards ones
    ...     table.step(ids, table.lookup(ids) - 1, rate=0.1)
    >>> bool(abs(table.lookup(ids) - 1).mean() < 0.3), table.settle().nbytes <= 0.26 * 100 * 8 * 4
    (True, True)
    """

    def __init__(
        self,
        *,
        method: Method = "compositional",
        budget: float = 0.125,
        dimensions: int = 16,
        scale: float = 0.05,
        ramp: float = 100,
        seed: int = 0,
    ) -> None:
        if method not in _TABLES:
            raise ValueError(f"no method {method!r}; there are {', '.join(METHODS)}")
        if not 0 < budget <= 1 or dimensions < 1 or scale <= 0 or ramp <= 0:
            raise ValueError(
                f"a budget in (0, 1], dimensions, scale and ramp above 0, not {budget}, {dimensions}, {scale}, {ramp}"
            )
        self.method = method
        self.budget = budget
        self.dimensions = dimensions
        self.scale = scale
        self.ramp = ramp
        self.seed = seed
        self.table_: Table | None = None
        self._settled = False

    def start(self, n: int) -> CompressedEmbedding:
        """Forget everything; draw a table for ids below n. Raises ValueError if the budget is too small for it."""
        size = limit(n, self.dimensions, self.budget)
        kind = _TABLES[self.method]
        if n < 1 or kind.shapes(n, self.dimensions, size) is None:
            raise ValueError(f"{self.method} cannot keep {n} rows of {self.dimensions} in {size:.0f} bytes")
        rng = np.random.default_rng(self.seed)
        if kind is Pruned:
            self.table_ = Pruned.drawn(n, self.dimensions, size, self.scale, rng, self.ramp)
        else:
            self.table_ = kind.drawn(n, self.dimensions, size, self.scale, rng)
        self._settled = False
        return self

    def _started(self, ids: NDArray[np.integer]) -> tuple[Table, Ints]:
        """The table, and ids (b,) once they are known to lie in it."""
        if self.table_ is None:
            raise ValueError("there is no table yet: call start first")
        found = np.asarray(ids, np.int64)
        if found.ndim != 1 or (found.size and not 0 <= int(found.min()) <= int(found.max()) < self.table_.n):
            raise ValueError(f"ids come as (b,) from 0 to {self.table_.n - 1}, not as {found.shape} of {found[:3]}...")
        return self.table_, found

    def lookup(self, ids: NDArray[np.integer]) -> Floats:
        """The embeddings of ids (b,), (b, d)."""
        table, found = self._started(ids)
        return table.rows(found)

    def step(self, ids: NDArray[np.integer], gradient: Floats, *, rate: float = 1e-3) -> None:
        """One step of Adam against the gradient (b, d) of the embeddings of ids (b,); of one named twice, the sum."""
        table, found = self._started(ids)
        if gradient.shape != (len(found), table.d):
            raise ValueError(f"{len(found)} ids of {table.d} dimensions with a gradient of shape {gradient.shape}")
        distinct, at = np.unique(found, return_inverse=True)
        if len(distinct) < len(found):
            total = np.zeros((len(distinct), table.d), np.float32)
            np.add.at(total, at, gradient)
        else:
            total = gradient[np.argsort(found, kind="stable")]
        if len(distinct):
            table.step(distinct, total, rate)

    @property
    def searching(self) -> bool:
        """Whether `choose` is still to be called: auto_dim and opt_embed learn the lengths of rows first."""
        return self._started(np.empty(0, np.int64))[0].searching

    def choose(self, judge: Callable[[], float] | None = None) -> CompressedEmbedding:
        """End the search of auto_dim and opt_embed, which then begin again with rows of the lengths chosen.

        `judge` gives how good the embeddings are as they stand, as AUC on validation rows; opt_embed asks it for each
        of about a hundred candidates (without it: the squares that are kept). Raises ValueError for other methods.
        """
        self._started(np.empty(0, np.int64))[0].choose(judge)
        return self

    def settle(self) -> CompressedEmbedding:
        """End the training: prune, quantise and pack, where the method does that."""
        table, _ = self._started(np.empty(0, np.int64))
        table.settle()
        self._settled = True
        return self

    @property
    def nbytes(self) -> int:
        """All that is kept, hashes, masks and codewords counted. Raises ValueError before `settle`."""
        return sum(array.nbytes for name, array in self.to_arrays().items() if name != "layout")

    def to_arrays(self) -> Arrays:
        """What is kept, and `layout`: the number of the method, n, d and the bytes allowed."""
        if self.table_ is None or not self._settled:
            raise ValueError("a table is kept once it is settled: call settle first")
        table = self.table_
        layout = np.array([METHODS.index(self.method), table.n, table.d, table.limit], np.float64)
        return {**table.arrays(), "layout": layout}

    @classmethod
    def from_arrays(cls, arrays: Arrays) -> CompressedEmbedding:
        """The embeddings again. Raises ValueError if the arrays do not fit together."""
        layout = arrays["layout"]
        if layout.shape != (4,) or not 0 <= layout[0] < len(METHODS) or layout[1:].min() < 1:
            raise ValueError(f"no table has the layout {layout.tolist()} of shape {layout.shape}")
        method, n, d, size = METHODS[int(layout[0])], int(layout[1]), int(layout[2]), float(layout[3])
        kept = {name: array for name, array in arrays.items() if name != "layout"}
        expected = _TABLES[method].expected(n, d, size, kept)
        found = {name: (array.shape, array.dtype.name) for name, array in kept.items()}
        if expected != found:
            raise ValueError(f"{method} of {n} rows has arrays of shape and type {expected}, not {found}")
        made = cls(method=method, budget=min(1.0, size / (4 * n * d * _SLACK)), dimensions=d)
        made.table_ = _TABLES[method](n, d, size, kept)
        made._settled = True
        return made
