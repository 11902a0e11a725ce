"""The settings of the product's tests."""

from tests import conftest  # noqa: F401, PLW0406 - the product's, not this one
