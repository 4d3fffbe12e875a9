"""Settings of all tests, and the two ways to run them in plain Python.

``NUMBA_DISABLE_JIT=1`` switches Numba's compiler off, ``GDLEARN_TESTS=no-numba`` hides Numba from the library.
Both leave out what is meaningless or too long without machine code; ``GDLEARN_TESTS=long`` (or ``no-numba,long``)
brings the long ones back.
"""

import os
import sys

import pytest
from hypothesis import settings

WAYS = os.environ.get("GDLEARN_TESTS", "").split(",")
if "no-numba" in WAYS:
    sys.modules["numba"] = None
COMPILED = "no-numba" not in WAYS and os.environ.get("NUMBA_DISABLE_JIT", "0") == "0"

# The same examples in each run. No deadline: the first example compiles, which takes seconds.
settings.register_profile("gdlearn", deadline=None, derandomize=True, database=None, max_examples=100)
settings.load_profile("gdlearn")

# Files of settings hold no doctests, and two of one name cannot be imported side by side.
collect_ignore_glob = ["*conftest.py"]


def pytest_sessionfinish():
    """Keep what a worker has covered: once it has said that it is done, it has ten seconds left to live."""
    coverage = sys.modules.get("coverage")
    if coverage and (measured := coverage.Coverage.current()):
        measured.save()


def pytest_collection_modifyitems(items):
    if COMPILED:
        return
    for item in items:
        left_out = [
            *item.iter_markers("machine_code"),
            *([] if "long" in WAYS else item.iter_markers("long_in_python")),
        ]
        if left_out:
            item.add_marker(pytest.mark.skip(reason=f"{left_out[0].name}: {left_out[0].args[0]}"))
