"""Limits the number of threads of linear algebra."""

from __future__ import annotations

from contextlib import AbstractContextManager
from functools import lru_cache
from typing import Any, cast

__all__ = ["one_thread"]


@lru_cache(maxsize=1)
def _controller() -> Any:
    from threadpoolctl import ThreadpoolController  # it inspects every loaded library

    return ThreadpoolController()


def one_thread() -> AbstractContextManager[Any]:
    """Run matrix products on the calling thread alone.

    A product of a few hundred rows takes less time than waking a second thread, and on a busy machine two threads
    wait for each other much longer than they compute.
    """
    return cast(AbstractContextManager[Any], _controller().limit(limits=1, user_api="blas"))
