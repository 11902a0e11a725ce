"""Toy models are trained from end to end, and the product reads and runs what was written."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from broadsheet.encoders.transformer import Transformer
from broadsheet.kit.errors import UsageError
from broadsheet.ranking.cross_encoder import CrossEncoder
from broadsheet_lab.bench.search import sets
from broadsheet_lab.bench.search.query_set import Doc, Need, Source, is_dev, is_trained_on

torch = pytest.importorskip("torch")
pytest.importorskip("tokenizers")
pytest.importorskip("bm25s")

THINGS = ("bread", "sail", "keel", "oven", "rye", "mast", "dough", "rope", "flour", "anchor", "yeast", "deck")
VERBS = ("bake", "steer", "weigh", "measure", "predict", "compare")
PIECES: tuple[str, ...] = (
    "[PAD]",
    "[unused0]",
    "[UNK]",
    "[CLS]",
    "[SEP]",
    "[MASK]",
    *THINGS,
    *VERBS,
    "the",
    "of",
    "we",
    "with",
    ".",
    ",",
)
PIECES += tuple("abcdefghijklmnopqrstuvwxyz") + tuple(f"##{c}" for c in "abcdefghijklmnopqrstuvwxyz")
WIDTH, INNER, LAYERS = 64, 128, 6


def _source() -> Source:
    rng = np.random.default_rng(3)
    docs = []
    for i in range(60):
        a, b, c, d = rng.choice(THINGS, 4, replace=False)
        abstract = " ".join(
            f"We {rng.choice(VERBS)} the {x} with the {y}, and the {z}s of {w}."
            for x, y, z, w in ((a, b, c, d), (b, a, d, c)) * 3
        )
        docs.append(Doc(f"p{i}", f"{a} {b} of the {c}", abstract, (str(a), str(d))))
    needs = tuple(Need(d.id, {"short": d.title, "need": f"how to weigh {d.title}"}) for d in docs[:24])
    return Source(tuple(docs), ("",) * len(docs), needs)


def _write_bert(folder: Path) -> None:
    """A transformer with random weights, as the package of MiniLM holds its own."""
    rng = np.random.default_rng(1)
    shapes = {"embeddings.word_embeddings.weight": (len(PIECES), WIDTH)}
    shapes |= {
        "embeddings.position_embeddings.weight": (128, WIDTH),
        "embeddings.token_type_embeddings.weight": (2, WIDTH),
    }
    arrays = {name: rng.standard_normal(shape) * 0.3 for name, shape in shapes.items()}
    norms = ["embeddings.LayerNorm"]
    for i in range(LAYERS):
        at = f"encoder.layer.{i}."
        square = [f"attention.self.{x}" for x in ("query", "key", "value")] + ["attention.output.dense"]
        sizes = dict.fromkeys(square, (WIDTH, WIDTH))
        sizes |= {"intermediate.dense": (INNER, WIDTH), "output.dense": (WIDTH, INNER)}
        for name, shape in sizes.items():
            arrays[f"{at}{name}.weight"] = rng.standard_normal(shape) * 0.1
            arrays[f"{at}{name}.bias"] = np.zeros(shape[0])
        norms += [f"{at}attention.output.LayerNorm", f"{at}output.LayerNorm"]
    for name in norms:
        arrays |= {f"{name}.weight": np.ones(WIDTH), f"{name}.bias": np.zeros(WIDTH)}
    header: dict[str, Any] = {}
    data = b""
    for name, array in arrays.items():
        raw = array.astype(np.float32).tobytes()
        header[name] = {"dtype": "F32", "shape": array.shape, "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps(header).encode()
    (folder / "model.safetensors").write_bytes(len(text).to_bytes(8, "little") + text + data)
    (folder / "vocab.txt").write_text("\n".join(PIECES) + "\n", encoding="utf-8")


def _write_wordnet(folder: Path) -> None:
    lines = ["  the licence comes first"]
    lines += [
        f'0000{i} 06 n 02 {x} 0 big_{x} 0 000 | a {x} with flour; "the {x} of the deck"  ' for i, x in enumerate(THINGS)
    ]
    for name in ("data.noun", "data.verb", "data.adj", "data.adv"):
        (folder / name).write_text("\n".join(lines) + "\n", encoding="utf-8")


@pytest.fixture(autouse=True)
def _few_queries(monkeypatch: pytest.MonkeyPatch) -> None:
    """The board asks for few of the toy papers."""
    for name in ("TITLES", "KEYWORDS", "SENTENCES"):
        monkeypatch.setattr(sets, name, 5)


@pytest.fixture
def course(tmp_path: Path) -> Any:
    from broadsheet_lab.train.retriever import Course

    for name in ("wordnet", "minilm", "cache"):
        (tmp_path / name).mkdir()
    _write_bert(tmp_path / "minilm")
    _write_wordnet(tmp_path / "wordnet")
    return Course(_source(), tmp_path / "wordnet", tmp_path / "minilm", tmp_path / "cache", lambda _: None)


def test_both_models_are_trained_and_run_in_the_product(course: Any, tmp_path: Path) -> None:
    from broadsheet_lab.train import reader_model, retriever

    small = {"groups": 3, "group": 3, "asked": 3, "glosses": 3}
    made = retriever.train(course, tmp_path / "transformer.bin", steps=12, **small)
    assert len(made["losses"]) == 10
    assert np.isfinite(np.array(made["losses"])).all()
    encoder = Transformer.load(tmp_path / "transformer.bin")
    assert (encoder.name, encoder.dimensions, encoder.max_tokens) == ("broadsheet-6-2", WIDTH, 128)
    vectors = encoder.encode(["bread of the oven", "the keel with the mast"])
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)

    made = reader_model.train(course, tmp_path / "reader.bin", steps=5, made=30)
    assert np.isfinite(made["losses"]).all()
    reader = CrossEncoder.load(tmp_path / "reader.bin")
    assert np.isfinite(reader.scores("bread", ["the oven", "the mast"])).all()


def test_the_file_says_what_the_network_says(course: Any, tmp_path: Path) -> None:
    from broadsheet_lab.kit.pieces import Pieces, frequent
    from broadsheet_lab.networks import Retriever, encoded
    from broadsheet_lab.train import retriever

    retriever.train(course, tmp_path / "transformer.bin", steps=12, groups=3, group=3, asked=3, glosses=3)
    encoder = Transformer.load(tmp_path / "transformer.bin")
    pieces = Pieces(tuple(encoder.tokenizer.pieces))
    state = torch.load(course.cache / "transformer.pt")
    from broadsheet_lab.bert import Body

    model = Retriever(Body(retriever.shape_of(course, pieces)), len(state["projection"]))
    model.load_state_dict(state)
    model.body.round()
    texts = ["we bake the bread with the oven.", "a keel, and the masts of rye"]
    with torch.no_grad():
        theirs = encoded(model, [np.array([2, *ids, 3], np.int32) for ids in pieces.ids(texts)]).numpy()
    assert (encoder.encode(texts) * theirs).sum(axis=1).min() > 0.98
    assert frequent(PIECES, [["bread bread rye"]], 10).vocabulary[:4] == ("[PAD]", "[UNK]", "[CLS]", "[SEP]")


def test_nothing_of_a_test_half_is_learned() -> None:
    from broadsheet_lab.train import papers

    source = _source()
    able = papers.may_train(source)
    dev = is_dev([d.id for d in source.docs])
    written = np.arange(len(dev)) < 24
    assert not able[written & ~dev].any()
    assert able.sum() > 20
    assert {a.row for a in papers.asked(source)} == set(np.flatnonzero(written & dev).tolist())
    learned = np.array([is_trained_on(d.id) for d in source.docs])
    assert not learned[~dev].any()
    assert 0 < learned[dev].mean() < 1


def test_made_queries_leave_out_what_they_are_taken_from() -> None:
    from broadsheet_lab.train.asking import Maker

    doc = _source().docs[0]
    maker = Maker({}, 1.0)
    rng = np.random.default_rng(0)
    drawn = [maker.draw(doc, rng) for _ in range(200)]
    kinds = {d.kind for d in drawn}
    assert kinds == {"title", "sentence", "keywords", "need", "short"}
    assert all(d.untitled for d in drawn if d.kind == "title")
    assert all(d.without >= 0 for d in drawn if d.kind == "sentence")
    assert all(1 <= len(d.text.split()) <= 6 for d in drawn if d.kind == "short")


def test_wordnet_gives_words_definitions_and_examples(tmp_path: Path) -> None:
    from broadsheet_lab.train.glosses import glosses

    _write_wordnet(tmp_path)
    found = list(glosses(tmp_path))
    assert len(found) == 4 * len(THINGS)
    assert found[0] == ("bread, big bread", "a bread with flour", "the bread of the deck")


def test_what_is_missing_is_said(tmp_path: Path) -> None:
    from broadsheet_lab.train.retriever import Course

    with pytest.raises(UsageError, match=r"no data\.noun here"):
        Course.of(tmp_path, tmp_path / "cache", lambda _: None)
