"""Dual coordinate ascent: its steps against a search, its ends against scikit-learn and the duality gap."""

import numpy as np
import pytest
from scipy import sparse
from scipy.optimize import minimize_scalar
from sklearn.linear_model import LogisticRegression, Ridge

import gdlearn as gd
import running
from gdlearn import dual
from gdlearn.certificates import conjugate, duality_gap
from gdlearn.dual import dual_ascent, dual_step
from test_solvers import LABELS, N, X, Y

LOG = gd.BinaryCrossEntropy()
layouts = pytest.mark.parametrize("layout", [np.asarray, sparse.csr_array], ids=["dense", "CSR"])
compiled, _plain = running.plain_unless_compiled((dual, "ascend"), (dual, "mean_loss"))


def ridge_problem(loss=LOG, lam=0.05, inputs=5):
    return gd.Problem(gd.Linear(inputs, intercept=False), loss, gd.L2(lam))


# --- The step


@pytest.mark.parametrize("q", [1e-3, 1.0, 50.0, 1e5])
@pytest.mark.parametrize("z", [-40.0, -2.0, 0.0, 0.7, 40.0])
@pytest.mark.parametrize(("y", "u"), [(1.0, 0.0), (1.0, -1.0), (1.0, -0.3), (0.0, 0.0), (0.0, 0.9), (0.3, 0.2)])
def test_a_step_is_at_least_nine_tenths_as_good_as_the_best(q, z, y, u):
    def height(v):
        return -float(conjugate(LOG, np.array([v]), np.array([y]))[0]) + z * v - 0.5 * q * (v - u) ** 2

    best = minimize_scalar(lambda v: -height(v), bounds=(-y, 1.0 - y), method="bounded", options={"xatol": 1e-13})
    new = dual_step(LOG, u, z, y, q)
    assert -y <= new <= 1.0 - y
    assert height(new) - height(u) >= 0.9 * (-best.fun - height(u)) - 1e-11 * (1.0 + q)


@pytest.mark.parametrize("q", [1e-3, 1.0, 1e5])
def test_the_step_of_the_squared_error_is_the_best(q):
    loss, u, z, y = gd.SquaredError(), 0.3, -1.0, 2.0
    v, moved = dual_step(loss, u, z, y, q), 1e-3

    def height(v):
        return -conjugate(loss, v, y) + z * v - 0.5 * q * (v - u) ** 2

    assert height(v) > max(height(v - moved), height(v + moved))
    assert height(v + moved) == pytest.approx(height(v - moved), rel=1e-6, abs=1e-9)


def test_where_the_numbers_are_right_they_stay():
    for loss, z, y in ((LOG, 0.8, 1.0), (LOG, -3.0, 0.25), (gd.SquaredError(), 0.8, 2.0)):
        right = gd.losses.slope(loss, z, y)
        assert dual_step(loss, right, z, y, 2.0) == pytest.approx(right, rel=1e-14)


# --- The minimum


@layouts
@pytest.mark.parametrize("lam", [0.02, 1.0, 1e3])
def test_the_minimum_is_that_of_scikit_learn(layout, lam):
    run = dual_ascent(ridge_problem(lam=lam), layout(X), LABELS, tolerance=1e-13)
    options = {"solver": "newton-cholesky", "tol": 1e-13, "fit_intercept": False}
    peer = LogisticRegression(C=1.0 / (N * lam), **options).fit(X, LABELS).coef_.ravel()
    # J is within 1e-13 of its minimum, so that w is within sqrt(2e-13 / lam).
    np.testing.assert_allclose(run.theta, peer, atol=np.sqrt(2e-13 / lam) + 1e-9 * np.abs(peer).max())
    assert run.status == "converged" and run.certificate.kind == "duality gap"


@layouts
def test_the_minimum_is_ridge_regression(layout):
    run = dual_ascent(ridge_problem(gd.SquaredError(), 0.4), layout(X), Y, tolerance=1e-13)
    peer = Ridge(N * 0.2, fit_intercept=False, solver="cholesky").fit(X, Y)
    np.testing.assert_allclose(run.theta, peer.coef_, atol=1e-5)


@layouts
@pytest.mark.parametrize("loss", [LOG, gd.SquaredError()])
def test_the_certificate_is_no_smaller_than_what_is_missing(loss, layout):
    problem = ridge_problem(loss)
    best = gd.newton(problem, X, LABELS, tolerance=1e-14)
    for epochs in (1, 3, 8):
        run = dual_ascent(problem, layout(X), LABELS, epochs=epochs, tolerance=0.0)
        missing = problem.objective(run.theta, X, LABELS) - best.history.objective[-1]
        assert run.certificate.bound >= missing - 1e-15 and run.status == "max_epochs" and run.epochs == epochs


def test_probabilities_are_targets_too():
    soft = np.linspace(0.0, 1.0, N)
    run = dual_ascent(ridge_problem(), X, soft, tolerance=1e-12)
    assert duality_gap(ridge_problem(), run.theta, X, soft) <= 1e-10


def test_empty_rows_and_columns_do_no_harm():
    A = X.copy()
    A[3], A[:, 2] = 0.0, 0.0
    run = dual_ascent(ridge_problem(), sparse.csr_array(A), LABELS, tolerance=1e-10)
    assert run.status == "converged" and run.theta[2] == 0.0
    zeros = dual_ascent(ridge_problem(), sparse.csr_array(0.0 * A), LABELS, tolerance=1e-10)
    assert zeros.status == "converged" and not zeros.theta.any()


@pytest.mark.parametrize("rows", [1, 31, 32, 33, 65])
def test_every_row_has_its_turn(rows):
    """Runs of 32 rows, the last of which may be shorter."""
    run = dual_ascent(ridge_problem(), X[:rows], LABELS[:rows], tolerance=1e-10)
    best = gd.newton(ridge_problem(), X[:rows], LABELS[:rows], tolerance=1e-14)
    assert run.status == "converged" and run.history.objective[-1] - best.history.objective[-1] <= 1e-10


@layouts
@pytest.mark.parametrize("loss", [LOG, gd.SquaredError()])
def test_w_stays_that_of_the_numbers(compiled, loss, layout):
    problem, data = ridge_problem(loss).ready().load(layout(X), LABELS)
    state, random = dual.Ascent(problem, data, layout(X), 0.0), np.array([7], np.uint64)
    state.begin()
    for _ in range(5):
        state.epoch(random)
        np.testing.assert_allclose(state.w, -X.T @ state.u / (0.05 * N), rtol=1e-10, atol=1e-13)
        assert state.objective == pytest.approx(ridge_problem(loss).objective(state.best, X, LABELS), rel=1e-13)


@layouts
def test_compiled_and_plain_ascents_are_the_same(compiled, layout, monkeypatch):
    fast = dual_ascent(ridge_problem(), layout(X), LABELS, epochs=10, tolerance=0.0)
    for name in ("ascend", "mean_loss"):
        monkeypatch.setattr(dual, name, getattr(dual, name).py_func)
    plain = dual_ascent(ridge_problem(), layout(X), LABELS, epochs=10, tolerance=0.0)
    np.testing.assert_allclose(plain.theta, fast.theta, rtol=1e-10)
    np.testing.assert_allclose(plain.history.objective, fast.history.objective, rtol=1e-12)


def test_history_seed_and_epochs():
    run = dual_ascent(ridge_problem(), X, LABELS)
    assert run.history.objective[0] == pytest.approx(np.log(2.0)) and np.isnan(run.history.gradient_norm).all()
    assert run.history.objective[-1] == pytest.approx(ridge_problem().objective(run.theta, X, LABELS), rel=1e-14)
    assert (dual_ascent(ridge_problem(), X, LABELS, seed=0).theta == run.theta).all()
    assert (dual_ascent(ridge_problem(), X, LABELS, seed=1).theta != run.theta).any()
    assert (dual_ascent(ridge_problem(), X, LABELS, seed=np.random.default_rng(0)).theta == run.theta).all()
    none = dual_ascent(ridge_problem(), X, LABELS, epochs=0)
    assert (none.epochs, none.status) == (0, "max_epochs") and not none.theta.any()
    assert "duality gap" in repr(run) and run.history.objective[0] - none.certificate.bound <= run.history.objective[-1]


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_the_best_point_is_returned_not_the_last(dtype):
    """With columns of very different sizes, the first epochs lead far above the start."""
    A = (X * [1e-3, 1.0, 1e3, 1.0, 10.0]).astype(dtype)
    problem = ridge_problem(lam=1e-5)
    runs = [dual_ascent(problem, A, LABELS, epochs=epochs) for epochs in range(1, 6)]
    for run in runs:
        end, least = run.history.objective[-1], gd.newton(problem, A, LABELS).history.objective[-1]
        assert end <= run.history.objective[0] and run.status == "max_epochs" and len(run.history.objective) > 1
        assert end == pytest.approx(problem.objective(run.theta, A, LABELS), rel=1e-6)
        assert end - least <= run.certificate.bound
    assert (np.diff(runs[-1].history.objective) <= 0.0).all()


@pytest.mark.parametrize("loss", [LOG, gd.SquaredError()])
def test_entries_stored_twice_are_summed_without_a_change_of_the_matrix(loss):
    columns, parts = np.tile(np.repeat(np.arange(5), 3), N), np.repeat(X.ravel() / 3.0, 3)
    twice = sparse.csr_array((parts, columns, 15 * np.arange(N + 1)), (N, 5))
    problem = ridge_problem(loss, lam=1.0)
    once = dual_ascent(problem, X, LABELS, tolerance=1e-13).theta
    np.testing.assert_allclose(dual_ascent(problem, twice, LABELS, tolerance=1e-13).theta, once, atol=1e-5)
    for solve in (gd.newton, gd.fista):
        np.testing.assert_allclose(solve(problem, twice, LABELS, tolerance=1e-13).theta, once, atol=1e-5)
    assert twice.nnz == 15 * N and (twice.data == parts).all() and (twice.indices == columns).all()


def test_single_precision_stays_single():
    run = dual_ascent(ridge_problem(), X.astype(np.float32), LABELS)
    assert run.theta.dtype == np.float32 and run.status == "converged"
    np.testing.assert_allclose(run.theta, dual_ascent(ridge_problem(), X, LABELS).theta, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"problem": gd.Linear(5)}, "problem"),
        ({"problem": gd.Problem(gd.MLP(5, (3,)), LOG, gd.L2(1.0))}, "model"),
        ({"problem": gd.Problem(gd.Linear(5), LOG, gd.L2(1.0))}, "intercept"),
        ({"problem": gd.Problem(gd.Linear(5, 2, False), penalty=gd.L2(1.0))}, "one output"),
        ({"problem": ridge_problem(gd.Huber())}, "loss"),
        ({"problem": ridge_problem()._replace(penalty=gd.L1(0.1))}, "penalty"),
        ({"problem": ridge_problem(lam=0.0)}, "penalty"),
        ({"problem": ridge_problem(lam=1e-320)}, "lam"),
        ({"X": X[:, :4]}, "X"),
        ({"X": 1e200 * X}, "X"),
        ({"y": Y[:3]}, "y"),
        ({"y": Y}, "y"),
        ({"problem": ridge_problem(gd.SquaredError()), "y": 1e200 * Y}, "y"),
        ({"epochs": -1}, "epochs"),
        ({"tolerance": -1.0}, "tolerance"),
        ({"seed": -1}, "seed"),
        ({"seed": "x"}, "seed"),
    ],
)
def test_odd_arguments_are_refused_by_name(change, word):
    with pytest.raises((TypeError, ValueError), match=rf"\b{word}\b"):
        dual_ascent(**{"problem": ridge_problem(), "X": X, "y": LABELS} | change)
