"""Without Numba, or with its compiler switched off, the library gives the same results."""

import json

import numpy as np
import pytest

import running

pytestmark = pytest.mark.machine_code("plain Python is compared with it")

FITS = """
import warnings
import numpy as np
import gdlearn as gd

rng = np.random.default_rng(0)
X = rng.standard_normal((40, 3))
y = X @ [1.0, -2.0, 0.0] + 0.1 * rng.standard_normal(40)
labels = np.digitize(y, [-1.0, 1.0])
problems = {
    "plain": (gd.Problem(gd.Linear(3)), y, {}),
    "sparse": (gd.Problem(gd.Linear(3), penalty=gd.L1(0.1)), y, {"optimizer": gd.Momentum(0.5), "schedule": 0.05}),
    "classes": (
        gd.Problem(gd.Linear(3, 3), gd.CrossEntropy(0.5, 0.1), gd.ElasticNet(0.1)),
        labels,
        {"optimizer": gd.Nesterov(0.9), "schedule": gd.Warmup(5, gd.LinearDecay(0.1, 50))},
    ),
    "network": (
        gd.Problem(gd.MLP(3, (4,), 3, gd.Tanh()), gd.CrossEntropy()),
        labels,
        {"optimizer": gd.Clip(1.0, gd.Muon()), "schedule": gd.Cosine(0.05, 50), "average": 0.5},
    ),
}
found = {}
for name, (problem, targets, method) in problems.items():
    for batch_size, sampling in [(None, "reshuffle"), (1, "replacement"), (7, "reshuffle")]:
        run = gd.minimize(problem, X, targets, batch_size=batch_size, sampling=sampling, epochs=8, seed=3, **method)
        numbers = [*run.theta, *run.history.objective, *run.history.gradient_norm]
        found[f"{name} {batch_size}"] = [run.status, run.epochs, numbers]
    objective = problem.objective(run.theta, X, targets)
    numbers = [objective, *problem.gradient(run.theta, X, targets), *problem.scores(run.theta, X).ravel()]
    found[f"{name} problem"] = ["", type(objective).__name__, numbers]
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    for problem, *_ in (problems["plain"], problems["sparse"]):
        run = gd.minimize(problem, X, y, schedule=5.0, epochs=400)
        found[f"diverging {problem.penalty}"] = [run.status, run.epochs, []]
for name, many in (("a hundred classes", gd.Linear(3, 100)), ("a network", gd.MLP(3, (4,), 3))):
    theta, narrow = np.zeros(gd.models.size(many)), X.astype(np.float32)
    numbers = [gd.Problem(many, gd.CrossEntropy()).objective(theta, narrow, labels)]
    found[f"single precision, {name}"] = ["", 0, numbers]
found["warnings"] = [[w.category.__name__ for w in caught], 0, []]
"""
REPORT = """
import json, gdlearn.training
print(json.dumps([gdlearn.generic.numba is not None, hasattr(gdlearn.training.train, "kept"), found]))
"""
HIDE = "import sys\nsys.modules['numba'] = None\n"


@pytest.mark.parametrize(
    ("before", "environment", "numba"),
    [(HIDE, {}, False), ("", {"NUMBA_DISABLE_JIT": "1"}, True)],
    ids=["no Numba", "compiler off"],
)
def test_results_are_the_same_as_compiled(tmp_path, before, environment, numba):
    running.copy(tmp_path)
    source = before + FITS + REPORT
    has_numba, is_compiled, found = json.loads(running.python(source, tmp_path, **environment))
    assert (has_numba, is_compiled) == (numba, False)
    exec(FITS, compiled := {})
    compiled = compiled["found"]
    assert found.keys() == compiled.keys()
    for name, (status, epochs, numbers) in found.items():
        assert [status, epochs] == compiled[name][:2], name
        np.testing.assert_allclose(numbers, compiled[name][2], rtol=1e-11, atol=1e-13, err_msg=name)
