"""A transformer over pairs of a query and a candidate, with a scoring head over its states; in torch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from broadsheet_lab.ranking._low_rank import add, add_trainable

__all__ = ["HEAD", "WIDTH", "PairNetwork", "Transformer"]

Floats = NDArray[np.float32]

WIDTH = 256  # of the hidden layer of the head
HEAD = ("hidden.weight", "hidden.bias", "out.weight", "out.bias", "scale")  # parameters of the head
_MAX_QUERY_TOKENS = 48  # longer queries are cut


class Transformer(Protocol):
    """A network and its tokeniser, as `MiniLM` has them."""

    dimensions: int  # of a state

    @property
    def tokenizer(self) -> Any:
        """Text to token ids."""

    @property
    def network(self) -> Any:
        """Token ids to states, in torch."""


class PairNetwork:
    """Scores pairs of a query and a candidate."""

    def __init__(self, base: Transformer, most_tokens: int) -> None:
        import torch
        from torch import nn

        self.base = base
        self.most_tokens = most_tokens
        self.segments = nn.Parameter(torch.zeros(2, base.dimensions))
        self.hidden = nn.Linear(2 * base.dimensions, WIDTH)
        self.out = nn.Linear(WIDTH, 1)
        nn.init.zeros_(self.out.weight)
        self.scale = nn.Parameter(torch.tensor([10.0]))
        self.parameters: dict[str, Any] = {}

    @classmethod
    def trainable(cls, base: Transformer, most_tokens: int, rank: int) -> PairNetwork:
        """A network with trainable `parameters`: corrections of this rank, segments and head."""
        pair_network = cls(base, most_tokens)
        pair_network.parameters = add_trainable(base.network.encoder, rank)
        pair_network.parameters |= {"segments": pair_network.segments, "scale": pair_network.scale}
        for name, layer in (("hidden", pair_network.hidden), ("out", pair_network.out)):
            pair_network.parameters |= {f"{name}.{part}": p for part, p in layer.named_parameters()}
        return pair_network

    @classmethod
    def pretrained(
        cls,
        base: Transformer,
        most_tokens: int,
        corrections: Mapping[str, tuple[Floats, Floats]],
        segments: Floats,
        head: Mapping[str, Floats],
    ) -> PairNetwork:
        """A network with learned weights; changes the network of `base`. Raises ValueError if they do not fit it."""
        import torch

        add(base.network.encoder, corrections)
        pair_network = cls(base, most_tokens)
        head_weights = {name: torch.from_numpy(array) for name, array in head.items()}
        with torch.no_grad():
            pair_network.segments.copy_(torch.from_numpy(segments))
            pair_network.scale.copy_(head_weights["scale"])
            for name, layer in (("hidden", pair_network.hidden), ("out", pair_network.out)):
                for part, parameter in layer.named_parameters():
                    parameter.copy_(head_weights[f"{name}.{part}"])
        return pair_network

    def scores(self, pairs: Sequence[tuple[str, str]]) -> Any:
        """The score of every pair, (n,)."""
        import torch
        from torch.nn.functional import cosine_similarity, gelu

        ids, sides = self._tokens(pairs)
        network = self.base.network
        words = network.embeddings.word_embeddings(ids)
        one_hot = torch.stack(
            [sides == 0, sides == 1], dim=-1
        )  # unlike a look-up, its gradients add up in a fixed order
        added = one_hot.to(words.dtype) @ self.segments.to(words.dtype)
        states = network(inputs_embeds=words + added, attention_mask=(sides < 2).long()).last_hidden_state.float()
        query_mean, text_mean = (
            (states * (sides == side)[..., None]).sum(1) / (sides == side).sum(1, keepdim=True) for side in (0, 1)
        )
        scores = self.out(gelu(self.hidden(torch.cat([states[:, 0], query_mean * text_mean], 1))))[:, 0]
        return scores + self.scale * cosine_similarity(query_mean, text_mean)

    def _tokens(self, pairs: Sequence[tuple[str, str]]) -> tuple[Any, Any]:
        """(token ids: [CLS] query [SEP] text [SEP]; sides: 0 query, 1 text, 2 padding), each (n, l)."""
        import torch

        tokenizer = self.base.tokenizer
        queries = list(dict.fromkeys(query for query, _ in pairs))
        first = dict(zip(queries, self._token_ids(queries, _MAX_QUERY_TOKENS), strict=True))
        texts = self._token_ids([text for _, text in pairs], self.most_tokens)
        rows, sides = [], []
        for (query, _), text in zip(pairs, texts, strict=True):
            head = [tokenizer.cls_token_id, *first[query], tokenizer.sep_token_id]
            tail = [*text[: self.most_tokens - len(head) - 1], tokenizer.sep_token_id]
            rows.append(head + tail)
            sides.append([0] * len(head) + [1] * len(tail))
        width = max(map(len, rows))
        ids = [row + [tokenizer.pad_token_id] * (width - len(row)) for row in rows]
        return torch.tensor(ids), torch.tensor([side + [2] * (width - len(side)) for side in sides])

    def _token_ids(self, texts: Sequence[str], most: int) -> list[list[int]]:
        """The token ids of every text, at most `most`."""
        ids: list[list[int]] = self.base.tokenizer(
            list(texts), add_special_tokens=False, truncation=True, max_length=most
        )["input_ids"]
        return ids
