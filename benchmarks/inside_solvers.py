"""Inside a solver that stops by a proof: the time and the number of calls of its functions, while it runs."""

import statistics
import time
from contextlib import ExitStack
from unittest.mock import patch

import numpy as np

import gdlearn as gd
import gradients
import lassos
import logistic
from gdlearn import coordinate, dual, second_order, validation, working
from gdlearn.columns import Columns
from harness import OURS, present
from parts import SAMPLES, in_turn

LASSO = {
    "look": (Columns, "correlations"),
    "multiply": (working.WorkingSet, "admit"),
    "jump": (coordinate, "jump"),
    "sweep": (coordinate, "sweep"),
}
PATH = LASSO | {"look": (working, "read"), "residual": (working.WorkingSet, "refresh")}
NEWTON = {"look": (second_order, "look"), "proof": (second_order, "proved"), "finite": (validation, "finite")}
ASCENT = {"epoch": (dual, "ascend"), "look": (dual.Ascent, "look")}


def parts():
    """The paragraphs on solvers."""
    X, y = lassos.correlated()
    read = in_turn(read=lambda: gradients.read(X.T))
    for part in (5, 20, 100):
        yield f"correlation 0.8, gap 1e-6, alpha_max / {part}", read | lasso(lassos.one_alpha(X, y, part, None))
    yield "lasso", path(lassos.path(X, y), *X.shape)
    yield "relative gap of 1e-8, 100,000 x 20", newton()
    yield "relative gap of 1e-8, CSR", ascent()


class Log(list):
    """The calls of one function in one run: of each the seconds and the arguments."""

    @property
    def seconds(self):
        return sum(took for took, _ in self)

    def watch(self, function):
        """The function, each call of which is noted."""

        def noted(*arguments, **options):
            begin = time.process_time()
            try:
                return function(*arguments, **options)
            finally:
                self.append((time.process_time() - begin, arguments))

        return noted


def watched(run, places, summary=lambda logs, result: {}):
    """What ``summary(logs, result)`` says of several runs, at the median; shares are of the whole."""
    found = []
    for _ in range(SAMPLES + 1):  # the first warms up
        logs = {name: Log() for name in ("whole", *places)}
        with ExitStack() as stack:
            for name, (owner, attribute) in places.items():
                stack.enter_context(patch.object(owner, attribute, logs[name].watch(getattr(owner, attribute))))
            result = logs["whole"].watch(run)()
        found.append(shares(logs, places) | summary(logs, result))
    return {name: statistics.median_low(one[name] for one in found[1:]) for name in found[0]}


def shares(logs, names):
    """How much of the whole goes into the calls of each function, how many there are, and the seconds of one."""
    whole = logs["whole"].seconds
    found = {"whole": whole}
    for name in names:
        log = logs[name]
        found |= {f"{name}_share": log.seconds / whole, f"{name}_count": len(log), name: log.seconds / max(len(log), 1)}
    return found


def lasso(row):
    """One strength: also the columns let in, and those that have a weight in the end."""

    def columns(logs, w):
        return {"columns": sum(len(new) for _, (_, new) in logs["multiply"]), "weights": int(np.count_nonzero(w))}

    return watched(row.contenders[OURS].run, LASSO, columns)


def path(row, n, p):
    """All strengths: also the share of products with a residual for which a bound stands."""

    def bounds(logs, _):
        products = sum(len(ids) for _, (_, ids, *_) in logs["look"])
        return {"bounds": 1.0 - products / (p * len(logs["residual"]))}

    return watched(row.contenders[OURS].run, PATH, bounds)


def newton():
    """Looks at all rows and at a part of them, and how many steps a peer needs."""
    X, y, lam = logistic.dense()
    problem = logistic.problem_of(X, lam)

    def looks(logs, _):
        every = [took for took, (_, _, _, place, _) in logs["look"] if len(place.rows) == len(y)]
        part, whole = logs["look"].seconds - sum(every), logs["whole"].seconds
        found = {"look": sum(every) / len(every), "look_count": len(every), "look_share": sum(every) / whole}
        return found | {"sample_share": part / whole}

    found = watched(lambda: gd.newton(problem, X, y, tolerance=logistic.GAP), NEWTON, looks)
    return found | steps_of("lbfgs", logistic.DENSE, X, y, lam)


def ascent():
    """Epochs and looks at the gap, a pass that only multiplies, and how many epochs a peer needs."""
    X, y, lam = logistic.text()
    problem, w = logistic.problem_of(X, lam), np.full(X.shape[1], 1e-3)
    found = watched(lambda: gd.dual_ascent(problem, X, y, tolerance=logistic.GAP), ASCENT)
    return found | in_turn(multiply=lambda: X @ w) | steps_of("liblinear", logistic.SPARSE, X, y, lam)


def steps_of(solver, solvers, X, y, lam):
    """How many steps one of scikit-learn's solvers takes to the gap, if it is installed."""
    if not present("sklearn")[0]:
        return {}
    return {solver: int(logistic.fitted(solver, solvers[solver], X, y, lam).n_iter_.max())}
