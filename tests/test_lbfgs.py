"""L-BFGS beside its formulas, SciPy's, scikit-learn's and the solvers that know the curvature."""

import math
import signal
from typing import NamedTuple

import numpy as np
import pytest
import scipy
from scipy import sparse
from sklearn.linear_model import LogisticRegression, Ridge

import gdlearn as gd
from gdlearn import quasi_newton
from gdlearn.line_search import ARMIJO, WOLFE
from gdlearn.losses import slope, value
from gdlearn.pairs import PAIRS, Pairs
from gdlearn.quasi_newton import Search

RNG = np.random.default_rng(5)
N, D = 120, 6
X = RNG.standard_normal((N, D)) * np.logspace(0.0, -1.0, D)
Y = X @ RNG.standard_normal(D) * 3.0 + 2.0 + 0.3 * RNG.standard_normal(N)
LABELS = (Y > 2.0).astype(float)
CLASSES = np.digitize(Y, [1.0, 3.0]).astype(float)
LAM = 0.01
PROBLEMS = {
    "squares": (gd.Problem(gd.Linear(D), penalty=gd.L2(LAM)), Y),
    "no penalty": (gd.Problem(gd.Linear(D)), Y),
    "huber": (gd.Problem(gd.Linear(D), gd.Huber(0.2), gd.L2(LAM)), Y),
    "binary": (gd.Problem(gd.Linear(D), gd.BinaryCrossEntropy(), gd.L2(LAM)), LABELS),
    "classes": (gd.Problem(gd.Linear(D, 3), gd.CrossEntropy(), gd.L2(LAM)), CLASSES),
    "smoothed": (gd.Problem(gd.Linear(D, 3, intercept=False), gd.CrossEntropy(2.0, 0.1), gd.L2(LAM)), CLASSES),
    "weighted": (gd.Problem(gd.Linear(D), gd.Weighted(gd.SquaredError())), np.column_stack([Y, RNG.random(N)])),
}
NETWORK = gd.Problem(gd.MLP(D, (5,), 1, gd.Tanh()), penalty=gd.L2(LAM))


def scipys(problem, y, start, tolerance, X=X, see=lambda objective: None):
    """SciPy's L-BFGS-B, with as many pairs, to a gradient whose largest number is at most ``tolerance``."""
    options = {"maxcor": PAIRS, "gtol": tolerance, "ftol": 0.0, "maxiter": 5000, "maxfun": 20000}

    def look(theta):
        see(objective := problem.objective(theta, X, y))
        return objective, problem.gradient(theta, X, y)

    return scipy.optimize.minimize(look, start, jac=True, method="L-BFGS-B", options=options)


# --- The formulas


def quadratic_pairs(count, p=12):
    """Steps on a bowl, and how they change its gradient."""
    A = RNG.standard_normal((p, p))
    H, pairs = A @ A.T + np.eye(p), Pairs()
    steps = RNG.standard_normal((count, p))
    for s in steps:
        pairs.add(s, H @ s)
    return pairs, steps, steps @ H


@pytest.mark.parametrize("count", [0, 1, 2, PAIRS, PAIRS + 3])
def test_two_loops_are_the_product_with_the_matrix_of_the_formula(count):
    pairs, S, Q = quadratic_pairs(count)
    B = np.eye(12)
    for k, (s, y) in enumerate(zip(S[-PAIRS:], Q[-PAIRS:], strict=True)):
        if k == 0:
            B *= (S[-1] @ Q[-1]) / (Q[-1] @ Q[-1])
        rho, one = 1.0 / (y @ s), np.eye(12)
        B = (one - rho * np.outer(s, y)) @ B @ (one - rho * np.outer(y, s)) + rho * np.outer(s, s)
    g = RNG.standard_normal(12)
    np.testing.assert_allclose(pairs.direction(g), -B @ g, rtol=1e-9, atol=1e-9 * np.abs(B @ g).max())
    assert len(pairs.kept) == min(count, PAIRS)


def test_the_last_pair_is_what_the_matrix_knows_exactly():
    pairs, S, Q = quadratic_pairs(4)
    np.testing.assert_allclose(pairs.direction(Q[-1]), -S[-1], rtol=1e-10)


def test_pairs_along_which_the_objective_does_not_curve_upward_are_left_out():
    pairs, s = Pairs(), np.ones(3)
    for y in (np.zeros(3), -s, np.array([1.0, -1.0, 0.0]), np.full(3, np.nan)):
        pairs.add(s, y)
    assert not pairs.kept
    pairs.add(s, np.array([1.0, -1.0, 1e-9]))
    assert len(pairs.kept) == 1


@pytest.mark.parametrize("kind", [np.asarray, sparse.csr_array])
@pytest.mark.parametrize("name", PROBLEMS)
def test_each_step_satisfies_both_conditions_of_wolfe(name, kind, monkeypatch):
    problem, y = PROBLEMS[name]
    steps, along = [], quasi_newton.along

    def watched(d, t, at, *others):
        t, point = along(d, t, at, *others)
        steps.append((at, d, t, point))
        return t, point

    monkeypatch.setattr(quasi_newton, "along", watched)
    run = gd.lbfgs(problem, kind(X), y, tolerance=1e-5)
    assert len(steps) == run.epochs > (0 if kind is np.asarray else 2)
    for at, d, t, point in steps:
        slope = at.g @ d
        assert slope < 0.0
        assert problem.objective(at.theta + t * d, X, y) <= at.objective + ARMIJO * t * slope
        assert problem.gradient(at.theta + t * d, X, y) @ d >= WOLFE * slope
        assert point.theta.tolist() == (at.theta + t * d).tolist()
    assert np.all(np.diff(run.history.objective) < 0.0)
    assert run.history.learning_rate[:-1].tolist() == [t for _, _, t, _ in steps]


# --- Others' truth


@pytest.mark.parametrize("kind", [np.asarray, sparse.csr_array])
@pytest.mark.parametrize("name", PROBLEMS)
def test_the_minimum_is_that_of_scipy(name, kind):
    problem, y = PROBLEMS[name]
    run = gd.lbfgs(problem, kind(X), y, tolerance=1e-9)
    peer = scipys(problem, y, np.zeros(len(run.theta)), 1e-10)
    assert run.status == "converged" and run.history.gradient_norm[-1] <= 1e-9
    if name != "smoothed":  # without intercepts a sum over classes is free, but for the penalty
        np.testing.assert_allclose(run.theta, peer.x, atol=1e-6)
    assert run.history.objective[-1] == pytest.approx(peer.fun, rel=1e-12)


def test_minimum_in_closed_form_and_by_newton():
    problem, y = PROBLEMS["squares"]
    run = gd.lbfgs(problem, X, y, tolerance=1e-11)
    np.testing.assert_allclose(run.theta, gd.closed_form(problem, X, y).theta, rtol=1e-9)
    ridge = Ridge(alpha=N * LAM / 2.0, solver="cholesky").fit(X, y)
    np.testing.assert_allclose(run.theta, [*ridge.coef_, ridge.intercept_], rtol=1e-9)
    problem, y = PROBLEMS["binary"]
    run = gd.lbfgs(problem, X, y, tolerance=1e-11)
    np.testing.assert_allclose(run.theta, gd.newton(problem, X, y, tolerance=1e-14).theta, rtol=1e-7)


def test_classes_of_scikit_learn():
    problem, y = PROBLEMS["classes"]
    run = gd.lbfgs(problem, X, y, tolerance=1e-9)
    peer = LogisticRegression(C=1.0 / (N * LAM), tol=1e-9, max_iter=5000).fit(X, y)
    np.testing.assert_allclose(run.theta[: 3 * D].reshape(3, D), peer.coef_, atol=1e-6)


@pytest.mark.parametrize("name", PROBLEMS)
def test_no_more_passes_through_the_data_than_scipy_takes(name, monkeypatch):
    """Within a quarter; each look at a point is a pass."""
    problem, y = PROBLEMS[name]
    looks, look = [], Search.look
    monkeypatch.setattr(Search, "look", lambda search, theta: looks.append(1) or look(search, theta))
    run = gd.lbfgs(problem, X, y, tolerance=1e-7)
    peer = scipys(problem, y, np.zeros(len(run.theta)), np.abs(problem.gradient(run.theta, X, y)).max())
    assert len(looks) <= 1.25 * peer.nfev + 2


SCALES = {"means": (3.0 * np.ones(20), np.logspace(0.0, -0.5, 20)), "scales": (np.zeros(6), np.logspace(-2.0, 2.0, 6))}


@pytest.mark.parametrize("name", SCALES)
def test_columns_as_they_come_cost_no_more_than_with_scipy(name, monkeypatch):
    """Columns far from their mean, or of unlike size, of five data sets, to a millionth of what can be gained."""
    mean, scale = SCALES[name]
    best, look = [], Search.look
    monkeypatch.setattr(Search, "look", lambda search, theta: best.append((p := look(search, theta)).objective) or p)
    ours, peers = 0, 0
    for seed in range(5):
        rng = np.random.default_rng(seed)
        A = rng.standard_normal((200, len(mean)))
        y = (A @ rng.standard_normal(len(mean)) + rng.logistic(size=200) > 0.0).astype(float)
        A, problem, seen = A * scale + mean, gd.Problem(gd.Linear(len(mean))), []
        goal = problem.objective(gd.closed_form(problem, A, y).theta, A, y)
        goal += 1e-6 * (np.mean(y**2) - goal)
        best.clear()
        gd.lbfgs(problem, A, y)
        scipys(problem, y, np.zeros(len(mean) + 1), 1e-9, A, seen.append)
        ours, peers = ours + first(best, goal), peers + first(seen, goal)
    assert ours <= 1.3 * peers


def first(objectives, goal):
    """How many looks it took to get there."""
    return next(k for k, objective in enumerate(objectives, 1) if objective <= goal)


def test_a_network_ends_where_no_gradient_is_left():
    run = gd.lbfgs(NETWORK, X, Y, tolerance=1e-6, epochs=3000)
    assert run.status == "converged"
    assert np.linalg.norm(NETWORK.gradient(run.theta, X, Y)) <= 1e-6
    other = gd.lbfgs(NETWORK, X, Y, tolerance=1e-6, epochs=3000, seed=1)
    assert run.history.objective[0] != other.history.objective[0]
    again = gd.lbfgs(NETWORK, X, Y, tolerance=1e-6, epochs=3000, seed=np.random.default_rng(1))
    assert again.theta.tolist() == other.theta.tolist()


# --- How it ends


def test_tolerance_is_a_boundary():
    problem, y = PROBLEMS["binary"]
    run = gd.lbfgs(problem, X, y, tolerance=1e-4)
    norm = run.history.gradient_norm[-1]
    assert gd.lbfgs(problem, X, y, tolerance=norm).epochs == run.epochs
    assert gd.lbfgs(problem, X, y, tolerance=np.nextafter(norm, 0.0)).epochs == run.epochs + 1
    assert gd.lbfgs(problem, X, y, start=run.theta, tolerance=1e-4).epochs == 0


def test_epochs_count_the_steps():
    problem, y = PROBLEMS["binary"]
    short, none = (gd.lbfgs(problem, X, y, epochs=k) for k in (3, 0))
    assert (short.status, short.epochs, none.status, none.epochs) == ("max_epochs", 3, "max_epochs", 0)
    assert short.history.objective.tolist() == gd.lbfgs(problem, X, y).history.objective[:4].tolist()
    assert not none.theta.any()
    for k in range(3):
        assert short.history.objective[k + 1] < short.history.objective[k]
    assert short.history.objective[3] == problem.objective(short.theta, X, y)
    assert short.history.gradient_norm[3] == pytest.approx(np.linalg.norm(problem.gradient(short.theta, X, y)))


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("name", PROBLEMS)
def test_a_tolerance_below_rounding_stalls(name, dtype):
    problem, y = PROBLEMS[name]
    run = gd.lbfgs(problem, X.astype(dtype), y, tolerance=0.0)
    assert run.status == "stalled" or run.history.gradient_norm[-1] == 0.0
    assert run.theta.dtype == dtype and run.epochs < 300
    best = gd.lbfgs(problem, X, y, tolerance=1e-10)
    of_sums = N * np.finfo(dtype).eps * (1.0 + np.abs(X).max())  # of N products, added up one by one
    assert run.history.gradient_norm[-1] <= of_sums * run.history.objective[0]
    assert run.history.objective[-1] == pytest.approx(best.history.objective[-1], rel=float(10.0 * np.finfo(dtype).eps))


@pytest.mark.parametrize(("shift", "tolerance"), [(10.0, 1e-8), (50.0, 1e-6)])
def test_a_run_stalls_only_where_rounding_ends_it(shift, tolerance):
    """In a long valley the norm of the gradient falls by fits and starts; the objective changes too little to see."""
    rng = np.random.default_rng(1)
    A = rng.standard_normal((200, 20)) * np.logspace(0.0, -0.5, 20)
    y = (A @ rng.standard_normal(20) + rng.logistic(size=200) > 0.0).astype(float)
    problem = gd.Problem(gd.Linear(20))
    run = gd.lbfgs(problem, A + shift, y, tolerance=tolerance, epochs=3000)
    assert run.status == "converged"
    run = gd.lbfgs(problem, A + shift, y, tolerance=0.0, epochs=10_000)
    assert run.status == "stalled" and run.history.gradient_norm[-1] <= tolerance
    norm = np.linalg.norm(problem.gradient(run.theta, A + shift, y))
    assert run.history.gradient_norm[-1] == pytest.approx(norm, rel=1e-12)
    assert len(run.history.learning_rate) == run.epochs + 1 and run.history.learning_rate[-1] == 1.0


def test_a_matrix_that_misleads_is_forgotten(monkeypatch):
    """Where no step along the direction of the pairs leads down, the gradient still does."""
    problem, y = PROBLEMS["binary"]
    direction, asked = Pairs.direction, []

    def misleading(pairs, g):
        asked.append(len(pairs.kept))
        return g if len(pairs.kept) == 3 else direction(pairs, g)

    monkeypatch.setattr(Pairs, "direction", misleading)
    run = gd.lbfgs(problem, X, y, tolerance=1e-4)
    assert run.status == "converged" and asked[:6] == [0, 1, 2, 3, 0, 1]


def test_ctrl_c_ends_with_the_step_it_meets(monkeypatch):
    """Also where that is the last one, for whoever fits in a loop must hear of it."""
    problem, y = PROBLEMS["binary"]
    looks, when, look = [], [0], Search.look

    def interrupting(search, theta):
        looks.append(theta)
        if len(looks) == when[0]:
            signal.raise_signal(signal.SIGINT)
        return look(search, theta)

    monkeypatch.setattr(Search, "look", interrupting)
    whole = gd.lbfgs(problem, X, y)
    for when[0] in (4, len(looks)):
        looks.clear()
        run = gd.lbfgs(problem, X, y)
        assert run.status == "interrupted" and len(looks) == when[0]
        assert run.history.objective[-1] == problem.objective(run.theta, X, y)
    assert run.theta.tolist() == whole.theta.tolist()


@pytest.mark.parametrize("scale", [1e-100, 1e-30, 1e30, 1e100])
def test_targets_of_any_size(scale):
    """The path is that of targets of size 1 after the first step, whose length is not known before."""
    problem = gd.Problem(gd.Linear(D))
    run = gd.lbfgs(problem, X, scale * Y, tolerance=1e-8 * scale)
    assert run.status == "converged"
    np.testing.assert_allclose(run.theta / scale, gd.closed_form(problem, X, Y).theta, rtol=1e-6)


class Walled(NamedTuple):
    """The squared error, which is not known above a wall, where its slope goes on."""


@value.kernel(Walled)
def _(loss, z, y):
    return (z - y) * (z - y) if z < 1.0 else math.nan


@slope.kernel(Walled)
def _(loss, z, y):
    return 2.0 * (z - y)


def test_no_step_leads_to_where_the_objective_is_not_a_number():
    run = gd.lbfgs(gd.Problem(gd.Linear(D), Walled()), X, Y)
    assert np.isfinite(run.history.objective).all() and run.epochs > 0
    assert run.history.objective[-1] < run.history.objective[0]


class Endless(NamedTuple):
    """A loss without a least value: the score itself."""


@gd.losses.value.kernel(Endless)
def _(loss, z, y):
    return z


@gd.losses.slope.kernel(Endless)
def _(loss, z, y):
    return 1.0


def test_an_objective_that_falls_without_end_has_diverged():
    with pytest.warns(gd.DivergenceWarning, match="falls without end along a line; pass a penalty") as caught:
        run = gd.lbfgs(gd.Problem(gd.Linear(D), Endless()), X, Y)
    assert run.status == "diverged" and np.isfinite(run.theta).all()
    assert caught[0].filename == __file__
    bounded = gd.lbfgs(gd.Problem(gd.Linear(D, intercept=False), Endless(), gd.L2(1.0)), X, Y)
    np.testing.assert_allclose(bounded.theta, -X.mean(axis=0), atol=1e-6)


# --- What is refused


class Odd:
    pass


@pytest.mark.parametrize(
    ("problem", "error", "message"),
    [
        (Odd(), TypeError, "problem must be a gd.Problem"),
        (gd.Problem(gd.Linear(D), gd.AbsoluteError()), TypeError, "loss without kinks, not AbsoluteError.*gd.Huber"),
        (gd.Problem(gd.Linear(D), gd.Weighted(gd.AbsoluteError())), TypeError, "loss without kinks"),
        (gd.Problem(gd.Linear(D), penalty=gd.L1(0.1)), TypeError, r"NoPenalty or L2, not L1\(lam=0.1\); use gd.fista"),
        (gd.Problem(gd.Linear(D), penalty=gd.ElasticNet(0.1)), TypeError, "use gd.fista"),
        (gd.Problem(gd.Linear(D + 1)), ValueError, "X has 6 columns"),
    ],
)
def test_problems_that_are_refused(problem, error, message):
    with pytest.raises(error, match=message):
        gd.lbfgs(problem, X, np.column_stack([Y, Y]) if "Weighted" in repr(problem) else Y)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"epochs": -1}, "epochs must be"),
        ({"epochs": 1.5}, "epochs must be"),
        ({"tolerance": -1e-9}, "tolerance must be"),
        ({"tolerance": np.nan}, "tolerance must be"),
        ({"start": np.zeros(D)}, "start has shape"),
        ({"start": gd.minimize(PROBLEMS["squares"][0], X, Y, epochs=0)}, "start must be an array .* pass its theta"),
        ({"start": np.full(D + 1, 1e200)}, "start has an objective that is not finite"),
        ({"seed": -1}, "seed must be"),
    ],
)
def test_arguments_that_are_refused(settings, message):
    problem = NETWORK if "seed" in settings else PROBLEMS["squares"][0]
    with pytest.raises((TypeError, ValueError), match=message):
        gd.lbfgs(problem, X, Y, **settings)


def test_data_that_are_refused():
    for bad in (np.nan, np.inf):
        spoiled = X.copy()
        spoiled[3, 2] = bad
        with pytest.raises(ValueError, match=r"X (holds|has|must)"):
            gd.lbfgs(PROBLEMS["squares"][0], spoiled, Y)
    with pytest.raises(ValueError, match="objective where the descent begins is not finite; scale y or X"):
        gd.lbfgs(PROBLEMS["squares"][0], X, 1e200 * Y)
