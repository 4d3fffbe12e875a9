"""All rows of the table: ``make bench``, or ``python benchmarks GROUP ...`` for some; results.json keeps them."""

import importlib
import json
import platform
import sys
import traceback
from datetime import date
from pathlib import Path

import numba
import numpy

import harness

RESULTS = Path(__file__).with_name("results.json")
# The modules whose rows() are measured, in the order of the table.
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


def keep(result):
    """Put a row into results.json, in the place of its last measurement."""
    rows = json.loads(RESULTS.read_text(encoding="utf-8"))["rows"] if RESULTS.exists() else []
    rows = [row for row in rows if row["work"] != result["work"]] + [result]
    order = {group: i for i, group in enumerate(dict.fromkeys(row["group"] for row in rows))}
    rows.sort(key=lambda row: order[row["group"]])
    RESULTS.write_text(json.dumps({"machine": machine(), "rows": rows}, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    if not sys.argv[1:]:
        RESULTS.unlink(missing_ok=True)
    for result in measured(sys.argv[1:] or GROUPS):
        keep(result)
