"""The benchmark of the transformer: intervals hold their medians, and the result names what was compared with what."""

from __future__ import annotations

import numpy as np

from broadsheet_lab.bench.transformer import _content, median_interval


def test_an_interval_holds_its_median() -> None:
    found = median_interval(np.random.default_rng(0).normal(5, 1, 101).tolist())
    low, high = found["interval"]
    assert 4.6 < low < found["ms"] < high < 5.4
    assert median_interval([2.0] * 5) == {"ms": 2.0, "interval": [2.0, 2.0]}


def test_a_paper_is_set_beside_the_longest_text_of_minilm() -> None:
    def run(build: str, names: tuple[str, ...]) -> dict[str, object]:
        times = {name: [float(at)] * 3 for at, name in enumerate(names, 1)}
        ms = {str(tokens): times for tokens in (12, 24, 64, 128)}
        around = {"model": "m", "layers": 3, "max_tokens": 128, "onnxruntime": "on this processor"}
        return {"build": build, "ms": ms, "papers": [0.5] * 3, **around}

    claims, content = _content(
        {"avx512": run("avx512", ("ours", "fp32", "int8")), "baseline": run("baseline", ("ours",))}, 0.997
    )
    assert [claim.value for claim in claims] == [0.997, 4.0, 1.0]
    assert content["builds"]["avx512"]["ratios"] == {"fp32": 4.0, "int8": 6.0}
    assert content["builds"]["baseline"]["ratios"] == {}
    assert [(number["value"], number["met"]) for number in content["numbers"]] == [
        (1.0, True),
        (4.0, True),
        (6.0, True),
    ]
    assert content["model"] == {"model": "m", "layers": 3, "max_tokens": 128}
