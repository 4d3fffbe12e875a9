"""What comes beside the loops: imports, compiling, the way into a call. Processor time, in new processes."""

import json
import os
import statistics
import subprocess
import sys
import tempfile

# Combinations in the order in which a user might come to them; each is new to the process and to its cache.
FITS = {
    "linear regression": "gd.Problem(gd.Linear(3)), X, y",
    "ridge": "gd.Problem(gd.Linear(3), penalty=gd.L2(0.1)), X, y",
    "ridge by Adam": "gd.Problem(gd.Linear(3), penalty=gd.L2(0.1)), X, y, optimizer=gd.Adam()",
    "logistic regression": "gd.Problem(gd.Linear(3), gd.BinaryCrossEntropy()), X, y",
    "a network": "gd.Problem(gd.MLP(3, (4,), 2), gd.CrossEntropy()), X, y.astype(int)",
    "a network by Adam": "gd.Problem(gd.MLP(3, (4,), 2), gd.CrossEntropy()), X, y.astype(int), optimizer=gd.Adam()",
}
SPENT = """
import json, time
def spent(work):
    begin = time.process_time()
    work()
    return time.process_time() - begin
"""
START = f"""{SPENT}
import numba
spent(numba.njit(lambda: 0))  # Numba's own start
import numpy as np, gdlearn as gd
X, y = np.eye(3), np.array([0.0, 1.0, 1.0])
"""
BATCHES = """
problem, theta = gd.Problem(gd.Linear(3)), np.zeros(4)
batches = [
    {name: spent(lambda: [call() for _ in range(100)]) / 100 for name, call in calls.items()} for _ in range(51)
]
print(json.dumps({name: [batch[name] for batch in batches] for name in calls}))
"""
CALLS = {
    "problem.objective": "lambda: problem.objective(theta, X, y)",
    "problem.gradient": "lambda: problem.gradient(theta, X, y)",
    "gd.minimize, no epochs": "lambda: gd.minimize(problem, X, y, epochs=0)",
}
ROUNDS, IMPORTS = 3, 7


def costs():
    """All of them, medians: seconds, but for the calls, which are in microseconds."""
    rounds = [one_round() for _ in range(ROUNDS)]
    return {"imports": imports()} | {kind: medians([found[kind] for found in rounds]) for kind in rounds[0]}


def one_round():
    """Each combination as the first of its process, and all after one another, and the calls."""
    with tempfile.TemporaryDirectory() as folder:
        following, warm = (fresh(fits(FITS), folder) for _ in range(2))  # the second finds all on disk
    opening, *others = FITS
    first = {opening: following[opening]} | {name: alone(name) for name in others}
    return {"first": first, "next": following, "warm": warm} | calls()


def medians(runs):
    """The median of each name's numbers."""
    return {name: statistics.median(run[name] for run in runs) for name in runs[0]}


def fresh(code, folder=None):
    """What a new process prints last, as JSON."""
    environment = os.environ | {"PYTHONDONTWRITEBYTECODE": ""} | ({"NUMBA_CACHE_DIR": folder} if folder else {})
    out = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, check=True, text=True)
    return json.loads(out.stdout.splitlines()[-1])


def imports():
    """Processes that import Numba, or gdlearn, in turn; the first leave their byte code behind."""
    names = ("numba", "gdlearn")
    return medians([{x: fresh(f"import time, {x}; print(time.process_time())") for x in names} for _ in range(IMPORTS)])


def fits(names):
    """Code that fits each combination, and prints the seconds of each."""
    spent = ", ".join(f"{name!r}: spent(lambda: gd.minimize({FITS[name]}, epochs=2))" for name in names)
    return f"{START}\nprint(json.dumps({{{spent}}}))"


def alone(name):
    """The seconds of a combination that is the first of its process, with nothing on disk."""
    with tempfile.TemporaryDirectory() as folder:
        return fresh(fits([name]), folder)[name]


def calls():
    """A call on three rows: the medians of many batches of calls, in turn, and the fastest batches."""
    listed = ", ".join(f"{name!r}: {call}" for name, call in CALLS.items())
    batches = fresh(f"{START}calls = {{{listed}}}\n{BATCHES}")
    looks = {"calls": statistics.median, "fastest calls": min}
    return {kind: {name: 1e6 * look(seconds) for name, seconds in batches.items()} for kind, look in looks.items()}


if __name__ == "__main__":
    print(json.dumps(costs(), indent=1))
