"""The benchmarks fit the library: each module finds in it what it measures, also without the other libraries."""

from pathlib import Path

import pytest

import running

BENCHMARKS = Path(__file__).parent.parent / "benchmarks"
MODULES = sorted(path.stem for path in BENCHMARKS.glob("*.py") if path.stem != "__main__")


@pytest.mark.parametrize("module", MODULES)
def test_a_module_of_the_benchmarks_can_be_imported(module):
    running.python(f"import sys; sys.path.insert(0, {str(BENCHMARKS)!r}); import {module}", BENCHMARKS.parent)
