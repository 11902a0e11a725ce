"""Makes models/reader.bin: three of the bi-encoder's layers, which learn to read a query and a paper together."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from broadsheet_lab.bench.search.query_set import is_trained_on
from broadsheet_lab.bert import Body
from broadsheet_lab.networks import Reader, Retriever
from broadsheet_lab.train import papers, reading
from broadsheet_lab.train.export import write_reader
from broadsheet_lab.train.first_stage import Question, candidates
from broadsheet_lab.train.retriever import NAME, Course, shape_of, sources
from broadsheet_lab.training import Plan

__all__ = ["LAYERS", "MADE", "STEPS", "train"]

LAYERS = (0, 2, 5)  # of the bi-encoder
STEPS = 1200
MADE = 12_000  # papers that queries are made of
_LEAST_ABSTRACT, _LEAST_WORDS = 300, 2


def questions(course: Course, drawn: Any, made: int, seed: int) -> list[Question]:
    """The dev queries that are trained on, and queries made of papers."""
    rng = np.random.default_rng(seed)
    docs = course.source.docs
    found = [Question(a.text, a.row) for a in papers.asked(course.source) if is_trained_on(docs[a.row].id)]
    for row in rng.choice(drawn.able, min(made, len(drawn.able)), replace=False).tolist():
        query = drawn.maker.draw(docs[row], rng)
        if len(docs[row].abstract) >= _LEAST_ABSTRACT and len(query.text.split()) >= _LEAST_WORDS:
            found.append(Question(query.text, row, query))
    return found


def _body_of(whole: Body) -> Body:
    """Some layers of the bi-encoder, and all else it has, to read two texts."""
    body = Body(replace(whole.shape, layers=len(LAYERS)), segments=True)
    body.load_state_dict({k: v for k, v in whole.state_dict().items() if not k.startswith("layers.")}, strict=False)
    for own, i in zip(body.layers, LAYERS, strict=True):
        own.load_state_dict(whole.layers[i].state_dict())
    return body


def train(course: Course, out: Path, *, steps: int = STEPS, made: int = MADE, seed: int = 0) -> dict[str, Any]:
    """Train and write the reader beside transformer.bin, whose state `retriever.train` left in the cache."""
    started = time.perf_counter()
    torch.manual_seed(seed)
    drawn = sources(course)
    state = torch.load(course.cache / "transformer.pt")
    retriever = Retriever(Body(shape_of(course, drawn.pieces)), len(state["projection"]))
    retriever.load_state_dict(state)
    teacher = course.teacher(64)

    def encode(texts: Sequence[str]) -> Any:
        return teacher.encode_now(texts)

    asked = questions(course, drawn, made, seed)
    vectors = drawn.vectors.astype(np.float32)
    lists = list(candidates(course.source.docs, asked, vectors, encode, drawn.pieces, course.tell))
    model = Reader(_body_of(retriever.body))
    model.body.round()
    plan = Plan(steps=steps, batch=12, rate=2e-4, warm=50, seed=seed)
    mix, taken = reading.train(model, lists, plan, kept=course.cache / "reader.part.pt", tell=course.tell)
    more = {
        "from": "transformer.bin",
        "steps": steps,
        "seed": seed,
        "queries": len(lists),
        "losses": [round(loss, 4) for loss in taken.losses],
    }
    more["weight_of_first_stage"] = round(mix, 3)
    write_reader(out, model, name=f"{NAME}-reader", encoder=NAME, tokens=reading.TOKENS, more=more)
    torch.save(model.state_dict(), course.cache / "reader.pt")
    return {**more, "seconds": round(time.perf_counter() - started)}
