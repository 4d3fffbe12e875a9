"""All rows of the table: ``make bench``, or ``python benchmarks GROUP ...`` for some; results.json keeps them."""

import importlib
import json
import platform
import sys
import traceback
from datetime import date
from pathlib import Path

import costs
import harness  # pins the pools of threads, so it comes before all that owns one
import parts
import threads

RESULTS = Path(__file__).with_name("results.json")
# The modules whose rows() are measured, in the order of the table.
GROUPS = ("gradients", "stochastic", "pieces", "networks", "lassos", "estimators")
# What is measured in its own way.
OTHERS = {"threads": threads.rows, "costs": costs.costs, "parts": parts.parts}


def machine():
    """What the numbers were measured on."""
    import numba
    import numpy

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
    found = known()
    rows = [row for row in found["rows"] if row["work"] != result["work"]] + [result]
    order = {group: i for i, group in enumerate(dict.fromkeys(row["group"] for row in rows))}
    write(found | {"rows": sorted(rows, key=lambda row: order[row["group"]])})


def known():
    """The results so far."""
    return json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else {"rows": []}


def write(found):
    """Keep the results, with the machine of the last."""
    RESULTS.write_text(json.dumps(found | {"machine": machine()}, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    if not (asked := sys.argv[1:]):
        RESULTS.unlink(missing_ok=True)
    for result in measured([name for name in asked or GROUPS if name not in OTHERS]):
        keep(result)
    for name in asked or OTHERS:
        if name in OTHERS:
            result = OTHERS[name]()
            write(known() | {name: result if isinstance(result, dict) else [*result]})
