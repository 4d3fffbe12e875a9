"""The same bits whatever the number of threads, and the number of threads as it was."""

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numpy as np
import pytest
import threadpoolctl

import gdlearn as gd
import running
from gdlearn import problem
from gdlearn.products import MatrixLinear
from gdlearn.threads import one_thread, pools

pytestmark = pytest.mark.long_in_python("its products are large, so that BLAS would share them")
RNG = np.random.default_rng(0)
# So many that BLAS would share its products among its threads.
X = RNG.standard_normal((2000, 200))
y = X @ RNG.standard_normal(200) + RNG.standard_normal(2000)
LABELS = RNG.integers(0, 10, 2000)
RIDGE = gd.Problem(gd.Linear(200), penalty=gd.L2(0.1))
LOGISTIC = gd.Problem(gd.Linear(200), gd.BinaryCrossEntropy(), gd.L2(0.1))
NETWORK = gd.Problem(gd.MLP(200, (256,), 10), gd.CrossEntropy())
BATCHES = {"optimizer": gd.Adam(), "schedule": 1e-3, "epochs": 2, "batch_size": 256}
THETA = gd.models.initial(NETWORK.model, np.random.default_rng(1))
WORK = {
    "minimize": lambda: gd.minimize(NETWORK, X, LABELS, **BATCHES).theta,
    "objective": lambda: NETWORK.objective(THETA, X, LABELS),
    "gradient": lambda: NETWORK.gradient(THETA, X, LABELS),
    "scores": lambda: NETWORK.scores(THETA, X),
    "smoothness": lambda: RIDGE.smoothness(X),
    "closed_form": lambda: gd.closed_form(RIDGE, X, y).theta,
    "spectrum": lambda: gd.spectrum(X, y).stopped([5], 0.1),
    "newton": lambda: gd.newton(LOGISTIC, X, y > 0.0).theta,
    "lbfgs": lambda: gd.lbfgs(NETWORK, X, LABELS, epochs=3).theta,
    "fista": lambda: gd.fista(LOGISTIC, X, y > 0.0, epochs=20).theta,
    "duality_gap": lambda: gd.duality_gap(RIDGE, np.zeros(201), X, y),
    "lasso_path": lambda: gd.lasso_path(X, y, alphas=10)[1],
    "Lasso": lambda: gd.Lasso(0.1).fit(X, y).coef_,
    "GDRegressor": lambda: gd.GDRegressor(epochs=20, tolerance=1.0).fit(X, y).coef_,
    "GDClassifier": lambda: gd.GDClassifier(epochs=200, tolerance=0.01).fit(X, LABELS).coef_,
}


POOLS = """
from gdlearn.threads import pools
found = len(pools())
import scipy.linalg, threadpoolctl
print(found, len(threadpoolctl.ThreadpoolController().select(user_api="blas").lib_controllers))
"""


def threads():
    return [pool.num_threads for pool in pools()]


@pytest.mark.parametrize("name", WORK)
def test_results_do_not_depend_on_the_number_of_threads(name):
    found = []
    for limit in (1, 2):
        with threadpoolctl.threadpool_limits(limit, user_api="blas"):
            before = threads()
            found.append(np.asarray(WORK[name]()))
            assert threads() == before
    assert found[0].tobytes() == found[1].tobytes()


def test_the_pool_that_numba_calls_is_among_those_of_a_new_process():
    ours, all_there_are = running.python(POOLS, running.PACKAGE.parent).split()
    assert ours == all_there_are


def test_the_number_of_threads_comes_back_after_the_last_of_those_that_run_side_by_side():
    both_inside = threading.Barrier(2)

    @one_thread
    def seen(first):
        both_inside.wait(10)
        if first:  # stays longer
            second_left.wait(10)
        return threads()

    second_left = threading.Event()
    with threadpoolctl.threadpool_limits(2, user_api="blas"):
        before = threads()
        with ThreadPoolExecutor(2) as run:
            long, short = run.submit(seen, True), run.submit(seen, False)
            assert set(short.result()) == {1}
            second_left.set()
            assert set(long.result()) == {1}
        assert threads() == before


def test_the_number_of_threads_comes_back_after_an_error():
    with threadpoolctl.threadpool_limits(2, user_api="blas"):
        before = threads()
        with pytest.raises(ValueError, match="X has 3 columns"):
            gd.minimize(RIDGE, X[:, :3], y)
        assert threads() == before


class Watched(NamedTuple):
    eta: float


@gd.schedules.rate.kernel(Watched)
def _(schedule, t):
    SEEN.append(threads())
    return schedule.eta


SEEN = []


def test_what_is_not_ours_runs_in_one_thread():
    with threadpoolctl.threadpool_limits(2, user_api="blas"), running.plainly():
        gd.minimize(RIDGE, X[:9], y[:9], schedule=Watched(1e-4), epochs=1)
    assert SEEN and {1} == {number for numbers in SEEN for number in numbers}


def test_the_threads_are_left_alone_where_there_is_no_blas(monkeypatch):
    monkeypatch.setattr(problem, "strangers", set())
    assert problem.alone(gd.Linear(3)) is not one_thread
    for model in (gd.MLP(3, (4,)), MatrixLinear(3, 2)):
        assert problem.alone(model) is one_thread
    problem.strangers.add(Watched)
    assert problem.alone(gd.Linear(3)) is one_thread
