"""BERT as an ONNX graph, made from its weights without torch, for onnxruntime; and its form with 8-bit weights."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["quantised", "session", "write_graph"]

_OPSET = 20  # the first with Gelu
_EPSILON = 1e-12


class _Graph:
    """Nodes and weights, added in the order in which they run."""

    def __init__(self) -> None:
        self.onnx: Any = import_module("onnx")
        self.nodes: list[Any] = []
        self.weights: dict[str, Any] = {}

    def constant(self, array: NDArray[Any]) -> str:
        """A weight; its name."""
        name = f"w{len(self.weights)}"
        self.weights[name] = self.onnx.numpy_helper.from_array(np.ascontiguousarray(array), name)
        return name

    def __call__(self, kind: str, *inputs: str, **attributes: Any) -> str:
        """Add a node; the name of its output."""
        name = f"n{len(self.nodes)}"
        self.nodes.append(self.onnx.helper.make_node(kind, list(inputs), [name], name=f"{kind}_{name}", **attributes))
        return name

    def linear(self, x: str, weights: NDArray[Any], bias: NDArray[Any]) -> str:
        """x W' + bias."""
        return self("Add", self("MatMul", x, self.constant(weights.T)), self.constant(bias))

    def write(self, path: Path, output: str, width: int) -> None:
        """Write the graph with the input `ids` (texts, tokens) and the output `vectors` (texts, width)."""
        helper, types = self.onnx.helper, self.onnx.TensorProto
        self.nodes.append(helper.make_node("Identity", [output], ["vectors"]))
        ids = helper.make_tensor_value_info("ids", types.INT64, ["texts", "tokens"])
        vectors = helper.make_tensor_value_info("vectors", types.FLOAT, ["texts", width])
        graph = helper.make_graph(self.nodes, "bert", [ids], [vectors], list(self.weights.values()))
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", _OPSET)], ir_version=9)
        self.onnx.save(model, str(path))


def _normalised(graph: _Graph, x: str, weights: Mapping[str, NDArray[Any]], name: str) -> str:
    scale, shift = (graph.constant(weights[f"{name}.{part}"]) for part in ("weight", "bias"))
    return graph("LayerNormalization", x, scale, shift, axis=-1, epsilon=_EPSILON)


def _layer(graph: _Graph, x: str, weights: Mapping[str, NDArray[Any]], at: str, heads: int) -> str:
    """One layer of attention and feed-forward."""

    def linear(x: str, name: str) -> str:
        return graph.linear(x, weights[f"{at}.{name}.weight"], weights[f"{at}.{name}.bias"])

    width = len(weights[f"{at}.output.dense.bias"])
    split = graph.constant(np.array([0, 0, heads, width // heads], np.int64))
    parts = [graph("Reshape", linear(x, f"attention.self.{name}"), split) for name in ("query", "key", "value")]
    q, v = (graph("Transpose", parts[i], perm=[0, 2, 1, 3]) for i in (0, 2))
    k = graph("Transpose", parts[1], perm=[0, 2, 3, 1])
    root = graph.constant(np.array(np.sqrt(width / heads), np.float32))
    shares = graph("Softmax", graph("Div", graph("MatMul", q, k), root), axis=-1)
    mixed = graph("Transpose", graph("MatMul", shares, v), perm=[0, 2, 1, 3])
    joined = graph("Reshape", mixed, graph.constant(np.array([0, 0, width], np.int64)))
    x = _normalised(
        graph, graph("Add", linear(joined, "attention.output.dense"), x), weights, f"{at}.attention.output.LayerNorm"
    )
    up = graph("Gelu", linear(x, "intermediate.dense"))
    return _normalised(graph, graph("Add", linear(up, "output.dense"), x), weights, f"{at}.output.LayerNorm")


def write_graph(path: Path, weights: Mapping[str, NDArray[Any]], layers: int, heads: int) -> None:
    """Write BERT with weights by their names in transformers: the mean state of each text, all of one length."""
    graph = _Graph()
    words = weights["embeddings.word_embeddings.weight"]
    places = weights["embeddings.position_embeddings.weight"] + weights["embeddings.token_type_embeddings.weight"][0]
    length = graph("Shape", "ids", start=1, end=2)
    numbers = graph.constant(np.array([0], np.int64)), graph.constant(np.array([0], np.int64))
    place = graph("Slice", graph.constant(places), numbers[0], length, numbers[1])
    x = graph("Add", graph("Gather", graph.constant(words), "ids"), place)
    x = _normalised(graph, x, weights, "embeddings.LayerNorm")
    for layer in range(layers):
        x = _layer(graph, x, weights, f"encoder.layer.{layer}", heads)
    graph.write(path, graph("ReduceMean", x, graph.constant(np.array([1], np.int64)), keepdims=0), words.shape[1])


def quantised(path: Path) -> Path:
    """The same graph with 8-bit weights and activations quantised as it runs, in a file beside it."""
    out = path.with_suffix(".int8.onnx")
    quantisation = import_module("onnxruntime.quantization")
    quantisation.quantize_dynamic(str(path), str(out), weight_type=quantisation.QuantType.QInt8, per_channel=True)
    return out


def session(path: Path) -> Any:
    """Open a graph on one thread with every optimisation of graphs that onnxruntime knows."""
    runtime = import_module("onnxruntime")
    options = runtime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.graph_optimization_level = runtime.GraphOptimizationLevel.ORT_ENABLE_ALL
    options.log_severity_level = 3
    return runtime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
