"""Solvers: the closed form against NumPy and scikit-learn, FISTA against its certificate."""

from typing import NamedTuple

import numpy as np
import pytest
from scipy import sparse
from sklearn.linear_model import ElasticNet, LogisticRegression, Ridge

import gdlearn as gd
import running
from gdlearn import automatic, models, penalties, solvers
from gdlearn.certificates import duality_gap, subgradient_norm
from gdlearn.solvers import closed_form, distance_to_closed_form, fista

RNG = np.random.default_rng(5)
N = 70
X = RNG.standard_normal((N, 5)) * [1.0, 3.0, 0.5, 1.0, 1.0] + [0.0, 2.0, 0.0, 0.0, -1.0]
Y = X @ [1.0, 0.0, -2.0, 0.5, 0.0] + 3.0 + 0.3 * RNG.standard_normal(N)
LABELS = (Y - Y.mean() + RNG.logistic(size=N) > 0.0).astype(float)
intercepts = pytest.mark.parametrize("intercept", [True, False])
methods = pytest.mark.parametrize("method", ["qr", "normal"])
compiled, _plain = running.plain_unless_compiled((solvers, "accelerate"))


# --- The closed form


@intercepts
@methods
@pytest.mark.parametrize("layout", [np.asarray, np.asfortranarray, sparse.csr_array])
def test_the_closed_form_is_least_squares(layout, method, intercept):
    problem = gd.Problem(gd.Linear(5, intercept=intercept))
    run = closed_form(problem, layout(X), Y, method=method)
    expected = np.linalg.lstsq(np.column_stack([X, np.ones(N)]) if intercept else X, Y)[0]
    np.testing.assert_allclose(run.theta, expected, rtol=1e-10, atol=1e-11)
    assert run.status == "converged" and run.epochs == 0
    assert run.certificate.kind == "gradient bound" and run.certificate.bound < 1e-20


@intercepts
@methods
@pytest.mark.parametrize("lam", [1e-6, 0.4, 1e4])
def test_the_closed_form_is_ridge_regression(lam, method, intercept):
    problem = gd.Problem(gd.Linear(5, intercept=intercept), penalty=gd.L2(lam))
    run = closed_form(problem, X, Y, method=method)
    peer = Ridge(N * lam / 2.0, fit_intercept=intercept, solver="cholesky").fit(X, Y)
    np.testing.assert_allclose(run.theta, np.append(peer.coef_, peer.intercept_ if intercept else []), rtol=1e-9)
    assert run.certificate.kind == "duality gap" and run.certificate.bound < 1e-11
    assert run.history.gradient_norm[0] < 1e-11 * max(lam, 1.0)


@methods
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_several_outputs_are_solved_together(dtype, method):
    Z = np.column_stack([Y, -2.0 * Y, X[:, 0]])
    problem = gd.Problem(gd.Linear(5, 3), penalty=gd.L2(0.1))
    run = closed_form(problem, X.astype(dtype), Z.astype(dtype), method=method)
    assert run.theta.dtype == dtype
    alone = [closed_form(gd.Problem(gd.Linear(5), penalty=gd.L2(0.1)), X, Z[:, c]).theta for c in range(3)]
    W, b = run.theta[:15].reshape(3, 5), run.theta[15:]
    np.testing.assert_allclose(np.column_stack([W, b]), alone, rtol=1e-4, atol=1e-6)


def test_qr_bears_a_condition_number_whose_square_it_would_lose():
    """Columns that differ by 1e-8: the normal equations are singular to all 16 digits."""
    A = np.column_stack([X[:, 0], X[:, 0] + 1e-8 * X[:, 1]])
    target = A @ [1.0, 1.0]
    problem = gd.Problem(gd.Linear(2, intercept=False))
    np.testing.assert_allclose(closed_form(problem, A, target).theta, [1.0, 1.0], atol=1e-6)
    with pytest.raises(ValueError, match="dependent columns"):
        closed_form(problem, A, target, method="normal")


def test_of_many_solutions_qr_takes_the_smallest_where_gradient_descent_from_zero_ends_too():
    A, target = RNG.standard_normal((4, 9)), RNG.standard_normal(4)
    problem = gd.Problem(gd.Linear(9, intercept=False))
    smallest = np.linalg.pinv(A) @ target
    np.testing.assert_allclose(closed_form(problem, A, target).theta, smallest, atol=1e-10)
    run = gd.minimize(problem, A, target, schedule=1.0 / problem.smoothness(A).L, epochs=5000, tolerance=1e-12)
    assert distance_to_closed_form(problem, run.theta, A, target) < 1e-8
    with pytest.raises(ValueError, match="dependent columns"):
        closed_form(problem, A, target, method="normal")
    ridge = gd.Problem(gd.Linear(9, intercept=False), penalty=gd.L2(0.1))
    same = [closed_form(ridge, A, target, method=method).theta for method in ("qr", "normal")]
    np.testing.assert_allclose(*same, atol=1e-10)


def test_columns_that_repeat_others_share_their_weight():
    """What rounding leaves of the second copy is no direction of its own."""
    twice = closed_form(gd.Problem(gd.Linear(10)), np.hstack([X, X]), Y).theta
    once = closed_form(gd.Problem(gd.Linear(5)), X, Y).theta
    np.testing.assert_allclose(twice, [*once[:5] / 2.0, *once[:5] / 2.0, once[5]], rtol=1e-11)


def far_from_zero(mean, n=500):
    """Three columns of spread 1 about the mean, and the weights that fit y best."""
    rng = np.random.default_rng(0)
    Z = rng.standard_normal((n, 3))
    y = Z @ [1.0, 2.0, 3.0] + 0.1 * rng.standard_normal(n)
    A = Z + mean
    return A, y, np.linalg.lstsq(A - A.mean(axis=0), y - y.mean())[0]


@methods
@pytest.mark.parametrize("layout", [np.asarray, sparse.csr_array])
@pytest.mark.parametrize("mean", [1e3, 1e5, 1e6])
def test_large_means_cost_no_more_digits_than_the_columns_lose_themselves(mean, layout, method):
    A, y, best = far_from_zero(mean)
    run = closed_form(gd.Problem(gd.Linear(3)), layout(A), y, method=method)
    np.testing.assert_allclose(run.theta[:3], best, atol=1e-15 * mean)


@pytest.mark.parametrize("mean", [1e7, 1e8, 1e12])
def test_the_normal_equations_of_sparse_columns_too_far_from_zero_are_refused(mean):
    """Their products less n times the means' products are nothing but rounding."""
    A, y, best = far_from_zero(mean)
    for problem in (gd.Problem(gd.Linear(3)), gd.Problem(gd.Linear(3), penalty=gd.L2(1e-9))):
        with pytest.raises(ValueError, match="pass method='qr'"):
            closed_form(problem, sparse.csr_array(A), y)
    run = closed_form(gd.Problem(gd.Linear(3)), A, y, method="normal")
    np.testing.assert_allclose(run.theta[:3], best, atol=1e-15 * mean)


@intercepts
@methods
@pytest.mark.parametrize("layout", [np.asarray, sparse.csr_array])
@pytest.mark.parametrize("lam", [1e-6, 0.1, 1e6])
def test_ridge_regression_with_more_columns_than_rows_is_exact(lam, layout, method, intercept):
    A, Z = RNG.standard_normal((20, 90)) + 2.0, RNG.standard_normal((20, 2))
    run = closed_form(gd.Problem(gd.Linear(90, 2, intercept), penalty=gd.L2(lam)), layout(A), Z, method=method)
    centered, target = (A - A.mean(axis=0), Z - Z.mean(axis=0)) if intercept else (A, Z)
    stacked, zeros = np.vstack([centered, np.sqrt(10.0 * lam) * np.eye(90)]), np.zeros((90, 2))
    best = np.linalg.lstsq(stacked, np.vstack([target, zeros]))[0].T
    np.testing.assert_allclose(run.theta[:180].reshape(2, 90), best, atol=1e-11 * np.abs(best).max())


def test_the_smaller_of_two_matrices_is_solved():
    """30,000 columns have a matrix of 7 GB, their 20 rows one of 3 kB."""
    A = sparse.random_array((20, 30_000), density=0.01, format="csr", rng=0)
    problem, y = gd.Problem(gd.Linear(30_000), penalty=gd.L2(0.1)), np.arange(20.0)
    normal, qr = (closed_form(problem, A, y, method=method).theta for method in ("normal", "qr"))
    np.testing.assert_allclose(normal, qr, atol=1e-12 * np.abs(qr).max())


@pytest.mark.parametrize(
    ("problem", "word"),
    [
        (gd.Problem(gd.Linear(5), gd.Huber()), "Huber"),
        (gd.Problem(gd.Linear(5), penalty=gd.L1(0.1)), "L1"),
        (gd.Problem(gd.MLP(5, (3,))), "MLP"),
    ],
)
def test_what_has_no_closed_form_says_so(problem, word):
    with pytest.raises(TypeError, match=f"{word} has no closed form"):
        closed_form(problem, X, Y)


def test_other_bad_arguments_are_named():
    problem = gd.Problem(gd.Linear(5))
    for method in ("svd", 3, ["qr"]):
        with pytest.raises(ValueError, match="method must be"):
            closed_form(problem, X, Y, method=method)
    with pytest.raises(TypeError, match="problem must be"):
        closed_form(gd.Linear(5), X, Y)
    with pytest.raises(TypeError, match="problem must be"):
        fista(gd.Linear(5), X, Y)
    with pytest.raises(TypeError, match="MLP is none"):
        fista(gd.Problem(gd.MLP(5, (3,))), X, Y)
    with pytest.raises(TypeError, match="AbsoluteError"):
        fista(gd.Problem(gd.Linear(5), gd.AbsoluteError()), X, Y)
    with pytest.raises(ValueError, match="tolerance"):
        fista(problem, X, Y, tolerance=-1.0)
    with pytest.raises(ValueError, match="epochs"):
        fista(problem, X, Y, epochs=-1)
    with pytest.raises(ValueError, match="start"):
        fista(problem, X, Y, start=[1.0])
    with pytest.raises(ValueError, match="start has an objective that is not finite"):
        fista(problem, X, Y, start=np.full(6, 1e200))


# --- FISTA

GAPS = [
    (gd.SquaredError(), gd.L1(0.5)),
    (gd.SquaredError(), gd.L2(0.1)),
    (gd.SquaredError(), gd.ElasticNet(0.5, 0.7)),
    (gd.BinaryCrossEntropy(), gd.L1(0.05)),
    (gd.BinaryCrossEntropy(), gd.L2(0.05)),
    (gd.BinaryCrossEntropy(), gd.ElasticNet(0.05, 0.3)),
]


@intercepts
@pytest.mark.parametrize(("loss", "penalty"), GAPS)
def test_fista_closes_the_gap(loss, penalty, intercept):
    problem = gd.Problem(gd.Linear(5, intercept=intercept), loss, penalty)
    y = LABELS if isinstance(loss, gd.BinaryCrossEntropy) else Y
    goal = 1e-10 * problem.objective(np.zeros(gd.models.size(problem.model)), X, y)
    run = fista(problem, X, y, tolerance=1e-10)
    assert run.status == "converged" and run.certificate == ("duality gap", duality_gap(problem, run.theta, X, y))
    assert run.certificate.bound <= goal
    sparsely = fista(problem, sparse.csr_array(X), y, tolerance=1e-10)
    assert abs(sparsely.history.objective[-1] - run.history.objective[-1]) <= goal
    assert len(run.history.objective) == len(run.history.seconds) == run.epochs + 1
    assert run.history.objective[-1] == pytest.approx(problem.objective(run.theta, X, y))
    assert run.history.gradient_norm[-1] == pytest.approx(
        subgradient_norm(problem, run.theta, X, y), rel=1e-4, abs=1e-9
    )


def test_fista_agrees_with_scikit_learn():
    net = ElasticNet(0.25, l1_ratio=0.7, tol=1e-13, max_iter=100_000).fit(X, Y)
    run = fista(gd.Problem(gd.Linear(5), penalty=gd.ElasticNet(0.5, 0.7)), X, Y, tolerance=1e-13)
    np.testing.assert_allclose(run.theta, np.append(net.coef_, net.intercept_), atol=1e-5)
    assert ((run.theta[:5] != 0.0) == (net.coef_ != 0.0)).all()
    logistic = LogisticRegression(C=1.0 / (N * 0.05), solver="newton-cholesky", tol=1e-12).fit(X, LABELS)
    run = fista(gd.Problem(gd.Linear(5), gd.BinaryCrossEntropy(), gd.L2(0.05)), X, LABELS, tolerance=1e-13)
    np.testing.assert_allclose(run.theta, np.append(logistic.coef_, logistic.intercept_), atol=1e-5)


@pytest.mark.parametrize(
    ("problem", "y"),
    [
        (gd.Problem(gd.Linear(5)), Y),
        (gd.Problem(gd.Linear(5), gd.Huber(0.5), gd.L1(0.1)), Y),
        (gd.Problem(gd.Linear(5, 3), gd.CrossEntropy(), gd.L2(0.1)), np.digitize(Y, [0.0, 5.0])),
    ],
    ids=["least squares", "Huber", "softmax"],
)
def test_where_no_gap_is_known_the_smallest_subgradient_says_when_to_stop(problem, y):
    run = fista(problem, X, y, tolerance=1e-9)
    start = subgradient_norm(problem, np.zeros(gd.models.size(problem.model)), X, y)
    assert run.status == "converged" and run.history.gradient_norm[-1] <= 1e-9 * start
    if run.problem.loss == gd.SquaredError():
        assert distance_to_closed_form(problem, run.theta, X, y) < 1e-6


def test_the_rate_of_beck_and_teboulle_holds(compiled):
    """J(theta_k) - J* <= 2 L |theta_0 - theta*|^2 / (k + 1)^2, as long as no restart interferes."""
    rng = np.random.default_rng(0)
    A = rng.standard_normal((20, 30)) * np.logspace(0.0, -1.5, 30)
    target = A @ rng.standard_normal(30)
    problem = gd.Problem(gd.Linear(30, intercept=False), penalty=gd.L1(1e-3))
    end = fista(problem, A, target, tolerance=1e-9, epochs=20_000)
    run = fista(problem, A, target, tolerance=0.0, epochs=30)
    k = np.arange(1, 31)
    bound = 2.0 * problem.smoothness(A).L * np.square(end.theta).sum() / (k + 1.0) ** 2
    assert (run.history.objective[1:] - end.history.objective[-1] <= bound).all()


def test_restarts_beat_gradient_descent_by_the_root_of_the_condition_number(compiled):
    A, target = gd.datasets.quadratic(np.geomspace(1.0, 1e4, 20), center=np.ones(20))
    problem = gd.Problem(gd.Linear(20, intercept=False))
    run = fista(problem, A, target, tolerance=1e-8)
    assert run.status == "converged" and run.epochs < 3000  # gradient descent: kappa * log(1e8) / 2 = 92000


def test_epochs_and_start_are_respected():
    problem = gd.Problem(gd.Linear(5), penalty=gd.L1(0.5))
    assert fista(problem, X, Y, epochs=0).epochs == 0 and not fista(problem, X, Y, epochs=0).theta.any()
    short = fista(problem, X, Y, epochs=7, tolerance=0.0)
    assert (short.epochs, short.status) == (7, "max_epochs")
    best = fista(problem, X, Y, tolerance=1e-10)
    again = fista(problem, X, Y, tolerance=1e-8, start=best.theta)
    assert again.epochs == 0 and again.status == "converged" and "duality gap" in repr(again)


def test_single_precision_stays_single():
    problem = gd.Problem(gd.Linear(5), penalty=gd.L1(0.5))
    run = fista(problem, X.astype(np.float32), Y.astype(np.float32), tolerance=1e-5)
    assert run.theta.dtype == np.float32 and run.status == "converged"


def test_compiled_and_plain_iterations_are_the_same(compiled, monkeypatch):
    problem = gd.Problem(gd.Linear(5), penalty=gd.L1(0.5))
    fast = fista(problem, X, Y, epochs=25, tolerance=0.0)
    monkeypatch.setattr(solvers, "accelerate", solvers.accelerate.py_func)
    plain = fista(problem, X, Y, epochs=25, tolerance=0.0)
    np.testing.assert_allclose(plain.theta, fast.theta, rtol=1e-11)
    np.testing.assert_allclose(plain.history.objective, fast.history.objective, rtol=1e-12)


@intercepts
@pytest.mark.parametrize("layout", [np.asarray, sparse.csr_array])
def test_the_curvature_of_wide_data_is_a_bound(layout, intercept, monkeypatch):
    problem = gd.Problem(gd.Linear(5, intercept=intercept), penalty=gd.ElasticNet(0.4, 0.5))
    exact = problem.smoothness(X).L
    monkeypatch.setattr(models, "FEW", 0)
    assert exact <= solvers.largest_curvature(problem, layout(X)) <= 1.011 * exact


class Pulling(NamedTuple):
    """A ridge of somebody's own, of which nobody says how steep it is."""

    lam: float


class Told(Pulling):
    """One of which somebody does."""


class Flat(NamedTuple):
    """A penalty with a cost only, which is no part of a step."""


penalties.cost.kernel(Pulling)(lambda penalty, w: 0.5 * penalty.lam * w * w)
penalties.pull.kernel(Pulling)(lambda penalty, w: penalty.lam * w)
penalties.curvature.kernel(Told)(lambda penalty: penalty.lam)
penalties.cost.kernel(Flat)(lambda penalty, w: 1.0)


def test_a_penalty_that_pulls_says_how_steeply_or_is_refused():
    """Steps of 1 / L without the penalty's share of L would diverge."""
    problem, unknown = gd.Problem(gd.Linear(5), gd.Huber(), gd.L2(50.0)), "write @gd.penalties.curvature.kernel"
    for refused in (lambda p: fista(p, X, Y), lambda p: p.smoothness(X)):
        with pytest.raises(TypeError, match=rf"penalty=Pulling has a pull kernel but no.*{unknown}\(Pulling\)"):
            refused(problem._replace(penalty=Pulling(50.0)))
    expected = fista(problem, X, Y)
    run = fista(problem._replace(penalty=Told(50.0)), X, Y)
    assert (run.status, run.history.learning_rate[0]) == ("converged", expected.history.learning_rate[0])
    flat = problem._replace(penalty=Flat())
    assert flat.smoothness(X) == problem._replace(penalty=gd.NoPenalty()).smoothness(X)
    everything = gd.SGD(), X, np.ones(N), N
    assert automatic.learning_rate(problem._replace(penalty=Pulling(50.0)), *everything) == automatic.RATE
    assert automatic.learning_rate(flat, *everything) > automatic.RATE


@pytest.mark.parametrize("columns", [3, models.FEW + 1])
@pytest.mark.parametrize("layout", [np.asarray, sparse.csr_array])
def test_data_whose_squares_overflow_are_refused(layout, columns):
    wide = gd.Problem(gd.Linear(columns), penalty=gd.L1(0.1))
    with pytest.raises(ValueError, match="X is so large that its squares overflow"):
        fista(wide, layout(np.full((4, columns), 1e200)), Y[:4])


def test_data_of_zeros_have_no_curvature():
    run = fista(gd.Problem(gd.Linear(2, intercept=False), penalty=gd.L1(0.1)), np.zeros((3, 2)), [1.0, 2.0, 3.0])
    assert run.status == "converged" and not run.theta.any() and np.isfinite(run.history.learning_rate[0])


@intercepts
def test_many_columns_that_cancel_have_their_curvature(compiled, intercept):
    """Columns in pairs z, -z have the sum 0 in each row, as effects of two levels do."""
    z = RNG.choice([-1.0, 1.0], (40, 300))
    for A in (np.hstack([z, -z]), np.hstack([z, np.zeros((40, 300))]), np.zeros((40, 600))):
        problem = gd.Problem(gd.Linear(600, intercept=intercept), penalty=gd.L2(0.1))
        exact = problem.smoothness(A).L
        assert exact <= solvers.largest_curvature(problem, A) <= 1.011 * exact + 0.1
        run = fista(problem, A, z[:, 0])
        assert run.status == "converged" and (A.any() or not run.theta[:600].any())
        rate = automatic.learning_rate(problem, gd.SGD(), A, np.ones(40), 40)
        assert 1.0 / 1.011 <= rate * (exact + 0.1) and rate * exact <= 1.0 + 1e-12


@pytest.mark.parametrize("bulk", [(0.0, 0.985), (0.9, 0.99), (0.0, 1.0)], ids=str)
def test_the_largest_of_many_eigenvalues_is_not_missed(bulk):
    """One eigenvalue 1, and 800 others below it without a gap, or nearly so."""
    A = np.diag(np.sqrt(801.0 * np.append(np.linspace(*bulk, 800), 1.0)))
    assert 1.0 <= models.largest_moment(gd.Linear(801, intercept=False), A) <= 1.0101
