"""The lasso: optimality by its own conditions, the same answers as scikit-learn, every layout of the data."""

import pickle

import numpy as np
import pytest
from scipy import sparse
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import Lasso as Peer
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

import gdlearn as gd
from gdlearn.certificates import duality_gap
from gdlearn.lasso import Lasso
from gdlearn.path import lasso_path, lasso_problem


def correlated(n, p, rho=0.8, seed=0):
    """Neighboring columns have the correlation rho; ten of them matter."""
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((n, p))
    for j in range(1, p):
        X[:, j] = rho * X[:, j - 1] + np.sqrt(1.0 - rho**2) * X[:, j]
    w = np.zeros(p)
    w[rng.choice(p, min(10, p), replace=False)] = rng.standard_normal(min(10, p))
    return X, X @ w + 0.3 * rng.standard_normal(n)


DESIGNS = {
    "more rows": correlated(200, 20),
    "more columns": correlated(60, 300, seed=1),
    "one column": correlated(30, 1, seed=2),
    "one row more than columns": correlated(21, 20, rho=0.99, seed=3),
    "far from zero": (correlated(80, 30, seed=4)[0] + 1000.0, correlated(80, 30, seed=4)[1] - 50.0),
}
designs = pytest.mark.parametrize("name", DESIGNS)


def largest_alpha(X, y):
    return np.abs((X - X.mean(axis=0)).T @ (y - y.mean())).max() / len(y)


def assert_optimal(X, y, alpha, w, b, slack):
    """The conditions of the optimum: |x_j^T r| / n is alpha with the sign of w_j, or less where w_j is 0."""
    r = y - X @ w - b
    correlations, active = X.T @ r / len(y), w != 0.0
    assert np.abs(correlations).max() <= alpha * (1.0 + slack)
    np.testing.assert_allclose(correlations[active], alpha * np.sign(w[active]), atol=slack * alpha)
    assert abs(r.mean()) <= slack * np.abs(y).max()


# --- The optimum


@designs
@pytest.mark.parametrize("share", [0.5, 0.1, 0.01])
def test_the_conditions_of_the_optimum_hold(name, share):
    X, y = DESIGNS[name]
    alpha = share * largest_alpha(X, y)
    model = Lasso(alpha, tol=1e-13, max_iter=10_000).fit(X, y)
    assert_optimal(X, y, alpha, model.coef_, model.intercept_, 1e-5)
    assert 0.0 <= model.dual_gap_ <= 1e-13 * y.var()
    ours = duality_gap(lasso_problem(alpha, X.shape[1]), np.append(model.coef_, model.intercept_), X, y)
    assert ours <= 1e-10 * np.mean(y**2)  # the certificate of the library agrees, in its own convention


@designs
def test_weights_and_support_are_those_of_scikit_learn(name):
    X, y = DESIGNS[name]
    alpha = 0.1 * largest_alpha(X, y)
    ours, peer = Lasso(alpha, tol=1e-13).fit(X, y), Peer(alpha, tol=1e-13, max_iter=100_000).fit(X, y)
    np.testing.assert_allclose(ours.coef_, peer.coef_, atol=1e-5)
    assert ours.intercept_ == pytest.approx(peer.intercept_, abs=1e-3 if name == "far from zero" else 1e-6)
    assert ((ours.coef_ != 0.0) == (peer.coef_ != 0.0)).all()


@pytest.mark.parametrize("share", [0.2, 0.05, 0.01])
def test_a_wide_correlated_design(share):
    X, y = correlated(200, 1000)
    alpha = share * largest_alpha(X, y)
    model = Lasso(alpha, tol=1e-12, max_iter=10_000).fit(X, y)
    assert_optimal(X, y, alpha, model.coef_, model.intercept_, 1e-4)


@pytest.mark.parametrize("share", [1e-4, 1e-6, 1e-8])
def test_a_lasso_too_weak_to_choose_interpolates_or_fits_like_least_squares(share):
    X, y = DESIGNS["more rows"]
    model = Lasso(share * largest_alpha(X, y), tol=1e-12, max_iter=10_000).fit(X, y)
    least = np.linalg.lstsq(np.column_stack([X, np.ones(len(y))]), y)[0]
    np.testing.assert_allclose(model.coef_, least[:-1], atol=50.0 * share + 1e-5)


@designs
def test_all_weights_are_zero_from_the_largest_alpha_on_and_one_is_not_just_below(name):
    X, y = DESIGNS[name]
    top = largest_alpha(X, y)
    for alpha, support in [(2.0 * top, 0), (top * (1 + 1e-9), 0), (top * (1 - 1e-4), 1)]:
        model = Lasso(alpha, tol=1e-14).fit(X, y)
        assert np.count_nonzero(model.coef_) == support
    assert Lasso(2.0 * top).fit(X, y).intercept_ == pytest.approx(y.mean())


def test_the_convention_is_half_of_ours():
    X, y = DESIGNS["more rows"]
    problem, rng = lasso_problem(0.3, 20), np.random.default_rng(0)
    assert problem == gd.Problem(gd.Linear(20), gd.SquaredError(), gd.L1(0.6))
    for _ in range(5):
        w, b = rng.standard_normal(20), rng.standard_normal()
        theirs = np.sum((y - X @ w - b) ** 2) / (2 * len(y)) + 0.3 * np.abs(w).sum()
        assert problem.objective(np.append(w, b), X, y) == pytest.approx(2.0 * theirs)


# --- Awkward columns


def test_columns_of_zeros_and_constants_get_no_weight():
    X, y = correlated(50, 8)
    X[:, 2], X[:, 5] = 0.0, 7.0
    for matrix in (X, sparse.csr_array(X)):
        model = Lasso(0.01, tol=1e-12).fit(matrix, y)
        assert model.coef_[2] == 0.0 and model.coef_[5] == 0.0
        assert_optimal(X, y, 0.01, model.coef_, model.intercept_, 1e-4)


def test_twins_share_what_one_would_have():
    X, y = correlated(50, 8)
    single = Lasso(0.05, tol=1e-13).fit(X, y)
    twins = Lasso(0.05, tol=1e-13).fit(np.hstack([X, X, X]), y)
    np.testing.assert_allclose(twins.coef_.reshape(3, 8).sum(axis=0), single.coef_, atol=1e-5)
    assert_optimal(np.hstack([X, X, X]), y, 0.05, twins.coef_, twins.intercept_, 1e-4)


@pytest.mark.parametrize("n", [3, 6, 16])
@pytest.mark.parametrize("seed", range(8))
def test_no_gap_is_below_what_scikit_learn_finds(n, seed):
    """With many more columns than rows the first sweeps overshoot, and the residual points away from y."""
    rng = np.random.default_rng(seed)
    X = np.sqrt(0.5) * rng.standard_normal((n, 10 * n)) + np.sqrt(0.5) * rng.standard_normal((n, 1))
    y = X[:, :3].sum(axis=1) + rng.standard_normal(n)
    y -= y.mean()
    alpha = 1e-3 * np.abs(X.T @ y).max() / n

    def objective(w):
        return 0.5 * np.mean((y - X @ w) ** 2) + alpha * np.abs(w).sum()

    best = objective(Peer(alpha, fit_intercept=False, tol=1e-10, max_iter=1_000_000).fit(X, y).coef_)
    model = gd.Lasso(alpha, tol=0.1, fit_intercept=False).fit(X, y)
    assert objective(model.coef_) - best <= model.dual_gap_ + 1e-9 * (y @ y) / n


@pytest.mark.long_in_python("hundreds of columns, a move at a time")
@pytest.mark.parametrize("seed", [79, 43, 19])
@pytest.mark.parametrize("share", [0.1, 1e-2, 10.0**-2.875])
def test_twins_among_many_correlated_columns_do_not_keep_the_gap_open(seed, share):
    """A third of the columns stands twice, so that the support's matrix is singular, and signs are slow to settle."""
    rng = np.random.default_rng(seed)
    n, p, rho = int(rng.integers(5, 90)), int(rng.integers(2, 200)), rng.choice([0.0, 0.5, 0.9, 0.99])
    X = np.sqrt(1.0 - rho) * rng.standard_normal((n, p)) + np.sqrt(rho) * rng.standard_normal((n, 1))
    X = np.hstack([X, X[:, : p // 3]])
    y = X[:, :3].sum(axis=1) + rng.standard_normal(n)
    y -= y.mean()
    alpha = share * np.abs(X.T @ y).max() / n
    model = gd.Lasso(alpha, tol=1e-12, max_iter=100_000, fit_intercept=False).fit(X, y)
    assert model.dual_gap_ <= 1e-12 * (y @ y) / n


def test_a_constant_target_needs_no_weights():
    model = Lasso(1e-3).fit(correlated(20, 5)[0], np.full(20, 3.0))
    assert model.intercept_ == 3.0 and not model.coef_.any() and model.dual_gap_ == 0.0


# --- The data's layout, type and weights


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("intercept", [True, False])
@pytest.mark.parametrize(
    "layout", [np.asfortranarray, sparse.csr_matrix, sparse.csc_matrix, sparse.csr_array, sparse.csc_array]
)
def test_every_layout_gives_the_same(layout, intercept, dtype):
    X, y = correlated(60, 40, seed=5)
    X = np.where(np.random.default_rng(0).random(X.shape) < 0.4, X + 1.0, 0.0)
    expected = Lasso(0.1, fit_intercept=intercept, tol=1e-12).fit(X, y)
    tol = 1e-12 if dtype == np.float64 else 1e-6
    found = Lasso(0.1, fit_intercept=intercept, tol=tol).fit(layout(X.astype(dtype)), y.astype(dtype))
    close = {"rtol": 1e-6, "atol": 1e-6} if dtype == np.float64 else {"atol": 2e-3}
    np.testing.assert_allclose(found.coef_, expected.coef_, **close)
    np.testing.assert_allclose(found.intercept_, expected.intercept_, **close)
    assert found.coef_.dtype == dtype
    np.testing.assert_allclose(found.predict(layout(X.astype(dtype))), expected.predict(X), atol=1e-2)


@pytest.mark.parametrize("layout", [np.asarray, sparse.csr_array])
@pytest.mark.parametrize("intercept", [True, False])
def test_weights_are_repetitions(layout, intercept):
    X, y = DESIGNS["more rows"]
    counts = np.random.default_rng(0).integers(0, 4, len(y))
    method = {"alpha": 0.1, "fit_intercept": intercept, "tol": 1e-13}
    weighted = Lasso(**method).fit(layout(X), y, sample_weight=counts)
    scaled = Lasso(**method).fit(layout(X), y, sample_weight=0.37 * counts)
    repeated = Lasso(**method).fit(layout(np.repeat(X, counts, axis=0)), np.repeat(y, counts))
    for model in (weighted, scaled):
        np.testing.assert_allclose(model.coef_, repeated.coef_, atol=1e-6)
        assert model.intercept_ == pytest.approx(repeated.intercept_, abs=1e-6)


def test_the_data_stay_as_they_are():
    X, y = DESIGNS["more rows"]
    for matrix in (X.copy(), sparse.csr_array(X)):
        before, target = matrix.copy(), y.copy()
        Lasso(0.1).fit(matrix, target, sample_weight=np.arange(len(y)))
        lasso_path(matrix, target, alphas=3)
        assert abs(matrix - before).max() == 0.0 and (target == y).all()


# --- The estimator


@parametrize_with_checks([Lasso(), Lasso(0.01), Lasso(fit_intercept=False), Lasso(warm_start=True)])
def test_it_is_an_estimator(estimator, check):
    check(estimator)


def test_it_works_in_pipelines_grids_clones_and_pickles():
    X, y = gd.datasets.diabetes()
    grid = GridSearchCV(make_pipeline(StandardScaler(), Lasso()), {"lasso__alpha": [0.1, 1.0, 10.0, 100.0]}).fit(X, y)
    peer = GridSearchCV(make_pipeline(StandardScaler(), Peer()), {"lasso__alpha": [0.1, 1.0, 10.0, 100.0]}).fit(X, y)
    assert grid.best_params_ == peer.best_params_ and grid.best_score_ == pytest.approx(peer.best_score_, abs=1e-3)
    model = pickle.loads(pickle.dumps(grid.best_estimator_))
    assert (model.predict(X) == grid.predict(X)).all()
    assert not hasattr(clone(model[-1]), "coef_")


def test_a_warm_start_saves_the_sweeps():
    X, y = DESIGNS["more columns"]
    model = Lasso(0.05, tol=1e-10, warm_start=True).fit(X, y)
    first, w = model.n_iter_, model.coef_.copy()
    assert model.fit(X, y).n_iter_ < first
    np.testing.assert_allclose(model.coef_, w, atol=1e-6)


@pytest.mark.parametrize("layout", [np.ascontiguousarray, np.asfortranarray, sparse.csr_array, sparse.csc_array])
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("intercept", [True, False])
@pytest.mark.parametrize("target", ["zero beside it", "no zeros", "weight 0"])
def test_numbers_that_are_not_finite_are_found_wherever_they_are(layout, bad, intercept, target):
    """No pass over X looks for them alone: they must show in the products, or be looked for."""
    X, y = correlated(20, 6)
    X[3, 2], weight = bad, np.ones(20)
    y[3] = 0.0 if target == "zero beside it" else y[3]
    weight[3] = 0.0 if target == "weight 0" else 1.0
    with pytest.raises(ValueError, match=r"Input X contains (NaN|infinity)"):
        Lasso(0.1, fit_intercept=intercept).fit(layout(X), y, weight)


@pytest.mark.parametrize("layout", [np.asarray, np.asfortranarray, sparse.csr_array])
@pytest.mark.parametrize("p", [1, 6, 30])
@pytest.mark.parametrize(("x", "t"), [(1.0, 1e200), (1e200, 1e120), (1e160, 1.0), (1e300, 1e-5)])
def test_products_that_overflow_are_refused(x, t, p, layout):
    """Those of the columns with each other, too, which come last."""
    X, y = correlated(20, p)
    alpha = min(0.1 * float(largest_alpha(X, y)) * x * t, 1e300)
    for fit in (Lasso(alpha).fit, lasso_path, lambda X, y: lasso_path(X, y, alphas=[alpha])):
        with pytest.raises(ValueError, match="scale"):
            fit(layout(x * X), t * y)


@pytest.mark.parametrize("alpha", [0.0, -1.0, "a", np.nan])
def test_an_alpha_that_is_not_positive_is_refused(alpha):
    with pytest.raises((TypeError, ValueError), match="alpha must be"):
        Lasso(alpha).fit([[1.0], [2.0]], [1.0, 2.0])


def test_it_refuses_what_the_other_estimators_refuse_in_the_same_words():
    X, y = correlated(20, 6)
    for settings, target in (({"fit_intercept": "no"}, y), ({}, y.astype(str))):
        messages = []
        for estimator in (Lasso, gd.GDRegressor):
            with pytest.raises(TypeError) as caught:
                estimator(**settings).fit(X, target)
            messages.append(str(caught.value))
        assert messages[0] == messages[1]


def test_too_few_sweeps_are_told():
    X, y = DESIGNS["more columns"]
    with pytest.warns(ConvergenceWarning, match="duality gap"):
        Lasso(0.01, max_iter=1).fit(X, y)
    with pytest.warns(RuntimeWarning, match="of 3 duality gaps"):
        lasso_path(X, y, alphas=3, max_iter=1)


@designs
@pytest.mark.filterwarnings("ignore:the duality gap")
def test_a_tolerance_of_zero_ends_where_rounding_does(name):
    X, y = DESIGNS[name]
    model = Lasso(0.1 * largest_alpha(X, y), tol=0.0, max_iter=10**4).fit(X, y)
    assert model.n_iter_ < 200 and model.dual_gap_ < 1e-14 * y.var()
