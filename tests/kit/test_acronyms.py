"""Acronyms are read where a text defines them, in both orders, and nowhere else."""

from __future__ import annotations

import pytest

from broadsheet.kit.acronyms import definitions, has_initials, is_short_form, singular


@pytest.mark.parametrize(
    ("text", "pairs"),
    [
        ("We train a graph neural network (GNN) on it.", [("GNN", "graph neural network")]),
        ("We train graph neural networks (GNNs) on it.", [("GNN", "graph neural networks")]),
        ("A GNN (graph neural network) reads it.", [("GNN", "graph neural network")]),
        ("GNNs (graph neural networks; see below)", [("GNN", "graph neural networks")]),
        ("Long Short-Term Memory (LSTM) cells", [("LSTM", "Long Short-Term Memory")]),
        ("the area under the curve (AUC)", [("AUC", "area under the curve")]),
        (
            "t-distributed Stochastic Neighbor Embedding (t-SNE)",
            [("t-SNE", "t-distributed Stochastic Neighbor Embedding")],
        ),
        ("a variational autoencoder (VAE)", [("VAE", "variational autoencoder")]),
        ("state-of-the-art (SOTA) results", [("SOTA", "state-of-the-art")]),
        ("mean average precision (mAP) and recall", [("mAP", "mean average precision")]),
        ("In this work. Neural radiance fields (NeRF, for short)", [("NeRF", "Neural radiance fields")]),
        (
            "natural language processing (NLP) and computer vision (CV)",
            [("NLP", "natural language processing"), ("CV", "computer vision")],
        ),
    ],
)
def test_definitions(text: str, pairs: list[tuple[str, str]]) -> None:
    assert list(definitions(text)) == pairs


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no parentheses here",
        "we tried this (see Section 3)",
        "a result (2019) of Google (USA)",
        "three-dimensional (3D) scenes",
        "the encoder (BERT) we use",
        "rate (of the (nested) kind)",
        "work of others. (GNN)",
        "graphs, neural or not, (GNN) are many",
        "(((((((((",
        "a" * 10_000 + " (AB)",
    ],
)
def test_what_defines_nothing(text: str) -> None:
    assert list(definitions(text)) == []


@pytest.mark.parametrize("text", ["GNN", "mAP", "t-SNE", "CO2", "DEtR"])
def test_short_forms(text: str) -> None:
    assert is_short_form(text)


@pytest.mark.parametrize("text", ["Gnn", "the", "G", "", "seq2seq", "ABCDEFGHIJKLM", "G N"])
def test_no_short_forms(text: str) -> None:
    assert not is_short_form(text)


def test_a_plural_is_read_as_its_singular() -> None:
    assert [singular(short) for short in ("GNNs", "GNN", "CS", "DNS", "mAP", "bus")] == [
        *("GNN", "GNN", "CS", "DNS", "mAP", "bus")
    ]


def test_initials_may_skip_small_words() -> None:
    assert not has_initials("AUC", "area near the curve")
    assert has_initials("AUC", "area under the curve") is False
    assert has_initials("SOTA", "state of the art")
    assert has_initials("MoE", "mixture of experts")
    assert has_initials("MDP", "Markov decision process")
    assert not has_initials("VAE", "variational autoencoder")
