"""Inside what comes beside the loops: a first fit by Numba's passes, the import of the library, and a call."""

import statistics
import tempfile
import time
from collections import Counter
from pathlib import Path

import numpy as np
from numba.core import event

import gdlearn as gd
from costs import FITS, SPENT, START, fresh
from gdlearn import validation
from gdlearn.problem import evaluate
from parts import in_turn

PROCESSES = 5
HERE = str(Path(__file__).parent)
FIT = f"""
import sys; sys.path[:0] = [{HERE!r}]
from inside_costs import clocked
print(json.dumps(clocked(lambda: gd.minimize({FITS["a network"]}, epochs=2))))
"""
IMPORT = """
import sys, typing, numba
found = {"whole": spent(lambda: __import__("gdlearn"))}
ours = [value for name, module in sys.modules.items() if name.startswith("gdlearn.") for value in vars(module).values()]
records = {c for c in ours if isinstance(c, type) and hasattr(c, "_fields") and c.__module__.startswith("gdlearn.")}
stubs = {f.dispatch(object) for f in ours if hasattr(f, "compiled_for")}
generic = sys.modules["gdlearn.generic"].generic
found["records"] = spent(lambda: [typing.NamedTuple(c.__name__, [*c.__annotations__.items()]) for c in records])
found["functions"] = spent(lambda: [generic(stub) for stub in stubs])
print(json.dumps(found | {"record_count": len(records), "function_count": len(stubs)}))
"""


def parts():
    """The paragraphs on costs; they belong to no row of the table."""
    yield "costs: fit", first_fit()
    yield "costs: import", importing()
    yield "costs: call", call()


class Clock(event.Listener):
    """The processor time that each of Numba's passes takes, without that of the passes inside it."""

    def __init__(self):
        self.seconds, self.inside, self.since = Counter(), [""], time.process_time()

    def on_start(self, happening):
        self.turn()
        self.inside.append(happening.data["name"].partition(" ")[0])

    def on_end(self, happening):
        self.turn()
        self.inside.pop()

    def turn(self):
        """What has passed belongs to the pass that is left, or has begun another."""
        now = time.process_time()
        self.seconds[self.inside[-1]] += now - self.since
        self.since = now


def clocked(fit):
    """Seconds of a fit by pass."""
    clock = Clock()
    with event.install_listener("numba:run_pass", clock):
        fit()
    clock.turn()
    return clock.seconds


def first_fit():
    """Shares of a network's first fit: types, kernels in LLVM's language, the outermost loop, other passes."""
    with tempfile.TemporaryDirectory() as folder:
        seconds = fresh(START + FIT, folder)
    fit = sum(seconds.values())
    names = {"types": "nopython_type_inference", "kernels": "part_lowering", "loop": "native_lowering"}
    shares = {name: seconds[key] / fit for name, key in names.items()}
    return shares | {"passes": 1.0 - sum(shares.values())}


def importing():
    """The shares of as many records and generic functions, made anew."""
    runs = [fresh(SPENT + IMPORT) for _ in range(PROCESSES)]
    counts = {name: runs[0][name] for name in ("record_count", "function_count")}
    shares = {name: statistics.median(run[name] / run["whole"] for run in runs) for name in ("records", "functions")}
    return counts | shares


def call():
    """The shares of a call on three rows: arrays and their checks, theta, compiled code with the way into it."""
    problem, X, y = gd.Problem(gd.Linear(3)).ready(), np.eye(3), np.array([0.0, 1.0, 1.0])
    loaded, data = problem.load(X, y, looks=True)
    theta, work = np.zeros(4), loaded.workspace(X.dtype)
    t = in_turn(
        whole=lambda: problem.objective(theta, X, y),
        load=lambda: (problem.load(X, y, looks=True), loaded.workspace(X.dtype)),
        start=lambda: validation.parameters(theta, 4, theta.dtype, "theta"),
        enter=lambda: evaluate(loaded, theta, *data, *work),
    )
    return {name: t[name] / t["whole"] for name in ("load", "start", "enter")}
