"""The front doors of Newton's method, L-BFGS and dual ascent under the fire of ``test_fuzz``, and without Numba."""

import json
import re
import warnings

import numpy as np
import pytest

import gdlearn as gd
import running
from gdlearn import dual, quasi_newton, second_order
from test_fuzz import PERMITTED, X, Y, is_a_long_wait, odd

CALLS = 1_000
PROBLEM = gd.Problem(gd.Linear(2, intercept=False), gd.BinaryCrossEntropy(), gd.L2(0.5))
DOORS = {
    gd.newton: ["problem", "X", "y", "model", "loss", "penalty", "epochs", "tolerance", "start"],
    gd.lbfgs: ["problem", "X", "y", "model", "loss", "penalty", "epochs", "tolerance", "start", "seed"],
    gd.dual_ascent: ["problem", "X", "y", "model", "loss", "penalty", "epochs", "tolerance", "seed"],
}


def call(rng, names):
    """The arguments of one call, and the names that stand for what was changed."""
    arguments = {"problem": PROBLEM, "X": X, "y": Y, "epochs": 3}
    changed = rng.choice(names, rng.integers(1, 3), replace=False)
    for name in changed:
        value = odd(rng)
        if name in gd.Problem._fields and isinstance(arguments["problem"], gd.Problem):
            arguments["problem"] = arguments["problem"]._replace(**{name: value})
        elif name not in gd.Problem._fields and not (name == "epochs" and is_a_long_wait(value)):
            arguments[name] = value
    return arguments, changed


def complaint(solve, arguments, changed):
    """What is wrong with the outcome, or None; and whether the call was refused."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            run = solve(**arguments)
        except (ValueError, TypeError) as error:
            # an objective that overflows may be the fault of y, X, the start or the penalty: the message names them
            names = [*changed, *(gd.Problem._fields if "problem" in changed else ["problem"])]
            found = re.search(rf"\b({'|'.join(names)})\b", str(error))
            return (None if found and len(str(error)) < 700 else str(error)), True
        except Exception as error:
            return f"{type(error).__name__}: {error}", False
    if not (np.isfinite(run.theta).all() and np.isfinite(run.history.objective).all()):
        return "a run that is not finite", False
    silent = [name for name in changed if name in arguments and not PERMITTED[name](arguments[name])]
    return (f"{silent[0]} is taken as it is" if silent else None), False


@pytest.mark.parametrize("part", range(4))
@pytest.mark.parametrize("solve", DOORS)
def test_every_malformed_call_is_refused_by_name(solve, part):
    rng, refused, complaints = np.random.default_rng(part), 0, []
    with running.plainly((second_order, "look"), (quasi_newton, "evaluate"), (dual, "ascend"), (dual, "mean_loss")):
        for trial in range(CALLS):
            arguments, changed = call(rng, DOORS[solve])
            text, was_refused = complaint(solve, arguments, changed)
            refused += was_refused
            complaints += [f"{trial}: {text[:200]}  <- {arguments}"[:500]] if text else []
    assert not complaints, "\n".join(complaints)
    assert refused > 0.8 * CALLS


FITS = """
import numpy as np
import gdlearn as gd
from scipy import sparse

rng = np.random.default_rng(0)
X = rng.standard_normal((400, 3))
y = (X @ [1.0, -2.0, 0.0] + rng.logistic(size=400) > 0.0).astype(float)
problem = gd.Problem(gd.Linear(3), gd.BinaryCrossEntropy(), gd.L2(0.1))
found = {}
for layout in (np.asarray, sparse.csr_array):
    flat = problem._replace(model=gd.Linear(3, intercept=False))
    for run in (gd.newton(problem, layout(X), y, epochs=3), gd.dual_ascent(flat, layout(X), y, epochs=3)):
        found[f"{layout.__name__} {len(run.theta)}"] = [run.status, [*run.theta, *run.history.objective]]
"""


@pytest.mark.machine_code("plain Python is compared with it")
@pytest.mark.parametrize(
    ("before", "environment"),
    [("import sys\nsys.modules['numba'] = None\n", {}), ("", {"NUMBA_DISABLE_JIT": "1"})],
    ids=["no Numba", "compiler off"],
)
def test_results_are_the_same_as_compiled(tmp_path, before, environment):
    running.copy(tmp_path)
    source = f"{before}{FITS}\nimport json; print(json.dumps(found))"
    found = json.loads(running.python(source, tmp_path, **environment))
    exec(FITS, compiled := {})
    assert found.keys() == compiled["found"].keys() and len(found) == 4
    for name, (status, numbers) in compiled["found"].items():
        assert found[name][0] == status
        np.testing.assert_allclose(found[name][1], numbers, rtol=1e-10, atol=1e-13, err_msg=name)
