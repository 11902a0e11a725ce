"""Which precision this processor reckons fastest in."""

from __future__ import annotations

import importlib
from importlib.util import find_spec

__all__ = ["halves"]


def halves() -> bool:
    """Whether there is a GPU or this processor has bfloat16 instructions; without them bfloat16 is the slower one.

    False if torch is not installed.
    """
    if find_spec("torch") is None:
        return False
    torch = importlib.import_module("torch")
    checks = [getattr(torch.cpu, name, None) for name in ("_is_amx_tile_supported", "_is_avx512_bf16_supported")]
    return bool(torch.cuda.is_available()) or any(bool(ask()) for ask in checks if ask)
