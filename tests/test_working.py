"""What the descent of the lasso rests on: a factor that follows its members, bounds that hold, true products."""

import numpy as np
import pytest
from scipy import sparse

from gdlearn import coordinate
from gdlearn.factors import Factor, remove
from gdlearn.path import centered
from gdlearn.working import WorkingSet

# --- The factor


def gram(p=30, seed=0):
    A = np.random.default_rng(seed).standard_normal((40, p))
    return A.T @ A


def assert_factor_of(factor, G, members):
    m = len(members)
    U = np.triu(factor.U[:m, :m])
    assert sorted(factor.members) == sorted(members)
    np.testing.assert_allclose(U.T @ U, G[np.ix_(factor.members, factor.members)], atol=1e-9)
    b = np.arange(1.0, m + 1.0)
    np.testing.assert_allclose(G[np.ix_(factor.members, factor.members)] @ factor.solve(b), b, atol=1e-7)


@pytest.mark.parametrize("seed", range(5))
def test_the_factor_follows_members_that_come_and_go(seed):
    G, rng, factor, inside = gram(), np.random.default_rng(seed), Factor(), np.zeros(30, bool)
    inside[:20] = True
    for _ in range(60):
        inside[rng.choice(30, rng.integers(1, 4))] ^= True
        factor.follow(G, np.flatnonzero(inside))
        assert_factor_of(factor, G, np.flatnonzero(inside))


@pytest.mark.parametrize("k", [0, 2, 4])
@pytest.mark.parametrize("function", [remove, remove.py_func])
def test_a_member_leaves_from_any_place(function, k):
    G = gram(5)
    U = np.linalg.cholesky(G).T.copy()
    function(U, 5, k)
    kept = np.delete(np.arange(5), k)
    left = np.triu(U[:4, :4])
    np.testing.assert_allclose(left.T @ left, G[np.ix_(kept, kept)], atol=1e-10)


def test_many_members_leave_at_once_by_a_new_factor():
    G, factor = gram(), Factor()
    factor.follow(G, np.arange(30))
    factor.follow(G, np.arange(5, 12))
    assert_factor_of(factor, G, np.arange(5, 12))


def test_twins_have_a_factor_and_the_sum_of_their_solutions_is_that_of_one():
    G, factor = gram(6), Factor()
    G = G[np.ix_([0, 1, 2, 3, 4, 5, 0], [0, 1, 2, 3, 4, 5, 0])]
    factor.follow(G, np.arange(6))
    factor.follow(G, np.arange(7))
    x = np.empty(7)
    x[factor.members] = factor.solve(G[factor.members, 1])
    np.testing.assert_allclose(x[:6] + np.eye(6)[0] * x[6], np.eye(6)[1], atol=1e-3)


def test_a_matrix_that_is_not_positive_has_no_factor_and_the_next_one_has():
    factor, G = Factor(), -np.eye(3)
    with pytest.raises(np.linalg.LinAlgError):
        factor.follow(G, np.arange(3))
    factor.follow(gram(), np.arange(4))
    assert_factor_of(factor, gram(), np.arange(4))


# --- The working set


def problem(layout=np.asfortranarray, n=60, p=200, seed=0):
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((n, p)) + 0.7 * rng.standard_normal((n, 1))
    y = X[:, :5].sum(axis=1) + rng.standard_normal(n)
    columns, y, _ = centered(layout(X), y, None, fit_intercept=False)
    return X, y, WorkingSet(columns, y)


@pytest.mark.parametrize("layout", [np.asfortranarray, np.ascontiguousarray, sparse.csc_array])
def test_what_is_kept_stays_true_along_a_path(layout):
    X, y, work = problem(layout)
    last = work.bounds.max()
    work.prepare(0.02 * last, 1e-10 * work.energy)
    assert (work.lengths is not None) == (layout is np.asfortranarray)
    skipped = 0
    for threshold in last * np.geomspace(0.95, 0.02, 40):
        gap, _ = coordinate.solve(work, threshold, last, 1e-10 * work.energy, 10_000)
        last, w, m = threshold, work.weights(), len(work.ids)
        r = y - X @ w
        correlations = np.abs(X.T @ r)
        np.testing.assert_allclose(work.residual, r, atol=1e-10)
        assert (work.bounds >= correlations - 1e-10).all()
        np.testing.assert_allclose(work.bounds[~work.stale], correlations[~work.stale], atol=1e-10)
        assert (work.bounds[work.stale] <= threshold).all()
        A = X[:, work.ids]
        np.testing.assert_allclose(work.G[:m, :m], A.T @ A, atol=1e-10)
        skipped += work.stale.sum()
        primal = 0.5 * r @ r + threshold * np.abs(w).sum()
        share = min(threshold / correlations.max(), y @ r / (r @ r))
        dual = share * (y @ r) - 0.5 * share**2 * (r @ r)  # over all columns, by the definition
        assert primal - dual <= gap + 1e-9 * work.energy
        assert gap <= 1e-10 * work.energy
    assert (skipped > 0) == (layout is np.asfortranarray)


def test_the_gap_inside_is_that_of_a_lasso_of_the_columns_let_in():
    X, y, work = problem()
    work.admit(np.arange(10))
    coordinate.sweep(*work.state, 20.0, 0.0, 3)
    A, w = X[:, :10], work.state[2]
    r = y - A @ w
    share = min(20.0 / np.abs(A.T @ r).max(), y @ r / (r @ r))
    gap = 0.5 * r @ r + 20.0 * np.abs(w).sum() - share * (y @ r) + 0.5 * share**2 * (r @ r)
    assert gap > 0.0 and work.inner_gap(20.0) == pytest.approx(gap, abs=1e-10 * work.energy)


@pytest.mark.parametrize(("n", "line", "tolerance", "inside"), [
    (60, 0.001, 1e-4, 60),
    (59, 0.001, 1e-4, 0),  # fewer rows than columns
    (60, 0.9, 1e-4, 0),  # a path so short that few columns can matter
    (60, 0.001, 1e-13, 0),  # products would not be exact enough
])  # fmt: skip
def test_all_columns_are_let_in_where_their_products_pay(n, line, tolerance, inside):
    _, _, work = problem(n=n, p=60)
    work.prepare(line * work.bounds.max(), tolerance * work.energy)
    assert len(work.ids) == inside and (work.lengths is None) == (inside > 0)


def test_products_take_the_place_of_the_rows_until_rounding_matters():
    X, y, work = problem(n=300, p=60)
    top, start = work.bounds.max(), work.residual
    work.prepare(0.001 * top, 1e-6 * work.energy)
    coordinate.solve(work, 0.1 * top, top, 1e-6 * work.energy, 1000)
    assert work.residual is start  # no row was read
    for tolerance in (1e-6, 1e-13):
        gap, _ = coordinate.solve(work, 0.1 * top, top, tolerance * work.energy, 1000)
        r = y - X @ work.weights()
        np.testing.assert_allclose(work.bounds, np.abs(X.T @ r), atol=1e-10)
        assert work.squares == pytest.approx(r @ r) and work.along == pytest.approx(y @ r)
        assert gap <= tolerance * work.energy
    np.testing.assert_allclose(work.residual, r, atol=1e-10)


def test_columns_of_float32_have_products_in_float64():
    X, y, work = problem(lambda X: np.asfortranarray(X, np.float32), n=300, p=60)
    work.admit(np.arange(60))
    G, c, _, _ = work.state
    X = X.astype(np.float32).astype(float)
    np.testing.assert_allclose(c, X.T @ y, rtol=1e-12, atol=1e-10)
    np.testing.assert_allclose(G, X.T @ X, rtol=1e-12, atol=1e-10)


@pytest.mark.parametrize("seed", range(5))
def test_no_sum_of_products_is_further_off_than_their_noise(seed):
    """Columns that are nearly alike have huge weights of both signs, whose products cancel."""
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((50, 1)) + 1e-5 * rng.standard_normal((50, 4))
    y = X @ (1e5 * rng.standard_normal(4) @ (np.eye(4) - 0.25)) + rng.standard_normal(50)
    work = WorkingSet(centered(X, y, None, fit_intercept=False)[0], y)
    work.admit(np.arange(4))
    work.state[2][:] = np.linalg.lstsq(X, y)[0]
    work.refresh(0.0, np.inf)
    products = work.squares, work.along
    work.refresh(0.0, 0.0)
    assert work.noise() > 1e-6 * work.energy
    assert 0.0 <= products[0] - work.squares <= 2.0 * work.noise()
    assert abs(products[1] - work.along) <= work.noise()
