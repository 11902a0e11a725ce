"""Settings for every test."""

from hypothesis import settings

# No deadlines: the first call of a compiled function compiles it, and machines that run tests are shared.
settings.register_profile("broadsheet", deadline=None, derandomize=True, max_examples=60)
settings.load_profile("broadsheet")
