"""Settings of all tests."""

from hypothesis import settings

# The same examples in each run. No deadline: the first example compiles, which takes seconds.
settings.register_profile("gdlearn", deadline=None, derandomize=True, database=None, max_examples=100)
settings.load_profile("gdlearn")

# Files of settings hold no doctests, and two of one name cannot be imported side by side.
collect_ignore_glob = ["*conftest.py"]
