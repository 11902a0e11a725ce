"""A decoder of spans with the words that it knows: trained on the texts of a library, asked what may come next."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from broadsheet_lab.retrieval._decoding import Gram, NextLogs
from broadsheet_lab.retrieval._span_decoder import BEGIN, FIRST_WORD, PADDING, UNKNOWN, SpanDecoder, padded
from broadsheet_lab.retrieval._spans import Source, pairs
from broadsheet_lab.training import Plan, seeded, train

__all__ = ["Writer"]

Numbers = NDArray[np.int64]


class Writer:
    """`words` (v,) are the symbols that the network knows, ascending: the one at place i has the id FIRST_WORD + i."""

    def __init__(self, words: Numbers, network: SpanDecoder) -> None:
        self.words = words
        self.network = network.eval()

    @classmethod
    def trained(
        cls,
        words: Numbers,
        sources: Sequence[Sequence[Source]],
        symbols: Numbers,
        bounds: Numbers,
        plan: Plan,
        *,
        sizes: Mapping[str, int],
        ignored: Numbers | None = None,
        tell: Callable[[str], None] | None = None,
    ) -> Self:
        """Learn to write, for each source, the spans of its document that are like it.

        Every group of `sources` has the same say in a batch; documents are symbols[bounds[i]:bounds[i + 1]]. Raises
        ValueError if no document has a span beside a source.
        """
        with seeded(plan.seed):
            network = SpanDecoder(len(words) + FIRST_WORD, **sizes)
        writer = cls(words, network)
        longest, size = network.sizes["longest"], np.diff(bounds).tolist()
        groups = [left for group in sources if (left := [s for s in group if s.leaves(longest, size[s.document])])]
        if not groups:
            raise ValueError(f"no text has {longest} words beside a sentence: take a lesser `longest`")

        def batch_of(rng: np.random.Generator, size: int) -> tuple[Tensor, Tensor, Tensor]:
            drawn = [
                group[i] for group in groups for i in rng.integers(0, len(group), -(-size // len(groups))).tolist()
            ]
            return writer._tensors(pairs(drawn, symbols, bounds, rng, length=longest, ignored=ignored))

        network.train()
        train(network.parameters(), batch_of, lambda batch: network.loss(*batch), plan, tell=tell)
        network.eval()
        return writer

    def ids(self, symbols: Numbers) -> Numbers:
        """The ids of symbols; UNKNOWN for one that the network does not know."""
        at = np.searchsorted(self.words, symbols).clip(max=len(self.words) - 1)
        return np.where(self.words[at] == symbols, at + FIRST_WORD, UNKNOWN)

    def _tensors(self, drawn: Sequence[tuple[Numbers, Numbers]]) -> tuple[Tensor, Tensor, Tensor]:
        """(queries, spans, what is to be learned of them): an unknown word only where it can be copied."""
        most = self.network.sizes["source"]
        queries, spans, goals = [], [], []
        for query, span in drawn:
            ids = self.ids(span)
            queries.append(self.ids(query[:most]).tolist())
            spans.append(ids.tolist())
            goals.append(np.where((ids == UNKNOWN) & ~np.isin(span, query[:most]), PADDING, ids).tolist())
        return padded(queries), padded(spans), padded(goals)

    def next_logs(self, query: Sequence[int], size: int) -> NextLogs:
        """How likely each of `size` symbols is after a sequence, given a query (-1: a word in no document)."""
        asked = np.array(query, np.int64)[: self.network.sizes["source"]]
        sources = padded([self.ids(asked).tolist() or [UNKNOWN]])
        with torch.inference_mode():
            memory = self.network.read(sources)
        copied = np.unique(asked[(self.ids(asked) == UNKNOWN) & (asked >= 0)])

        def logs(prefixes: Sequence[Gram]) -> NDArray[np.float32]:
            """Of prefixes of one length, (b, size); -inf for a symbol that can neither be written nor copied."""
            rows = padded([[BEGIN, *self.ids(np.array(p, np.int64)).tolist()] for p in prefixes])
            with torch.inference_mode():
                b = len(rows)
                found = self.network(sources.expand(b, -1), memory.expand(b, -1, -1), rows)[:, -1].numpy()
            out = np.full((b, size), -np.inf, np.float32)
            out[:, self.words] = found[:, FIRST_WORD:]
            if len(copied):  # which of them is copied is not told apart
                out[:, copied] = found[:, UNKNOWN, None] - np.float32(np.log(len(copied)))
            return out

        return logs

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """The words and the network."""
        return {"words": self.words, **self.network.to_arrays()}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Self:
        """The decoder again. Raises ValueError if the arrays do not fit together."""
        network = SpanDecoder.from_arrays({name: a for name, a in arrays.items() if name != "words"})
        if len(arrays["words"]) + FIRST_WORD != network.sizes["words"]:
            raise ValueError(f"{len(arrays['words'])} words for a decoder of {network.sizes['words']} ids")
        return cls(arrays["words"], network)
