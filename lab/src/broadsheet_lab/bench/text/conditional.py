"""Conditional similarity, measured: galleries of 15 in which one paper is right under the condition.

The condition is a kind of keyword, such as "the same method", or a keyword that is shared, or one that is new.

Keywords are in no text. Nothing of the test half is seen in training: neither as a paper nor in a gallery.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from broadsheet.kit.text import fold, stem
from broadsheet_lab.bench.report import Claimed
from broadsheet_lab.bench.study import Study
from broadsheet_lab.bench.text._keywords import Papers
from broadsheet_lab.bench.text._seeds import over_seeds
from broadsheet_lab.retrieval.conditional import TASKS, Combiner, Galleries, galleries, mined
from broadsheet_lab.training import Plan

__all__ = ["claims"]

DATA = "papers.parquet, 5,205 papers with keywords, galleries of 15 of four tasks, test half"
SEEDS = (0, 1, 2)
TRIPLES = 5_000  # of each task
LAYERS = {"projection": 64, "hidden": 64}
TRAINING: dict[str, Any] = {"steps": 60, "batch": 64, "rate": 3e-4}  # of three tried, the best on parts of the dev half
SHARES = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6)  # of the condition in the weighted mean, tried on the dev half

# What a keyword is, by its last word; most are of no kind, and count as objects.
KINDS = {
    "the same method": """learning model network optimization optimisation attention training transformer gan
        embedding inference regression gradient autoencoder rnn lstm diffusion distillation pruning quantization mamba
        vae cnn encoder llm rlhf pretraining tuning augmentation adaptation transfer splatting nerf policy process
        programming heuristic search rl unlearning cloning descent sampling kernel ensemble prompting""",
    "the same task": """classification manipulation planning reasoning generation detection segmentation recognition
        clustering scheduling prediction retrieval answering extraction summarization translation navigation locomotion
        grasping tracking recommendation estimation completion reconstruction localization forecasting allocation
        driving control synthesis categorization understanding parsing compression rendering routing verification
        proving matching""",
    "the same quality": """robustness fairness privacy security safety interpretability explainability efficiency
        uncertainty calibration bias generalization generalisation alignment trustworthiness transparency diversity
        sparsity scalability consistency invariance equivariance hallucination memorization""",
    "the same theory": """theory theorem bound convergence complexity regret equilibrium identifiability dynamic
        geometry topology causality probability information statistics algebra minimax tradeoff expressivity""",
    "the same material": """dataset benchmark corpus evaluation survey library toolkit framework simulator platform
        leaderboard metric annotation crowdsourcing""",
    "the same subject": """vision graph language speech medicine stream series cloud web nlp robot robotic game media
        transportation bioinformatic science image video law sound healthcare fintech sensing photography art vehicle
        code music molecule protein""",
}

Vectors = NDArray[np.float32]
Floats = NDArray[np.float64]


class Side(Papers):
    """The papers of one side of a split, and the vectors of papers and keywords."""

    @cached_property
    def kinds(self) -> NDArray[np.int64]:
        """The kind of each keyword, (v,); -1 for none."""
        of = {stem(word): kind for kind, words in enumerate(KINDS.values()) for word in words.split()}
        return np.array([of.get(stem(fold(word).split()[-1]), -1) for word in self.keywords.words], np.int64)

    @cached_property
    def asked(self) -> dict[str, Galleries]:
        return {task: galleries(self.keywords.held, self.kinds, task) for task in TASKS}

    def said(self, task: str, conditions: NDArray[np.int64]) -> list[str]:
        """The conditions of a task in words."""
        words = list(KINDS) if task == "focus attribute" else self.keywords.words
        return [words[i] for i in conditions.tolist()]

    def trained(self, seed: int) -> Combiner:
        """A combiner fitted on triples of all tasks."""
        found = {task: mined(self.keywords.held, self.kinds, task, seed=seed, count=TRIPLES) for task in TASKS}
        words = [word for task, part in found.items() for word in self.said(task, part.conditions)]
        references, targets = (
            self.vectors[np.concatenate([getattr(part, name) for part in found.values()])]
            for name in ("references", "targets")
        )
        method = Combiner(plan=Plan(seed=seed, **TRAINING), sharpness=10.0, dropout=0.2, **LAYERS)  # type: ignore[arg-type]
        return method.fit(references, words, targets, tell=self.study.tell)

    def references(self, task: str) -> Vectors:
        """The vectors of the references of a task's queries."""
        return self.vectors[self.asked[task].references]

    def conditions(self, task: str) -> list[str]:
        """The conditions of a task's queries in words."""
        return self.said(task, self.asked[task].conditions)

    def weighted(self, task: str, share: float) -> Floats:
        """recall@1 by the weighted mean of the vectors of reference and condition."""
        distinct, at = np.unique(self.conditions(task), return_inverse=True)
        words = self.study.encode(distinct.tolist())[at.reshape(-1)]
        return self.recall(task, (1 - share) * self.references(task) + share * words)

    def recall(self, task: str, queries: Vectors, k: int = 1) -> Floats:
        """Whether the right paper is among the k nearest of its gallery, (q,); ties count against it."""
        scores = np.einsum("qd,qgd->qg", queries, self.vectors[self.asked[task].candidates])
        return np.asarray((scores[:, 1:] >= scores[:, :1]).sum(axis=1) < k, np.float64)


def _trained(test: Side, method: Combiner) -> dict[str, Floats]:
    """Recall by task and way, each (q,), of what is trained."""
    rng, found = np.random.default_rng(0), {}
    for task in TASKS:
        papers, words = test.references(task), test.conditions(task)
        other = [words[i] for i in rng.permutation(len(words))]
        queries, turned = (method.encode(papers, said) for said in (words, other))
        found[f"{task}: combiner"] = test.recall(task, queries)
        found[f"{task}: combiner, other conditions"] = test.recall(task, turned)
        found[f"{task}: combiner, recall@2"] = test.recall(task, queries, 2)
        found[f"{task}: combiner, recall@3"] = test.recall(task, queries, 3)
    return found


def _table(test: Side, dev: Side, share: float) -> dict[str, dict[str, Floats]]:
    """task -> way -> recall, (q,) or (seeds, q)."""
    trained = over_seeds("conditional", SEEDS, lambda seed: _trained(test, dev.trained(seed)))
    table: dict[str, dict[str, Floats]] = {}
    for task in TASKS:
        table[task] = {
            "reference alone": test.weighted(task, 0.0),
            "condition alone": test.weighted(task, 1.0),
            "weighted mean": test.weighted(task, share),
        }
        table[task] |= {n.removeprefix(f"{task}: "): v for n, v in trained.items() if n.startswith(f"{task}: ")}
    return table


def claims(study: Study) -> list[Claimed]:
    """The combiner against the weighted mean of its inputs, against each alone, and against wrong conditions."""
    dev, test = Side(study, study.dev), Side(study, ~study.dev)
    tried = {share: float(np.mean([dev.weighted(task, share).mean() for task in TASKS])) for share in SHARES}
    share = max(SHARES, key=lambda s: tried[s])
    study.tell("training on the dev half")
    table = _table(test, dev, share)
    # tasks have as many queries each, or the means would weigh them unequally
    least = min(rows["combiner"].shape[-1] for rows in table.values())
    ways = table[TASKS[0]]
    every = {name: np.concatenate([table[task][name][..., :least] for task in TASKS], axis=-1) for name in ways}
    detail = {
        "recall@1 by task": {
            task: {name: round(float(values.mean()), 4) for name, values in rows.items()}
            for task, rows in table.items()
        },
        "queries a task": least,
        "chance": round(1 / 15, 4),
        "training": LAYERS | TRAINING,
        "share of the condition in the weighted mean, chosen on the dev half": share,
        "recall@1 of the weighted mean on the dev half": {f"{s:g}": round(value, 4) for s, value in tried.items()},
    }
    alone = max(("reference alone", "condition alone"), key=lambda name: float(every[name].mean()))
    against = {
        "the weighted mean of reference and condition": "weighted mean",
        "the better of reference and condition alone": alone,
        "itself with the conditions of other queries": "combiner, other conditions",
    }
    mean = float(every["weighted mean"].mean())
    return [
        Claimed.ratio(
            DATA,
            f"recall@1, mean of the tasks, over {said} (ratio)",
            ("recall@1, combiner", every["combiner"]),
            (f"recall@1, {name}", every[name]),
            rival=("weighted mean", mean / float(every[name].mean())),
            detail=detail if name == "weighted mean" else {},
        )
        for said, name in against.items()
    ]
