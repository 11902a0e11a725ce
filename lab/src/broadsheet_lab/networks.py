"""Networks over the one BERT in torch: texts to states, vectors, scores of pairs and of words.

Network    any of these; all weights are learned, or low-rank corrections of every linear map
Retriever  token ids to projected vectors     Reader  pairs of token ids to scores: what the product ships
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Self, TypeAlias

import numpy as np
from numpy.typing import NDArray

from broadsheet_lab.kit.extras import with_extra

try:
    import torch
    from torch import Tensor, nn
    from torch.nn import functional as f
except ImportError:
    raise ImportError(f"networks are made with torch: {with_extra('transformers')}") from None

from broadsheet.kit.wordpiece import CLS, SEP, SPECIAL
from broadsheet_lab.bert import Body, Linear, Shape
from broadsheet_lab.kit.minilm_file import minilm_folder, read_pieces, read_safetensors, special_first, vocabulary_array
from broadsheet_lab.kit.pieces import Pieces
from broadsheet_lab.training import seeded

__all__ = ["Ids", "Network", "Reader", "Retriever", "chunks", "encoded", "in_order", "mean_states", "ragged_batch"]

Ids: TypeAlias = NDArray[np.int32]
Row: TypeAlias = Ids | tuple[Ids, Ids]  # a text, or two texts and which of them each token is of (0, 1)

CHUNK_TOKENS = 6144  # of a padded batch: its states stay in the cache
_MASK = "[MASK]"
_MINILM = "minilm"
_MOST_WORDS = 2000  # of a small network
_SIZES = ("pieces", "hidden", "heads", "inner", "layers", "positions")


class Network(nn.Module):  # type: ignore[misc]
    """A BERT with its pieces of words, at most `tokens` of them a text. The mean of the states is a text's vector.

    With a `rank` its weights are frozen, and what is learned are corrections of that rank (`bert.Linear.correct`), what
    tells two texts apart and the head over words; else all weights.
    """

    def __init__(self, body: Body, pieces: Pieces, *, tokens: int, rank: int | None = None, base: str = "") -> None:
        super().__init__()
        self.body, self.pieces, self.tokens, self.rank, self.base = body, pieces, tokens, rank, base
        self.n_pieces = len(pieces.vocabulary)
        self.mask = pieces.vocabulary.index(_MASK)
        hidden = body.shape.hidden
        if rank is not None:
            for part in body.modules():
                if isinstance(part, Linear):
                    part.correct(rank)
            for name, parameter in body.named_parameters():
                parameter.requires_grad_(name.endswith((".a", ".b", "segments")))
        self.word_map = Linear(hidden, hidden)  # after the corrections: it is learned whole
        self.word_bias = nn.Parameter(torch.zeros(self.n_pieces))
        with torch.no_grad():
            self.word_map.weight.copy_(torch.eye(hidden))
        self._start = (
            {n: p.detach().clone() for n, p in self._learned() if not n.endswith((".a", ".b"))} if rank else {}
        )
        if torch.cuda.is_available():
            self.to("cuda")

    @classmethod
    def minilm(
        cls,
        *,
        layers: int = 6,
        tokens: int = 128,
        rank: int | None = None,
        seed: int = 0,
        folder: Path | None = None,
    ) -> Self:
        """MiniLM, or so many layers spread over its six. Raises ImportError naming what to install."""
        try:
            folder = folder or minilm_folder()
        except ImportError:
            raise ImportError(f"MiniLM's weights are missing: {with_extra('transformers')}") from None
        whole = read_pieces(folder)
        pieces = Pieces(tuple(special_first(whole)))
        weights = {n.removeprefix("bert."): a for n, a in read_safetensors(folder / "model.safetensors").items()}
        last = max(int(name.split(".")[2]) for name in weights if name.startswith("encoder.layer."))
        with seeded(seed):
            body = Body(Shape.of(weights, pieces=len(whole), layers=layers, positions=tokens), segments=True)
            body.load(weights, pieces.places_in(whole), np.linspace(0, last, layers).round().astype(int).tolist())
            return cls(body, pieces, tokens=tokens, rank=rank, base=_MINILM)

    @classmethod
    def small(
        cls,
        texts: Iterable[str],
        *,
        hidden: int = 32,
        layers: int = 1,
        tokens: int = 64,
        rank: int | None = None,
        seed: int = 0,
    ) -> Self:
        """A network of random weights whose pieces are the most frequent words of texts, and letters."""
        counts = Counter(w for text in texts for w in re.findall(r"\w+|[^\w\s]", text.lower()))
        letters = [chr(c) for c in range(33, 127) if chr(c).lower() == chr(c)]
        words = [w for w, _ in sorted(counts.most_common(), key=lambda x: (-x[1], x[0]))][:_MOST_WORDS]
        pieces = Pieces(tuple(dict.fromkeys([*SPECIAL, _MASK, *letters, *(f"##{c}" for c in letters), *words])))
        shape = Shape(len(pieces.vocabulary), hidden, max(1, hidden // 16), 2 * hidden, layers, tokens)
        with seeded(seed):
            body = Body(shape, segments=True)
            return cls(body, pieces, tokens=tokens, rank=rank)

    @property
    def device(self) -> Any:
        """Where the weights are."""
        return self.body.embeddings.device

    def _learned(self) -> list[tuple[str, nn.Parameter]]:
        return [(name, p) for name, p in self.named_parameters() if p.requires_grad]

    def learned(self) -> list[nn.Parameter]:
        """The parameters that training changes."""
        return [p for _, p in self._learned()]

    def ids(self, texts: Sequence[str], *, tokens: int | None = None) -> list[Ids]:
        """[CLS] text [SEP] of every text, cut to `tokens`."""
        most = (tokens or self.tokens) - 2
        return [np.array([CLS, *ids[:most], SEP], np.int32) for ids in self.pieces.ids(texts)]

    def pair_ids(
        self, firsts: Sequence[str], seconds: Sequence[str], *, first_tokens: int = 48, tokens: int | None = None
    ) -> list[tuple[Ids, Ids]]:
        """([CLS] first [SEP] second [SEP], 0 or 1 for the text of each) of every pair, cut to `tokens`."""
        rows = []
        for a, b in zip(self.pieces.ids(firsts), self.pieces.ids(seconds), strict=True):
            head = [CLS, *a[:first_tokens], SEP]
            tail = [*b[: (tokens or self.tokens) - len(head) - 1], SEP]
            rows.append((np.array(head + tail, np.int32), np.array([0] * len(head) + [1] * len(tail), np.int32)))
        return rows

    def states(self, rows: Sequence[Row]) -> tuple[Tensor, Tensor]:
        """(states (b, l, h), whether each is a token and no padding (b, l))."""
        texts = [row[0] if isinstance(row, tuple) else row for row in rows]
        sides = [row[1] for row in rows if isinstance(row, tuple)]
        ids = ragged_batch(texts).to(self.device)
        return self.body(ids, ragged_batch(sides).to(self.device) if sides else None), ids != 0

    def vectors(self, rows: Sequence[Row]) -> Tensor:
        """The mean of the states of every row, of unit length, (b, h); rows of any length, of any number."""
        return self._by_length(rows, lambda part: f.normalize(mean_states(*self.states(part)), dim=-1))

    def firsts(self, rows: Sequence[Row]) -> Tensor:
        """The state of [CLS] of every row, (b, h)."""
        return self._by_length(rows, lambda part: self.states(part)[0][:, 0].float())

    def _by_length(self, rows: Sequence[Row], result: Callable[[Sequence[Row]], Tensor]) -> Tensor:
        if not len(rows):
            return torch.zeros(0, self.body.shape.hidden)
        places = chunks([len(row[0] if isinstance(row, tuple) else row) for row in rows])
        return in_order([result([rows[i] for i in part]) for part in places], places)

    def encode(self, texts: Sequence[str], *, batch: int = 64) -> NDArray[np.float32]:
        """The vectors of texts, (n, h), of unit length."""
        rows = self.ids(texts)
        order = sorted(range(len(rows)), key=lambda i: len(rows[i]))
        found = np.zeros((len(rows), self.body.shape.hidden), np.float32)
        with torch.no_grad():
            for start in range(0, len(order), batch):
                at = order[start : start + batch]
                found[at] = self.vectors([rows[i] for i in at]).cpu().numpy()
        return found

    def word_logits(self, states: Tensor) -> Tensor:
        """How much each piece belongs where states (…, h) are, (…, pieces): by the input embeddings and a bias."""
        table = self.body.embeddings.to(states.dtype)
        return f.linear(self.word_map(states), table, self.word_bias.to(states.dtype))

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """What was learned and differs from its start, and what the rest is made again from."""
        shape = self.body.shape
        arrays: dict[str, NDArray[Any]] = {
            "shape": np.array([getattr(shape, name) for name in _SIZES], np.int64),
            "kind": np.array([self.tokens, self.rank or 0, self.base == _MINILM], np.int64),
        }
        own = self.named_parameters() if self.rank is None or not self.base else self._learned()
        if not self.base:
            arrays["vocabulary"] = vocabulary_array(self.pieces.vocabulary)
        for name, parameter in own:
            if not (name in self._start and self.base and torch.equal(parameter, self._start[name])):
                arrays[name] = parameter.detach().float().cpu().numpy().copy()
        return arrays

    def load_arrays(self, arrays: Mapping[str, NDArray[Any]]) -> Self:
        """Take what another network of this kind learned. Raises ValueError if it does not fit or is not finite."""
        with torch.no_grad():
            for name, parameter in self.named_parameters() if not self.base else self._learned():
                array = arrays.get(name)
                value = self._start.get(name) if array is None else torch.from_numpy(np.array(array, np.float32))
                if value is None or value.shape != parameter.shape or not bool(torch.isfinite(value).all()):
                    raise ValueError(f"{name}: the arrays are not those of this network")
                parameter.copy_(value)
        return self

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Self:
        """The network again. Raises ValueError if the arrays do not fit, ImportError without the base."""
        shape = Shape(*arrays["shape"].tolist())
        tokens, rank, of_minilm = arrays["kind"].tolist()
        if of_minilm:
            return cls.minilm(layers=shape.layers, tokens=tokens, rank=rank or None).load_arrays(arrays)
        pieces = Pieces(tuple(arrays["vocabulary"].tobytes().decode().split("\n")))
        return cls(Body(shape, segments=True), pieces, tokens=tokens, rank=rank or None).load_arrays(arrays)


def mean_states(states: Tensor, seen: Tensor) -> Tensor:
    """The mean of the states (b, l, h) that are seen (b, l), (b, h) in single precision."""
    weights = seen[..., None].float()
    return (states.float() * weights).sum(1) / weights.sum(1)


class Retriever(nn.Module):  # type: ignore[misc]
    """The bi-encoder: the mean of the states, projected."""

    def __init__(self, body: Body, dimensions: int | None) -> None:
        super().__init__()
        self.body = body
        h = body.shape.hidden
        self.projection = nn.Parameter(torch.eye(h)[:dimensions].clone()) if dimensions else None

    def forward(self, ids: Tensor) -> Tensor:
        """Unit vectors (b, d)."""
        mean = mean_states(self.body(ids), ids != 0)
        return f.normalize(mean if self.projection is None else mean @ self.projection.T, dim=-1)


class Reader(nn.Module):  # type: ignore[misc]
    """The cross-encoder: a linear score of the first token's state."""

    def __init__(self, body: Body) -> None:
        super().__init__()
        self.body = body
        self.head = Linear(body.shape.hidden, 1)

    def forward(self, ids: Tensor, sides: Tensor) -> Tensor:
        """Scores (b,)."""
        return self.head(self.body(ids, sides)[:, 0].float())[:, 0]


def ragged_batch(rows: Sequence[NDArray[np.int32]]) -> Tensor:
    """Rows of ids as one tensor (b, l), padded with 0."""
    width = max(map(len, rows))
    ids = np.zeros((len(rows), width), np.int64)
    for at, row in enumerate(rows):
        ids[at, : len(row)] = row
    return torch.from_numpy(ids)


def chunks(lengths: Sequence[int], most: int = CHUNK_TOKENS) -> list[list[int]]:
    """Places of rows of these lengths, the like long together, so that a padded batch has at most `most` tokens."""
    found: list[list[int]] = []
    for i in sorted(range(len(lengths)), key=lambda i: lengths[i]):
        if not found or lengths[i] * (len(found[-1]) + 1) > most:
            found.append([])
        found[-1].append(i)
    return found


def in_order(parts: Sequence[Tensor], places: Sequence[Sequence[int]]) -> Tensor:
    """What was worked out for each of `chunks`, in the order of the rows."""
    back = torch.empty(sum(map(len, places)), dtype=torch.long)
    back[torch.tensor([i for part in places for i in part])] = torch.arange(len(back))
    return torch.cat(list(parts))[back]


def encoded(model: Retriever, rows: Sequence[NDArray[np.int32]]) -> Tensor:
    """The vectors of rows of ids of any length, (n, d)."""
    places = chunks([len(row) for row in rows])
    return in_order([model(ragged_batch([rows[i] for i in part])) for part in places], places)
