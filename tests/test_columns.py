"""Sweeps over the columns of a lasso themselves: true residuals, no step uphill, a stop where products are quicker."""

import numpy as np
import pytest
from scipy import sparse
from sklearn.linear_model import Lasso as Peer

import gdlearn as gd
from gdlearn import columns as columns_module
from gdlearn import rows
from gdlearn.columns import products, sweep_columns
from gdlearn.coordinate import by_columns, in_vain, solve
from gdlearn.path import centered
from gdlearn.working import WorkingSet
from test_lasso import assert_optimal, correlated, largest_alpha

LAYOUTS = [np.ascontiguousarray, np.asfortranarray, sparse.csr_array, sparse.csc_matrix]
layouts = pytest.mark.parametrize("layout", LAYOUTS)


def apart(n=300, p=20, seed=0):
    """Independent columns, some entries 0, none centered; three of them matter."""
    rng = np.random.default_rng(seed)
    X = np.where(rng.random((n, p)) < 0.7, rng.standard_normal((n, p)) + 1.0, 0.0)
    return X, X[:, :3] @ [2.0, -1.0, 0.5] + 0.5 * rng.standard_normal(n) + 3.0


def working(X, y, weight=None, intercept=True):
    columns, y, _ = centered(X, y, weight, intercept)
    return WorkingSet(columns, y)


def dense(columns):
    """A as its definition has it."""
    X = columns.X.toarray() if sparse.issparse(columns.X) else columns.X
    return X - np.outer(columns.root, columns.means)


# --- The layout


@layouts
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("n", [30, 19])
def test_columns_lie_apart_where_they_are_sparse_or_no_more_than_the_rows(layout, dtype, n):
    X, y = apart(n)
    X = layout(X.astype(dtype))
    columns = centered(X, y, None, fit_intercept=True)[0]
    assert (columns.apart() is None) == (n < 20 and not sparse.issparse(X))
    assert columns.X.dtype == dtype
    expected = (X.toarray() if sparse.issparse(X) else X) - np.asarray(X.mean(axis=0)).ravel()
    np.testing.assert_allclose(dense(columns), expected, atol=1e-12 if dtype == np.float64 else 1e-6)


def test_without_an_intercept_only_tall_rows_are_copied():
    X, y = apart(30)
    for matrix, same in ((X, False), (np.asfortranarray(X), True), (X[:19], True)):
        A = centered(matrix, y[: len(matrix)], None, fit_intercept=False)[0].X
        assert np.shares_memory(A, matrix) == same and (A == matrix).all()


@pytest.mark.parametrize("layout", LAYOUTS[:2])
@pytest.mark.parametrize("weight", [None, "weights"])
def test_single_precision_has_the_means_of_columns_far_from_zero(layout, weight):
    """Sums of large numbers are rough there, and no single number is as close to a mean as the columns deserve."""
    X, y = apart(3000)
    X, weight = layout((X + 1000.0).astype(np.float32)), weight and np.arange(3000) % 4 + 0.0
    columns, _, means = centered(X, y, weight, fit_intercept=True)
    np.testing.assert_allclose(means[:-1], np.average(X.astype(float), axis=0, weights=weight), rtol=1e-9)
    np.testing.assert_allclose(columns.root @ columns.X.astype(float) / len(X), np.zeros(20), atol=2e-6)


# --- Their products


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize(("cache", "long", "in_line"), [(-1, 0, True), (0, 0, False), (-1, -1, False)])
def test_columns_larger_than_the_caches_that_are_not_long_are_read_in_line(
    dtype, layout, cache, long, in_line, monkeypatch
):
    """Where they lie in a row each. The data are larger than a cache that is smaller by one byte."""
    X, v = apart()[0], np.random.default_rng(1).standard_normal(300)
    monkeypatch.setattr(rows, "CACHE", X.size * dtype().itemsize + cache)
    monkeypatch.setattr(rows, "LONG", 300 * dtype().itemsize + long)
    read, calls = columns_module.read, []
    monkeypatch.setattr(columns_module, "read", lambda *arguments: calls.append(1) or read(*arguments))
    found = products(layout(X.astype(dtype)), v)
    assert found.dtype == np.float64 and len(calls) == (in_line and layout is np.asfortranarray)
    np.testing.assert_allclose(found, X.T @ v, atol=1e-12 if dtype == np.float64 else 1e-4)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("share", [0.3, 0.03])
def test_a_fit_of_columns_from_the_memory_is_the_same_fit(dtype, share, monkeypatch):
    X, y = correlated(60, 200)
    X, tol = np.asfortranarray(X.astype(dtype)), 1e-10 if dtype == np.float64 else 1e-5
    alpha = share * largest_alpha(X, y)
    expected = gd.Lasso(alpha, tol=tol).fit(X, y)
    monkeypatch.setattr(rows, "CACHE", 0)
    model = gd.Lasso(alpha, tol=tol).fit(X, y)
    assert model.dual_gap_ <= tol * y.var()
    np.testing.assert_allclose(model.predict(X), expected.predict(X), atol=20.0 * np.sqrt(tol) * y.std())


# --- The sweeps


@layouts
@pytest.mark.parametrize("weight", [None, "weights"])
@pytest.mark.parametrize("function", [sweep_columns, sweep_columns.py_func])
def test_the_residual_stays_true_and_no_sweep_goes_uphill(layout, weight, function):
    X, y = apart(60, 8)
    weight = weight and np.random.default_rng(1).integers(0, 4, 60).astype(float)
    work = working(layout(X), y, weight)
    A, w, r, threshold, values = dense(work.columns), np.zeros(8), work.residual.copy(), 10.0, []

    def objective(w):
        return 0.5 * np.sum((work.y - A @ w) ** 2) + threshold * np.abs(w).sum()

    for _ in range(20):
        values.append(objective(w))
        helped = function(work.apart, work.curvatures, np.arange(8), w, r, threshold)
        assert helped == pytest.approx(values[-1] - objective(w), abs=1e-9 * values[0])
        np.testing.assert_allclose(r, work.y - A @ w, atol=1e-9)
        work.w = w
        np.testing.assert_allclose(work.true_residual(), work.y - A @ w, atol=1e-12)
    assert (np.diff(values) <= 1e-9).all() and values[-1] < values[0]
    np.testing.assert_allclose(work.curvatures, np.square(A).sum(axis=0), rtol=1e-9)
    pulls = A.T @ r
    assert np.abs(pulls).max() <= threshold * (1.0 + 1e-6)
    np.testing.assert_allclose(pulls[w != 0.0], threshold * np.sign(w[w != 0.0]), rtol=1e-6)


def test_a_column_that_is_not_asked_for_stays_as_it_is():
    work = working(*apart())
    w, r = np.zeros(20), work.residual.copy()
    sweep_columns(work.apart, work.curvatures, np.array([0, 5]), w, r, 0.1)
    assert np.flatnonzero(w).tolist() == [0, 5]


def test_sweeps_are_in_vain_where_their_rate_is_too_slow_or_none_is_left():
    """At a rate of a half, a sweep that lowers the objective by 1 is followed by 1/2, 1/4, 1/8."""
    for left, enough, expected in ((3, 0.126, False), (3, 0.124, True), (0, 10.0, True), (-1, 10.0, True)):
        assert in_vain(2.0, 1.0, left, enough) == expected
    assert in_vain(1.0, 2.0, 100, 1.9) and not in_vain(np.inf, 1.0, 1, 0.0) and in_vain(0.0, 0.0, 1, 0.0)


def test_sweeps_in_vain_end_soon_and_leave_the_weights_as_they_were():
    """Independent columns need few; for columns that are nearly alike, each does about as much as the last."""
    work = working(*apart())
    gap, done = by_columns(work, 0.05 * work.bounds.max(), 1e-9 * work.energy, 50)
    assert gap <= 1e-9 * work.energy and 2 <= done <= 12 and work.w.any()
    work = working(*correlated(300, 20, rho=0.99))
    gap, done = by_columns(work, 1.0, 1e-9 * work.energy, 50)
    assert gap > 1e-9 * work.energy and done == 2 and not work.w.any()


def test_sweeps_that_hardly_help_end_though_the_first_took_nearly_all_there_was():
    """What all columns share goes to the first: then each sweep lowers the objective by little of the gap."""
    rng = np.random.default_rng(0)
    X = 0.1 * rng.standard_normal((2000, 100)) + rng.standard_normal((2000, 1))
    work = working(X, X[:, :10].sum(axis=1) + 3.0 * rng.standard_normal(2000))
    threshold = 0.05 * work.bounds.max()
    gap, done = by_columns(work, threshold, 1e-6 * work.energy, 1000)
    assert gap > 1e-6 * work.energy and 2 < done < work.columns.affordable(np.count_nonzero(work.w))


@layouts
def test_columns_enter_with_their_weights_and_a_residual_that_is_known(layout):
    work = working(layout(apart()[0]), apart()[1])
    A, w = dense(work.columns), np.where(np.arange(20) % 3, 0.0, 0.1)
    work.resume(w)
    work.enter()
    work.look(0.0)
    for _ in range(2):
        np.testing.assert_allclose(work.weights(), w)
        np.testing.assert_allclose(work.state[3], A[:, work.ids].T @ A @ w, rtol=1e-9)
        np.testing.assert_allclose(work.residual, work.y - A @ w, atol=1e-9)
        np.testing.assert_allclose(work.bounds, np.abs(A.T @ (work.y - A @ w)), atol=1e-8)
        work.refresh(0.0, 0.0)


# --- The solver


@layouts
@pytest.mark.parametrize("tolerance", [1e-4, 1e-9])
def test_independent_columns_need_no_products(layout, tolerance):
    X, y = apart()
    work = working(layout(X), y)
    threshold = 0.05 * work.bounds.max()
    gap, done = solve(work, threshold, threshold, tolerance * work.energy, 100)
    A, w = dense(work.columns), work.weights()
    r = work.y - A @ w
    assert len(work.ids) == 0 and done <= 12 and gap <= tolerance * work.energy
    np.testing.assert_allclose(work.residual, r, atol=1e-10)
    share = min(threshold / np.abs(A.T @ r).max(), work.y @ r / (r @ r))
    by_definition = 0.5 * r @ r + threshold * np.abs(w).sum() - share * (work.y @ r) + 0.5 * share**2 * (r @ r)
    assert by_definition >= gap - 1e-12 * work.energy >= -1e-12 * work.energy
    assert by_definition <= tolerance * work.energy * (1.0 + 1e-6)


def test_columns_that_are_nearly_alike_get_their_products_and_begin_where_they_were():
    X, y = correlated(300, 100, rho=0.99)
    work = working(X, y)
    gap, _ = solve(work, 0.1 * work.bounds.max(), 0.1 * work.bounds.max(), 1e-9 * work.energy, 1000)
    assert 0 < len(work.ids) < 100 and not work.w.any() and gap <= 1e-9 * work.energy


@pytest.mark.parametrize("share", [0.1, 0.01])
def test_thousands_of_sparse_columns_without_products(share):
    """A quarter of them get weights; products of these would take most of the time."""
    rng = np.random.default_rng(0)
    X = sparse.random_array((500, 2000), density=0.01, format="csc", rng=rng)
    y = X @ (rng.standard_normal(2000) * (rng.random(2000) < 0.1)) + 0.1 * rng.standard_normal(500)
    alpha = share * largest_alpha(X, y)
    model = gd.Lasso(alpha, tol=1e-10, max_iter=10_000).fit(X, y)
    assert_optimal(X, y, alpha, model.coef_, model.intercept_, 1e-3)
    peer = Peer(alpha, tol=1e-10, max_iter=100_000).fit(X, y)
    np.testing.assert_allclose(model.coef_, peer.coef_, atol=1e-3)


@pytest.mark.parametrize("share", [0.1, 0.01, 0.003])
def test_many_affordable_sweeps_are_not_given_up_after_the_first_few(share):
    """A second sweep that does no less than the first says nothing where hundreds are affordable."""
    rng = np.random.default_rng(0)
    X = sparse.random_array((2000, 8000), density=0.01, format="csc", rng=rng, data_sampler=rng.standard_normal)
    y = X @ (rng.standard_normal(8000) * (rng.random(8000) < 0.05)) + 0.1 * rng.standard_normal(2000)
    work = working(X, y)
    threshold = share * work.bounds.max()
    gap, _ = solve(work, threshold, threshold, 1e-4 * work.energy, 1000)
    assert len(work.ids) == 0 and gap <= 1e-4 * work.energy and np.count_nonzero(work.w) > 1 / share


def test_a_sparse_path_goes_on_where_it_was():
    X, y = apart()
    alphas, coefs, gaps = gd.lasso_path(sparse.csc_array(X), y, alphas=20, tol=1e-9)
    expected = gd.lasso_path(X, y, alphas=alphas, tol=1e-9)[1]
    np.testing.assert_allclose(coefs, expected, atol=1e-3)
    assert (gaps <= 1e-9 * np.mean(y**2)).all()


@pytest.mark.parametrize("kind", [sparse.csc_array, sparse.csr_array])
def test_entries_of_one_place_are_summed(kind):
    """Their squares are not the square of their sum."""
    X, y = apart(60, 8)
    where = np.tile(np.argwhere(X), (3, 1)).T
    X[X != 0.0] = 0.5
    twice = sparse.coo_array((np.full(where.shape[1], 0.5 / 3.0), tuple(where)), shape=X.shape)
    rows = kind(X)
    rows.data, rows.indices, rows.indptr = unsummed(twice, kind)
    fits = [gd.Lasso(0.01, tol=1e-12).fit(matrix, y) for matrix in (X, rows)]
    np.testing.assert_allclose(fits[1].coef_, fits[0].coef_, atol=1e-6)


def unsummed(coo, kind):
    """The arrays of a matrix in compressed form that holds each entry of ``coo`` by itself."""
    along, across = coo.coords if kind is sparse.csr_array else coo.coords[::-1]
    order = np.argsort(along, kind="stable")
    begins = np.append(0, np.cumsum(np.bincount(along, minlength=coo.shape[kind is sparse.csc_array])))
    return coo.data[order], across[order].astype(np.int32), begins.astype(np.int32)


@layouts
def test_columns_without_a_number_get_no_weights(layout):
    y = np.arange(5.0)
    model = gd.Lasso(0.1).fit(layout(np.zeros((5, 3))), y)
    assert not model.coef_.any() and model.intercept_ == 2.0 and model.dual_gap_ == 0.0
    assert not gd.lasso_path(layout(np.zeros((5, 3))), y, alphas=[0.2, 0.1])[1].any()


@pytest.mark.parametrize("most", [1, 2, 3, 5])
@pytest.mark.filterwarnings("ignore:the duality gap")
def test_no_more_sweeps_than_allowed(most):
    for X, y in (apart(), correlated(300, 20, rho=0.99)):
        model = gd.Lasso(1e-3, tol=1e-14, max_iter=most).fit(X, y)
        assert model.n_iter_ == most and model.coef_.any()


@layouts
def test_a_warm_start_has_nothing_left_to_do(layout):
    for X, y in (apart(), correlated(300, 20, rho=0.99), correlated(30, 60)):
        model = gd.Lasso(0.01, tol=1e-9, max_iter=10_000, warm_start=True).fit(layout(X), y)
        w = model.coef_
        assert model.fit(layout(X), y).n_iter_ == 0
        assert (model.coef_ == w).all() and w.any() and model.dual_gap_ <= 1e-9 * y.var()
