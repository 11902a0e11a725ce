"""Settings for every test."""

import os

from hypothesis import settings

# As the command line does, before numpy loads: here, too, threads would only wait for each other.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

# No deadlines: the first call of a compiled function compiles it, and machines that run tests are shared.
settings.register_profile("broadsheet", deadline=None, derandomize=True, max_examples=60)
settings.load_profile("broadsheet")
