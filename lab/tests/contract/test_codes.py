"""Codes of vectors that do not go together are refused."""

import numpy as np
import pytest

from broadsheet_lab.compression.contract import Codes


def test_codes_of_different_lengths_or_methods_are_refused() -> None:
    with pytest.raises(ValueError, match=r"differ in length: \{'a': 2, 'b': 3\}"):
        Codes({"a": np.zeros(2), "b": np.zeros(3)})
    with pytest.raises(ValueError, match="cannot be joined"):
        Codes.joined([Codes({"a": np.zeros(2)}), Codes({"b": np.zeros(2)})])
    with pytest.raises(ValueError, match="cannot be joined"):
        Codes.joined([])
