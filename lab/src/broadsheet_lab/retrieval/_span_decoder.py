"""A small network that reads a query and writes spans of text word by word; it can copy words of the query.

query (b, s) ──► encoder ──► memory (b, s, h) ──► decoder over the words so far ──► log P(next word), (b, t, words)

Vaswani and others: Attention Is All You Need. NeurIPS 2017. The copying is that of See, Liu, Manning: Get To The Point:
Summarization with Pointer-Generator Networks. ACL 2017, section 2.2.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as f

from broadsheet_lab.kit.precision import halves

__all__ = ["BEGIN", "FIRST_WORD", "PADDING", "UNKNOWN", "SpanDecoder", "padded"]

PADDING, UNKNOWN, BEGIN, FIRST_WORD = 0, 1, 2, 3
_LEAST = 1e-9  # a probability, before its logarithm


def padded(rows: Sequence[Sequence[int]], width: int | None = None) -> Tensor:
    """Rows of ids as one tensor (b, l), filled up with PADDING."""
    width = max(1, *map(len, rows)) if width is None else width
    ids = torch.zeros(len(rows), width, dtype=torch.long)
    for at, row in enumerate(rows):
        ids[at, : len(row)] = torch.tensor(row, dtype=torch.long)
    return ids


class SpanDecoder(nn.Module):  # type: ignore[misc]
    """A transformer with an encoder and a decoder over `words` ids, PADDING, UNKNOWN and BEGIN among them."""

    def __init__(
        self, words: int, *, hidden: int = 192, heads: int = 4, layers: int = 2, source: int = 64, longest: int = 10
    ) -> None:
        super().__init__()
        self.sizes = {"words": words, "hidden": hidden, "heads": heads, "layers": layers}
        self.sizes |= {"source": source, "longest": longest}
        self.embeddings = nn.Parameter(torch.randn(words, hidden) * hidden**-0.5)
        self.source_places = nn.Parameter(torch.randn(source, hidden) * 0.02)
        self.places = nn.Parameter(torch.randn(longest, hidden) * 0.02)
        kinds = {"dim_feedforward": 4 * hidden, "dropout": 0.0, "batch_first": True, "norm_first": True}
        self.encoder = nn.ModuleList(nn.TransformerEncoderLayer(hidden, heads, **kinds) for _ in range(layers))
        self.decoder = nn.ModuleList(nn.TransformerDecoderLayer(hidden, heads, **kinds) for _ in range(layers))
        self.memory_norm, self.state_norm = nn.LayerNorm(hidden), nn.LayerNorm(hidden)
        self.pointer = nn.Linear(hidden, hidden, bias=False)
        self.gate = nn.Linear(hidden, 1)
        self.bias = nn.Parameter(torch.zeros(words))

    def read(self, sources: Tensor) -> Tensor:
        """The memory (b, s, h) of queries (b, s)."""
        absent = sources == PADDING
        x = self.embeddings[sources] * self.sizes["hidden"] ** 0.5 + self.source_places[: sources.shape[1]]
        for layer in self.encoder:
            x = layer(x, src_key_padding_mask=absent)
        return self.memory_norm(x)

    def _ways(self, sources: Tensor, memory: Tensor, prefixes: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """(logits of the words (b, t, words), attention on the query (b, t, s), log g and log 1 - g (b, t, 2)).

        g is the chance that the next word is written, not copied.
        """
        absent, length = sources == PADDING, prefixes.shape[1]
        x = self.embeddings[prefixes] * self.sizes["hidden"] ** 0.5 + self.places[:length]
        later = torch.triu(torch.ones(length, length, dtype=torch.bool), 1)
        for layer in self.decoder:
            x = layer(x, memory, tgt_mask=later, memory_key_padding_mask=absent)
        x = self.state_norm(x)
        scores = (self.pointer(x) @ memory.transpose(1, 2) * self.sizes["hidden"] ** -0.5).float()
        share = scores.masked_fill(absent[:, None], -torch.inf).softmax(-1)
        gate = self.gate(x).float()
        return x @ self.embeddings.T + self.bias, share, f.logsigmoid(torch.cat([gate, -gate], -1))

    def forward(self, sources: Tensor, memory: Tensor, prefixes: Tensor) -> Tensor:
        """log P(the word after each word of the prefixes (b, t)), (b, t, words); prefixes start with BEGIN.

        P = g softmax(states E^T) + (1 - g) sum of the attention on the query's places that hold the word; that of
        UNKNOWN is for all words of the query that the network does not know.
        """
        logits, share, gate = self._ways(sources, memory, prefixes)
        copied = torch.zeros_like(logits, dtype=torch.float32)
        copied.scatter_add_(2, sources[:, None].expand_as(share), share)
        written = logits.float().log_softmax(-1) + gate[..., :1]
        return torch.logaddexp(written, copied.clamp_min(_LEAST).log() + gate[..., 1:])

    def loss(self, sources: Tensor, spans: Tensor, goals: Tensor, smoothing: float = 0.1) -> Tensor:
        """-log P of spans (b, t) given queries (b, s): the mean over goals (b, t) that are no PADDING.

        A goal is the word of the span, or PADDING where it is not to be learned. What is written has smoothed labels.
        """
        begin = torch.full((len(spans), 1), BEGIN, dtype=torch.long)
        prefixes = torch.cat([begin, spans[:, :-1]], 1)
        with torch.autocast("cpu", torch.bfloat16, enabled=halves()):
            logits, share, gate = self._ways(sources, self.read(sources), prefixes)
        known = goals != PADDING
        wanted = goals[known]
        logs = logits[known].float().log_softmax(-1)
        here = (sources[:, None] == goals[..., None]) & (sources != PADDING)[:, None]  # (b, t, s)
        copied = (share * here).sum(-1)[known].clamp_min(_LEAST).log()
        written = logs.gather(1, wanted[:, None])[:, 0]
        exact = torch.logaddexp(written + gate[known][:, 0], copied + gate[known][:, 1])
        return -(1 - smoothing) * exact.mean() - smoothing * logs.mean()

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """Every weight by name, and the sizes."""
        arrays = {name: value.detach().numpy() for name, value in self.state_dict().items()}
        return {**arrays, "sizes": np.array(list(self.sizes.values()), np.int64)}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Self:
        """The network again. Raises ValueError if the arrays do not fit together."""
        words, hidden, heads, layers, source, longest = arrays["sizes"].tolist()
        network = cls(words, hidden=hidden, heads=heads, layers=layers, source=source, longest=longest)
        weights = {name: torch.tensor(np.asarray(a)) for name, a in arrays.items() if name != "sizes"}
        try:
            network.load_state_dict(weights)
        except RuntimeError as error:
            raise ValueError(f"these arrays are no decoder of {words} words: {error}") from None
        network.eval()
        return network
