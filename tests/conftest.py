"""Settings for every test."""

import os
from collections.abc import Iterator

import pytest
from hypothesis import settings

# As the command line does, before numpy loads: here, too, threads would only wait for each other.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

# No deadlines: the first call of a compiled function compiles it, and machines that run tests are shared.
settings.register_profile("broadsheet", deadline=None, derandomize=True, max_examples=60)
settings.load_profile("broadsheet")


@pytest.fixture(scope="session", autouse=True)
def _cheap_passwords() -> Iterator[None]:
    """A hash costs next to nothing; what it costs elsewhere, a test of its own says."""
    from argon2 import PasswordHasher

    from broadsheet.community.accounts import passwords

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "usual_hasher", lambda: PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
        yield


@pytest.fixture(scope="session", autouse=True)
def _no_waiting_for_the_disk() -> Iterator[None]:
    """Nothing is written through to the disk: a test's process may be killed, its machine is not. Of what other
    processes write, and of what a library promises, tests of their own say more."""
    from broadsheet.catalogue.dialects.sqlite import driver

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", lambda handle: None)
        patch.setattr(driver, "PRAGMAS", (*driver.PRAGMAS, "synchronous = OFF"))
        yield
