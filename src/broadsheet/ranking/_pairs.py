"""A transformer over pairs of a query and a candidate, and what judges its states; in torch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from broadsheet.ranking._low_rank import add, added_to

__all__ = ["JUDGE", "WIDTH", "PairNetwork", "Transformer"]

Floats = NDArray[np.float32]

WIDTH = 256  # of the layer that judges
JUDGE = ("hidden.weight", "hidden.bias", "out.weight", "out.bias", "scale")  # parameters of what judges
_MOST_ASKED = 48  # tokens of a query that are read


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
    """Pairs to scores."""

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
    def learning(cls, base: Transformer, most_tokens: int, rank: int) -> PairNetwork:
        """With `parameters` that can be learned: corrections of that rank, segments and judge."""
        found = cls(base, most_tokens)
        found.parameters = added_to(base.network.encoder, rank)
        found.parameters |= {"segments": found.segments, "scale": found.scale}
        for name, layer in (("hidden", found.hidden), ("out", found.out)):
            found.parameters |= {f"{name}.{part}": p for part, p in layer.named_parameters()}
        return found

    @classmethod
    def learned(
        cls,
        base: Transformer,
        most_tokens: int,
        corrections: Mapping[str, tuple[Floats, Floats]],
        segments: Floats,
        judge: Mapping[str, Floats],
    ) -> PairNetwork:
        """With what was learned; the base's network is changed. Raises ValueError if it is not of this network."""
        import torch

        add(base.network.encoder, corrections)
        found = cls(base, most_tokens)
        judges = {name: torch.from_numpy(array) for name, array in judge.items()}
        with torch.no_grad():
            found.segments.copy_(torch.from_numpy(segments))
            found.scale.copy_(judges["scale"])
            for name, layer in (("hidden", found.hidden), ("out", found.out)):
                for part, parameter in layer.named_parameters():
                    parameter.copy_(judges[f"{name}.{part}"])
        return found

    def scores(self, pairs: Sequence[tuple[str, str]]) -> Any:
        """The score of every pair, (n,)."""
        import torch
        from torch.nn.functional import cosine_similarity, gelu

        ids, sides = self._tokens(pairs)
        network = self.base.network
        words = network.embeddings.word_embeddings(ids)
        one_hot = torch.stack([sides == 0, sides == 1], dim=-1)  # looked up, gradients would add up in any order
        added = one_hot.to(words.dtype) @ self.segments.to(words.dtype)
        states = network(inputs_embeds=words + added, attention_mask=(sides < 2).long()).last_hidden_state.float()
        asked, read = (
            (states * (sides == side)[..., None]).sum(1) / (sides == side).sum(1, keepdim=True) for side in (0, 1)
        )
        judged = self.out(gelu(self.hidden(torch.cat([states[:, 0], asked * read], 1))))[:, 0]
        return judged + self.scale * cosine_similarity(asked, read)

    def _tokens(self, pairs: Sequence[tuple[str, str]]) -> tuple[Any, Any]:
        """(the tokens of query and candidate, [CLS] before, [SEP] after each; 0, 1 or, for padding, 2), each (n, l)."""
        import torch

        tokenizer = self.base.tokenizer
        queries = list(dict.fromkeys(query for query, _ in pairs))
        first = dict(zip(queries, self._read(queries, _MOST_ASKED), strict=True))
        texts = self._read([text for _, text in pairs], self.most_tokens)
        rows, sides = [], []
        for (query, _), text in zip(pairs, texts, strict=True):
            head = [tokenizer.cls_token_id, *first[query], tokenizer.sep_token_id]
            tail = [*text[: self.most_tokens - len(head) - 1], tokenizer.sep_token_id]
            rows.append(head + tail)
            sides.append([0] * len(head) + [1] * len(tail))
        width = max(map(len, rows))
        ids = [row + [tokenizer.pad_token_id] * (width - len(row)) for row in rows]
        return torch.tensor(ids), torch.tensor([side + [2] * (width - len(side)) for side in sides])

    def _read(self, texts: Sequence[str], most: int) -> list[list[int]]:
        """The tokens of every text, `most` at most."""
        found: list[list[int]] = self.base.tokenizer(
            list(texts), add_special_tokens=False, truncation=True, max_length=most
        )["input_ids"]
        return found
