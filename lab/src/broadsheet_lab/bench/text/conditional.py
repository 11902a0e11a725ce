"""Conditional similarity, measured: galleries of 15 in which one paper is right under the condition.

The condition is a kind of keyword, such as "the same method" (focus), or a keyword that is new (change).

Keywords are in no text. Nothing of the test half is seen in training: neither as a paper nor in a gallery.
"""

from __future__ import annotations

from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from broadsheet.kit.text import fold, stem
from broadsheet_lab.bench.report import Claimed
from broadsheet_lab.bench.study import Study
from broadsheet_lab.bench.text._keywords import Papers, choosing
from broadsheet_lab.bench.text._ranks import ratio
from broadsheet_lab.retrieval.conditional import TASKS, Combiner, Galleries, galleries, mined

__all__ = ["claims"]

DATA = "papers.parquet, galleries of 15 by keywords, test half"
SEEDS = (0, 1, 2)
TRIPLES = 10_000  # of either task
LAYERS = {"projection": 128, "hidden": 128}
RATE = 1e-3
SHARPNESS = (10.0, 20.0, 40.0)  # tried on the dev half
DECAYS = (30.0, 100.0, 300.0)  # likewise

# What a keyword is, by its last word; most are of no kind.
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
    "the same subject": """vision graph language speech medicine stream series cloud web nlp robot robotic game media
        transportation bioinformatic science image video law sound healthcare fintech sensing photography art vehicle
        code music molecule protein""",
}

Vectors = NDArray[np.float32]
Found = NDArray[np.float64]


class Side(Papers):
    """The papers of one side of a split, and the vectors of papers and keywords."""

    @cached_property
    def kinds(self) -> NDArray[np.int64]:
        """The kind of each keyword, (v,); -1 for none."""
        of = {stem(word): kind for kind, words in enumerate(KINDS.values()) for word in words.split()}
        return np.array([of.get(stem(fold(word).split()[-1]), -1) for word in self.keywords.words], np.int64)

    @cached_property
    def conditions(self) -> dict[str, Vectors]:
        """The vectors of all conditions of a task."""
        return {"focus": self.study.encode(list(KINDS)), "change": self.study.encode(self.keywords.words)}

    @cached_property
    def asked(self) -> dict[str, Galleries]:
        return {task: galleries(self.keywords.held, self.kinds, task) for task in TASKS}

    def trained(self, seed: int, sharpness: float, decay: float) -> Combiner:
        """A combiner fitted on triples of both tasks."""
        found = {task: mined(self.keywords.held, self.kinds, task, seed=seed, count=TRIPLES) for task in TASKS}
        references, targets = (
            np.concatenate([getattr(part, name) for part in found.values()]) for name in ("references", "targets")
        )
        words = np.concatenate([self.conditions[task][part.conditions] for task, part in found.items()])
        method = Combiner(sharpness=sharpness, decay=decay, rate=RATE, seed=seed, **LAYERS)
        return method.fit(self.vectors[references], words, self.vectors[targets])

    def parts(self, task: str) -> tuple[Vectors, Vectors]:
        """The vectors of the references and of the conditions of a task's queries."""
        asked = self.asked[task]
        return self.vectors[asked.references], self.conditions[task][asked.conditions]

    def recall(self, task: str, queries: Vectors, k: int = 1) -> Found:
        """Whether the right paper is among the k nearest of its gallery, (q,); ties count against it."""
        scores = np.einsum("qd,qgd->qg", queries, self.vectors[self.asked[task].candidates])
        return np.asarray((scores[:, 1:] >= scores[:, :1]).sum(axis=1) < k, np.float64)


def _trained(side: Side, task: str, method: Combiner, k: int = 1) -> Found:
    return side.recall(task, method.encode(*side.parts(task)), k)


def claims(study: Study) -> list[Claimed]:  # long: flat: what is measured once, then one entry a claim of the card
    """The combiner against the mean of its inputs, against each alone, and against itself with wrong conditions."""
    learn, choose = (Side(study, part) for part in choosing(study))
    study.tell("choosing the sharpness and the decay")
    tried = {}
    for pair in ((s, d) for s in SHARPNESS for d in DECAYS):
        method = learn.trained(0, *pair)
        tried[pair] = float(np.mean([_trained(choose, task, method).mean() for task in TASKS]))
    chosen = max(tried, key=lambda pair: tried[pair])
    dev, test = Side(study, study.dev), Side(study, ~study.dev)
    study.tell("training on the dev half")
    methods = [dev.trained(seed, *chosen) for seed in SEEDS]
    rng = np.random.default_rng(0)
    table: dict[str, dict[str, Found]] = {}
    for task in TASKS:
        papers, words = test.parts(task)
        other = words[rng.permutation(len(words))]
        table[task] = {
            "reference alone": test.recall(task, papers),
            "condition alone": test.recall(task, words),
            "mean of both": test.recall(task, papers + words),
            "combiner": np.mean([_trained(test, task, m) for m in methods], axis=0),
            "combiner, other conditions": np.mean(
                [test.recall(task, m.encode(papers, other)) for m in methods], axis=0
            ),
            "combiner, recall@2": np.mean([_trained(test, task, m, 2) for m in methods], axis=0),
            "combiner, recall@3": np.mean([_trained(test, task, m, 3) for m in methods], axis=0),
        }
    # tasks have as many queries each, or the means would weigh them unequally
    least = min(len(rows["combiner"]) for rows in table.values())
    both = {name: np.concatenate([table[task][name][:least] for task in TASKS]) for name in table["focus"]}
    detail = {
        "recall@1 by task": {
            task: {name: round(float(values.mean()), 4) for name, values in rows.items()}
            for task, rows in table.items()
        },
        "queries by task": {task: len(rows["combiner"]) for task, rows in table.items()},
        "chance": round(1 / 15, 4),
        "sharpness and decay, chosen on the dev half": list(chosen),
        "recall@1 on the dev half": {f"{s:g}, {d:g}": round(value, 4) for (s, d), value in tried.items()},
    }
    alone = max(("reference alone", "condition alone"), key=lambda name: float(both[name].mean()))
    head = "recall@1, mean of focus and change, combiner over"
    over = ("recall@1, combiner", both["combiner"])
    return [
        ratio(
            DATA,
            f"{head} the mean of reference and condition (ratio)",
            over,
            ("mean of both", both["mean of both"]),
            detail,
        ),
        ratio(DATA, f"{head} the better of reference and condition alone (ratio)", over, (alone, both[alone])),
        ratio(
            DATA,
            f"{head} itself with the conditions of other queries (ratio)",
            over,
            ("combiner, other conditions", both["combiner, other conditions"]),
        ),
    ]
