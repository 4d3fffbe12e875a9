"""All rows of the table: ``make bench``, or ``python benchmarks GROUP ...`` for some; writes results.json."""

import importlib
import json
import platform
import sys
import traceback
from datetime import date
from pathlib import Path

import harness
import numba
import numpy

RESULTS = Path(__file__).with_name("results.json")
GROUPS = ("gradients", "stochastic", "pieces", "networks", "lassos")


def machine():
    """What the numbers were measured on."""
    lines = Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    versions = f"Python {platform.python_version()}, NumPy {numpy.__version__}, Numba {numba.__version__}"
    processor = f"{names[0]} ({len(names)} cores)" if names else platform.processor()
    return {"processor": processor, "versions": versions, "threads": harness.THREADS, "date": str(date.today())}


def measured(groups):
    """The results of all rows, those that fail as well."""
    for name in groups:
        for row in importlib.import_module(name).rows():
            try:
                result = harness.measure(row)
            except Exception:  # one peer that breaks must not lose the other rows
                traceback.print_exc()
                continue
            harness.show(result)
            yield result


if __name__ == "__main__":
    results = []
    for result in measured(sys.argv[1:] or GROUPS):
        results.append(result)
        if not sys.argv[1:]:
            RESULTS.write_text(json.dumps({"machine": machine(), "rows": results}, indent=1) + "\n", encoding="utf-8")
