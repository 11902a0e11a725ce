"""B-PROP beside PROP, both pre-trained on as many word sets of the same papers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from broadsheet.kit.text import STOP_WORDS
from broadsheet_lab.bench.report import Claimed, interval
from broadsheet_lab.bench.study import Study
from broadsheet_lab.bench.text._pretraining import KEYWORDS, SETS, Base, Pretraining, Vectors, embeddings
from broadsheet_lab.bench.text._ranks import ratio
from broadsheet_lab.bench.text.prop import word_sets
from broadsheet_lab.encoders.b_prop import Contrast
from broadsheet_lab.encoders.minilm import MiniLM

__all__ = ["claims", "learned"]

TRAINED, JUDGED = 1_000, 300  # papers whose attention is asked for
PAIRS = 10  # of word sets a paper
TEMPERATURES = (1.0, 0.02)


@dataclass(frozen=True)
class _Attention:
    """Whole words of texts in order, with the attention [CLS] pays them."""

    words: NDArray[np.int64]
    weights: NDArray[np.float64]
    bounds: NDArray[np.int64]
    names: tuple[str, ...]

    def part(self, start: int, stop: int) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.int64]]:
        """(words, weights, bounds) of the texts from start to stop."""
        low, high = self.bounds[start], self.bounds[stop]
        return self.words[low:high], self.weights[low:high], self.bounds[start : stop + 1] - low


def _attended(texts: Sequence[str]) -> _Attention:
    """The last layer's attention of [CLS], a mean over heads; a word's is the sum over its pieces.

    Stop words, numbers and punctuation are no words.
    """
    import torch
    from transformers import AutoModel

    model = MiniLM(most_tokens=192)
    folder = model.tokenizer.name_or_path
    network = AutoModel.from_pretrained(folder, attn_implementation="eager").eval().to(torch.bfloat16)
    known: dict[str, int] = {}
    words: list[list[int]] = [[] for _ in texts]
    weights: list[list[float]] = [[] for _ in texts]
    order = sorted(range(len(texts)), key=lambda i: -len(texts[i]))
    with torch.inference_mode():
        for start in range(0, len(order), 16):
            at = order[start : start + 16]
            inputs = model.tokenizer(
                [texts[i] for i in at], padding=True, truncation=True, max_length=model.most_tokens, return_tensors="pt"
            )
            last = network(**inputs, output_attentions=True).attentions[-1]  # (b, heads, l, l)
            paid = last[:, :, 0].float().mean(dim=1).numpy()  # (b, l)
            for row, i in enumerate(at):
                spans: dict[int, tuple[int, int, float]] = {}
                for piece, word in enumerate(inputs.word_ids(row)):
                    if word is not None:
                        low, high = inputs.token_to_chars(row, piece)
                        old = spans.get(word, (low, high, 0.0))
                        spans[word] = (old[0], high, old[2] + float(paid[row, piece]))
                for low, high, weight in spans.values():
                    name = texts[i][low:high].lower()
                    if name.isalpha() and name not in STOP_WORDS and len(name) > 1:
                        words[i].append(known.setdefault(name, len(known)))
                        weights[i].append(weight)
    bounds = np.cumsum([0, *map(len, words)], dtype=np.int64)
    return _Attention(
        np.array([w for row in words for w in row], np.int64),
        np.array([w for row in weights for w in row], np.float64),
        bounds,
        tuple(known),
    )


def _drawn(study: Study, rng: np.random.Generator) -> NDArray[np.int64]:
    """The dev papers to learn from, ascending."""
    return np.sort(rng.permutation(np.flatnonzero(study.dev))[:TRAINED])


def _pretrained(base: Base, seen: _Attention, dev: NDArray[np.int64]) -> tuple[Contrast, Pretraining]:
    """On the dev papers, whose attention comes first; the temperature is that which serves their queries best."""
    train, queries = seen.part(0, len(dev)), np.flatnonzero(base.study.by_keywords.dev)
    ways = []
    for temperature in TEMPERATURES:
        contrast = Contrast(temperature=temperature).fit(*train, len(seen.names))
        sets = contrast.pairs(*train, seen.names, per_document=PAIRS, seed=0)
        way = Pretraining.on(base, Vectors.of(base, sets, dev))
        ways.append((float(base.inverse(KEYWORDS, queries, way.ranker.encode).mean()), contrast, way))
    _, contrast, found = max(ways, key=lambda way: way[0])
    return contrast, found


def learned(base: Base) -> Pretraining:
    """Pre-trained on dev papers alone."""
    dev = _drawn(base.study, np.random.default_rng(0))
    return _pretrained(base, _attended([base.study.texts[i] for i in dev]), dev)[1]


def claims(study: Study) -> list[Claimed]:
    """The share of pairs in order, and B-PROP's MRR@10 over PROP's without labels and with ten."""
    base, rng = embeddings(study), np.random.default_rng(0)
    dev = _drawn(study, rng)
    test = np.sort(rng.permutation(np.flatnonzero(~study.dev))[:JUDGED])
    study.tell(f"attending to {TRAINED + JUDGED} papers")
    seen = _attended([study.texts[i] for i in (*dev, *test)])
    judge = seen.part(TRAINED, TRAINED + JUDGED)
    contrast, found = _pretrained(base, seen, dev)
    judged = Vectors.of(base, contrast.pairs(*judge, seen.names, per_document=5, seed=1), test)
    prop = Pretraining.on(base, word_sets(base, dev, PAIRS, seed=0))
    right = judged.ordered(found.ranker)
    bare, plain = found.unlabelled(KEYWORDS)
    return [
        Claimed(
            SETS,
            "pairs of word sets ordered as their contrastive scores (share)",
            float(right.mean()),
            interval=interval(right),
            baseline={"cosine, not pre-trained": float(judged.ordered(None).mean())},
            detail={
                "pairs": len(right),
                "chosen on the dev half": {**found.chosen, "temperature": contrast.temperature},
            },
        ),
        ratio(
            KEYWORDS,
            "MRR@10 without labels, B-PROP over PROP (ratio)",
            ("B-PROP", bare[1]),
            ("PROP", prop.unlabelled(KEYWORDS)[0][1]),
            {"MRR@10, not pre-trained": round(float(plain[1].mean()), 4)},
        ),
        ratio(
            KEYWORDS,
            "MRR@10 after 10 labels, B-PROP over PROP (ratio)",
            ("B-PROP", found.labelled()),
            ("PROP", prop.labelled()),
        ),
    ]
