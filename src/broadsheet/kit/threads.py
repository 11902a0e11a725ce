"""How many threads linear algebra may use, where that matters."""

from __future__ import annotations

from contextlib import AbstractContextManager
from functools import lru_cache
from typing import Any, cast

__all__ = ["one_thread"]


@lru_cache(maxsize=1)
def _controller() -> Any:
    from threadpoolctl import ThreadpoolController  # it looks at every library that is loaded

    return ThreadpoolController()


def one_thread() -> AbstractContextManager[Any]:
    """Run matrix products on the calling thread alone.

    A product of a few hundred rows takes less time than waking a second thread, and on a busy machine the two wait
    for each other many times longer than they work.
    """
    return cast(AbstractContextManager[Any], _controller().limit(limits=1, user_api="blas"))
