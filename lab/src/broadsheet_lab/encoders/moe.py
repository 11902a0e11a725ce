"""MoE: one encoder with an expert for each field, so that near means near by that field's own measure.

Problem: which papers belong together is told differently in each field, and one encoder tuned on all of them settles
between. Idea: copy the encoder's feed-forward block once for each field and send every text through the copy of the
field it is known to be from; the copies start alike and part as the network is tuned, contrastively, on pairs of papers
of one field. One block copied gives most of what copying all of them does, and only one copy is ever run.

Hallee, Kapur, Patel, Gleghorn, Khomtchouk: Contrastive Learning and Mixture of Experts Enables Precise Vector
Embeddings. 2024 (2401.15713).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from broadsheet.kit.card import Card, Claim
from broadsheet.kit.persistence import Persistent
from broadsheet_lab.training import Course, Epochs, Plan, train

if TYPE_CHECKING:
    from torch import Tensor

    from broadsheet_lab.networks import Network
    from broadsheet_lab.towers import Read, Tower

__all__ = ["CARD", "MixtureOfExperts"]

CARD = Card(
    title="Contrastive Learning and Mixture of Experts Enables Precise Vector Embeddings",
    paper="2401.15713",
    year=2024,
    solves="papers that belong together, judged by the measure of their field",
    when="pairs that belong together are known in each of several fields; with one field, one encoder",
    costs="as much time a text as MiniLM; 4.7 MB more weights for each field",
    unused="learned on 720 pairs, experts find less than one encoder tuned on them (F1 .674 and .694), and words more"
    " than both (.717)",
    claims=(
        Claim("results", "co-cited papers of five biomedical fields", "F1 at the best threshold", 0.8875),
        Claim(
            "ours",
            "papers.parquet, 5,538 papers of five venues, pairs with shared keywords, test half",
            "F1, experts by field over one encoder for all (ratio)",
            1.01,
            ours=True,
        ),
        Claim(
            "ours",
            "papers.parquet, 5,538 papers of five venues, pairs with shared keywords, test half",
            "F1, experts by field over MiniLM (ratio)",
            1.05,
            ours=True,
        ),
        Claim(
            "ours",
            "papers.parquet, 5,538 papers of five venues, pairs with shared keywords, test half",
            "F1, experts by field over one field's expert for all (ratio)",
            1.05,
            ours=True,
        ),
    ),
    departures=(
        "the encoder is MiniLM; the block of its last layer is copied, as in the paper's variant of one layer, all"
        " weights of this layer are tuned and the five below stay",
        "the token of a field is a vector added to the state of [CLS] where the tuned layers begin",
        "fields are venues and pairs share keywords, in place of co-citation in biomedicine; texts have 48 pieces",
        "the threshold comes from dev pairs, not from the pairs that are judged",
    ),
    builds_on=("minilm",),
    needs=("transformers",),
    fidelity="reduced",
)

Strings = NDArray[np.str_]
_SETTINGS = ("upper", "tokens", "steps", "batch", "seed", "rate", "scale")


class MixtureOfExperts(Persistent):
    """MiniLM, or `base`, with an expert a field in each of its `upper` layers, all of whose weights are tuned.

    Learned in `steps` of `batch` pairs of texts, cut to `tokens`; `scale` multiplies cosines in the loss. Learns
    `fields_`, ascending, and `weights_` by name; keeps `course_`, how training went.

    >>> import numpy as np
    >>> from broadsheet_lab.encoders.moe import MixtureOfExperts
    >>> from broadsheet_lab.networks import Network
    >>> texts = ["ships by search", "boats by search", "bread by proof", "loaves by proof"]
    >>> fields = np.array(["art", "art", "law", "law"])
    >>> pairs = np.array([[0, 1], [2, 3]])
    >>> method = MixtureOfExperts(Network.small(texts, layers=2), upper=1, steps=5, batch=2)
    >>> method.fit(texts, fields, pairs).encode(texts, fields).shape
    (4, 32)
    >>> method.fields_.tolist()
    ['art', 'law']
    """

    def __init__(
        self,
        base: Network | None = None,
        *,
        upper: int = 1,
        tokens: int = 48,
        steps: int = 400,
        batch: int = 32,
        rate: float = 1e-4,
        scale: float = 20.0,
        seed: int = 0,
    ) -> None:
        self.base = base
        self.upper = upper
        self.tokens = tokens
        self.steps = steps
        self.batch = batch
        self.rate = rate
        self.scale = scale
        self.seed = seed
        self.fields_: Strings = np.empty(0, np.str_)
        self.weights_: dict[str, NDArray[np.float32]] = {}
        self.course_: Course | None = None
        self._tower: Tower | None = None

    def reader(self) -> Tower:
        """The network without experts, whose lower layers read texts for all. Raises ImportError without MiniLM."""
        from broadsheet_lab.networks import Network
        from broadsheet_lab.towers import Tower

        if self.base is None:
            self.base = Network.minilm(tokens=self.tokens, seed=self.seed)
        return Tower(self.base, lower=self.base.body.shape.layers - self.upper)

    def _parted(self, fields: Strings) -> Tower:
        """A copy of the network with an expert a field: it says what the network itself says until it is tuned."""
        from torch import nn

        from broadsheet_lab.encoders._experts import ExpertLayer

        whole = self.reader()
        tower = whole.copy()
        layers = list(tower.network.body.layers)
        for i in range(whole.lower, len(layers)):
            layers[i] = ExpertLayer(layers[i], len(fields), marked=i == whole.lower)
        tower.network.body.layers = nn.ModuleList(layers)
        return tower

    def fit(
        self,
        texts: Sequence[str] | Read,
        fields: Strings,
        pairs: NDArray[np.int64],
        *,
        kept: Path | None = None,
        tell: Callable[[str], None] | None = None,
    ) -> Self:
        """Learn from pairs (m, 2) of texts that belong together, numbers of texts (n,) whose `fields` (n,) are known.

        `kept` is a file for checkpoints. Raises ValueError for what is empty or not aligned.
        """
        if len(fields) != len(texts) or not len(pairs) or pairs.min() < 0 or pairs.max() >= len(texts):
            raise ValueError(f"{len(texts)} texts, {len(fields)} fields and {len(pairs)} pairs: aligned, not empty")
        from broadsheet_lab.losses import info_nce

        self.fields_, experts = np.unique(fields, return_inverse=True)
        tower, reader = self._parted(self.fields_), self.reader()
        read = reader.read(list(texts)) if isinstance(texts, Sequence) else texts

        def loss(chosen: NDArray[np.int64]) -> Tensor:
            vectors = _vectors(tower, read, chosen.T.reshape(-1), experts)
            return info_nce(vectors[: len(chosen)], vectors[len(chosen) :], scale=self.scale)

        self.course_ = None
        if self.steps:
            plan = Plan(steps=self.steps, batch=self.batch, rate=self.rate, warm=self.steps // 10, seed=self.seed)
            batches = Epochs(len(pairs), lambda _, places: pairs[places])
            self.course_ = train(tower.learned(), batches, loss, plan, kept=kept, tell=tell)
        self._take(tower)
        return self

    def _take(self, tower: Tower) -> None:
        self._tower = tower
        self.weights_ = {name: p.detach().float().cpu().numpy().copy() for name, p in _learned(tower)}

    def encode(self, texts: Sequence[str] | Read, fields: Strings) -> NDArray[np.float32]:
        """The vectors of texts through the experts of their fields (n,), (n, h), of unit length.

        Raises ValueError for a field without an expert.
        """
        import torch

        if len(texts) != len(fields):
            raise ValueError(f"{len(texts)} texts and {len(fields)} fields")
        unknown = np.setdiff1d(fields, self.fields_)
        if len(unknown) or self._tower is None:
            named = ", ".join(self.fields_.tolist()) or "none: call fit first"
            raise ValueError(f"no expert for the field {str(unknown[0])!r}: there are {named}")
        experts = np.searchsorted(self.fields_, fields)
        read = self._tower.read(list(texts)) if isinstance(texts, Sequence) else texts
        found = np.zeros((len(read), self._tower.network.body.shape.hidden), np.float32)
        with torch.no_grad():
            for at in self._tower.batches(read):
                found[at] = _vectors(self._tower, read, at, experts).cpu().numpy()
        return found

    def to_arrays(self) -> Mapping[str, NDArray[Any]]:
        """What was learned."""
        settings = np.array([getattr(self, name) for name in _SETTINGS], np.float64)
        return {"settings": settings, "fields": self.fields_, **self.weights_}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]], base: Network | None = None) -> Self:
        """The method again, on MiniLM or on the `base` it was learned on.

        Raises ValueError or KeyError if the arrays do not fit it.
        """
        import torch

        method = cls(base)
        for name, value in zip(_SETTINGS, arrays["settings"].tolist(), strict=True):
            setattr(method, name, value if name in ("rate", "scale") else int(value))
        method.fields_ = np.asarray(arrays["fields"], np.str_)
        tower = method._parted(method.fields_)
        with torch.no_grad():
            for name, parameter in _learned(tower):
                value = np.array(arrays[name], np.float32)
                if value.shape != tuple(parameter.shape) or not np.isfinite(value).all():
                    raise ValueError(f"{name}: the arrays are not those of this network")
                parameter.copy_(torch.from_numpy(value))
        method._take(tower)
        return method


def _learned(tower: Tower) -> list[tuple[str, Any]]:
    """The parameters of the upper layers by name."""
    own = {id(p) for p in tower.learned()}
    return [(name, p) for name, p in tower.network.named_parameters() if id(p) in own]


def _vectors(tower: Tower, read: Read, rows: NDArray[np.int64], experts: NDArray[np.int64]) -> Tensor:
    """The vectors of some texts, each through its expert (of all texts), (m, h)."""
    import torch

    route = torch.from_numpy(np.asarray(experts[rows], np.int64)).to(tower.network.device)
    for layer in tower.network.body.layers[tower.lower :]:
        layer.route = route
    return tower.vectors(read, rows)
