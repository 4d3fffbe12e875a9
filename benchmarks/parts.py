"""The numbers in reasons.yml: parts of the work of a row, by the library's own functions, in turn with the whole.

    python benchmarks parts

A time is in seconds, a share is of the whole, a speed in operations a second; whole numbers are counts.
"""

import importlib

import harness
from harness import Contender, Row

SAMPLES = 5  # of a part; the numbers of the table are of more

# The modules whose parts() yield the keys of paragraphs, each with what they say.
GROUPS = ("inside_epochs", "inside_steps", "inside_solvers", "inside_costs")


def parts():
    """What is measured for each paragraph, by its key."""
    return {key: found for name in GROUPS for key, found in importlib.import_module(name).parts()}


def in_turn(**runs):
    """Median seconds of each, measured as the rows are."""
    contenders = {name: run if isinstance(run, Contender) else Contender(run) for name, run in runs.items()}
    times = harness.measure(Row("Parts", ", ".join(runs), contenders, {}), SAMPLES)["times"]
    return {name: t["median"] for name, t in times.items()}
