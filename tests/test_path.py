"""The path of the lasso, against scikit-learn's descent and its least angles; and the steps it is made of."""

import time
import warnings

import numpy as np
import pytest
from scipy import sparse
from sklearn.linear_model import lars_path
from sklearn.linear_model import lasso_path as peer_path

import gdlearn as gd
from gdlearn.certificates import duality_gap
from gdlearn.coordinate import jump, sweep
from gdlearn.factors import Factor
from gdlearn.path import lasso_path, lasso_problem
from test_lasso import DESIGNS, correlated, largest_alpha

# --- The path


def test_the_path_is_that_of_scikit_learn():
    X, y = gd.datasets.diabetes(standardize=True)
    y = y - y.mean()
    alphas, coefs, gaps = lasso_path(X, y, tol=1e-13)
    _, expected, _ = peer_path(X, y, alphas=alphas, tol=1e-13, max_iter=100_000)
    np.testing.assert_allclose(coefs, expected, atol=1e-4)
    assert ((coefs != 0.0) == (expected != 0.0)).mean() > 0.999
    assert (gaps <= 1e-13 * y @ y / len(y)).all() and (gaps >= 0.0).all()
    assert alphas[0] == pytest.approx(largest_alpha(X, y)) and alphas[-1] == pytest.approx(1e-3 * alphas[0])


def test_along_the_path_the_penalty_grows_and_the_error_falls():
    X, y = gd.datasets.diabetes(standardize=True)
    y = y - y.mean()
    _, coefs, _ = lasso_path(X, y, tol=1e-12)
    assert not coefs[:, 0].any()
    assert (np.diff(np.abs(coefs).sum(axis=0)) >= -1e-6).all()
    assert (np.diff(np.square(y[:, None] - X @ coefs).sum(axis=0)) <= 1e-6).all()


def test_the_knots_are_those_of_least_angles():
    """LARS walks from knot to knot in exact steps; a column enters or leaves at each."""
    X, y = gd.datasets.diabetes(standardize=True)
    knots, expected = lars_path(X, y - y.mean(), method="lasso")[::2]
    _, coefs, _ = lasso_path(X, y - y.mean(), alphas=knots[:-1], tol=1e-14)
    np.testing.assert_allclose(coefs, expected[:, :-1], atol=1e-4)
    _, between, _ = lasso_path(X, y - y.mean(), alphas=np.sqrt(knots[1:-1] * knots[:-2]), tol=1e-14)
    assert (between != 0.0).sum(axis=0).tolist() == [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 9]


def test_between_knots_the_path_is_straight():
    """With the same signs at both ends, the weights are linear in alpha (Efron et al. 2004)."""
    X, y = gd.datasets.diabetes(standardize=True)
    alphas, coefs, _ = lasso_path(X, y - y.mean(), alphas=np.linspace(1.0, 40.0, 157), tol=1e-14)
    signs = np.sign(coefs)
    straight = [k for k in range(1, len(alphas) - 1) if (signs[:, k - 1 : k + 2] == signs[:, k : k + 1]).all()]
    assert len(straight) > 100
    for k in straight:
        np.testing.assert_allclose(coefs[:, k], (coefs[:, k - 1] + coefs[:, k + 1]) / 2.0, atol=1e-4)


def gap_by_definition(X, y, w, alpha):
    """The duality gap of scikit-learn's objective, from X itself, with more digits than a float64 has."""
    X, y, w = (np.asarray(a, np.longdouble) for a in (X, y, w))
    r, n = y - X @ w, len(y)
    share = y @ r / (r @ r)
    share = np.clip(share, *(np.array([-1.0, 1.0]) * n * alpha / np.abs(X.T @ r).max()))
    return (0.5 * r @ r - share * (y @ r) + 0.5 * share**2 * (r @ r)) / n + alpha * np.abs(w).sum()


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("scale", [1e-12, 1.0, 1e12])
@pytest.mark.parametrize("n", [29, 30, 31, 400])
def test_where_products_tell_the_gap_it_is_that_of_the_rows(n, scale, dtype):
    """Thirty columns; two of them are constant, and two stand twice."""
    X, y = correlated(n, 30, seed=n)
    X[:, 3], X[:, 4], X[:, 5], X[:, 6] = 0.0, 2.0, X[:, 0], X[:, 1]
    X, y = (scale * X).astype(dtype), y.astype(dtype)
    alphas, coefs, gaps = lasso_path(X, y, alphas=20)
    energy = np.mean(np.square(y, dtype=float))
    assert (gaps <= 1e-4 * energy).all()
    for alpha, w, gap in zip(alphas, coefs.T, gaps, strict=True):
        slack = 1e-9 if dtype == np.float64 else 1e-5  # the weights found are rounded to float32
        assert abs(gap - gap_by_definition(X, y, w, alpha)) <= slack * energy


@pytest.mark.parametrize("tol", [1e-4, 1e-8, 1e-12])
@pytest.mark.parametrize("ratio", [1e-6, 1.0, 1e6])
def test_columns_of_other_scales_leave_the_gap_true(ratio, tol):
    """Products of columns that differ by a large factor lose digits, so that X must be read again."""
    X, y = correlated(200, 40)
    X = X * np.geomspace(1.0, ratio, 40)
    alphas, coefs, gaps = lasso_path(X, y, alphas=20, tol=tol, max_iter=10_000)
    assert (gaps <= tol * np.mean(y**2)).all()
    for alpha, w, gap in zip(alphas, coefs.T, gaps, strict=True):
        assert abs(gap - gap_by_definition(X, y, w, alpha)) <= 0.05 * tol * np.mean(y**2)


def test_columns_nearly_alike_with_large_weights_leave_the_gap_true():
    """The products of such weights cancel, so that X must be read again."""
    rng = np.random.default_rng(0)
    X = rng.standard_normal((60, 1)) + 1e-2 * rng.standard_normal((60, 10))
    y = X @ (1e2 * rng.standard_normal(10) @ (np.eye(10) - 0.1)) + rng.standard_normal(60)
    alphas, coefs, gaps = lasso_path(X, y, eps=1e-5, alphas=10, tol=1e-9, max_iter=10_000)
    assert np.abs(coefs[:, -1]).max() > 200.0
    for alpha, w, gap in zip(alphas, coefs.T, gaps, strict=True):
        assert gap_by_definition(X, y, w, alpha) <= gap + 1e-11 * np.mean(y**2) and gap <= 1e-9 * np.mean(y**2)


def test_products_that_underflow_are_not_trusted():
    """The squares of columns of 1e-160 are the smallest numbers that there are, with a digit or two."""
    X, y = correlated(60, 6)
    alphas, coefs, gaps = lasso_path(1e-160 * X, y, alphas=8)
    for alpha, w, gap in zip(alphas, coefs.T, gaps, strict=True):
        assert abs(gap - gap_by_definition(1e-160 * X, y, w, alpha)) <= 1e-9 * np.mean(y**2)


@pytest.mark.parametrize("n", [39, 40, 41, 2000])
def test_a_path_of_as_many_rows_as_columns_or_more_is_that_of_scikit_learn(n):
    X, y = correlated(n, 40, seed=n)
    alphas, coefs, _ = lasso_path(X, y, alphas=30, tol=1e-9)
    expected = peer_path(X, y, alphas=alphas, tol=1e-12, max_iter=100_000)[1]
    for alpha, w, best in zip(alphas, coefs.T, expected.T, strict=True):
        ours, theirs = (0.5 * np.mean((y - X @ v) ** 2) + alpha * np.abs(v).sum() for v in (w, best))
        assert abs(ours - theirs) <= 2e-9 * np.mean(y**2)
    np.testing.assert_allclose(coefs, expected, atol=2e-3)


def twins(seed):
    """Every column twice, so that the weights of two may go to and fro between them."""
    rng = np.random.default_rng(seed)
    A = rng.standard_normal((40, 20))
    return np.hstack([A, A[:, ::-1]]), A[:, :3].sum(axis=1) + rng.standard_normal(40)


def alike(seed):
    """Sixty columns of correlation 0.95 in fifty rows."""
    rng = np.random.default_rng(seed)
    A = np.sqrt(0.05) * rng.standard_normal((50, 60)) + np.sqrt(0.95) * rng.standard_normal((50, 1))
    return A, A[:, :3].sum(axis=1) + rng.standard_normal(50)


@pytest.mark.parametrize(
    ("design", "seed", "alphas"),
    # Each once ended above its tolerance: where the last sweep had nothing left to do, but those before it had, the
    # gap was not looked at again; and twins that went from 0 to 1e-17 and back kept the sweeps going in vain.
    [
        pytest.param(lambda _: gd.datasets.diabetes(standardize=True), 0, [42.34], id="diabetes"),
        pytest.param(lambda _: gd.datasets.diabetes(standardize=True), 0, np.linspace(42.2, 42.5, 31), id="at a knot"),
        *(pytest.param(twins, seed, 12, id=f"twins {seed}") for seed in (6, 11, 12, 14)),
        *(pytest.param(alike, seed, 12, id=f"alike {seed}") for seed in (6, 19)),
    ],
)
def test_a_path_ends_at_the_tolerance_or_where_rounding_does(design, seed, alphas):
    X, y = design(seed)
    y = y - y.mean()
    energy = y @ y / len(y)
    starts = [alphas] if np.ndim(alphas) == 0 else [[alpha] for alpha in alphas]  # each alpha from zeros
    for start in starts:
        found, coefs, gaps = lasso_path(X, y, alphas=start, tol=1e-12, max_iter=5000)  # a warning would be an error
        assert (gaps <= 1e-12 * energy).all()
        for alpha, w in zip(found, coefs.T, strict=True):
            assert duality_gap(lasso_problem(alpha, X.shape[1], False), w, X, y) <= 1e-11 * energy
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)  # a gap of exactly 0 is luck
            gaps = lasso_path(X, y, alphas=start, tol=0.0, max_iter=5000)[2]
        assert (gaps <= 1e-13 * energy).all()  # measured: at most 2e-14


def test_a_tolerance_below_rounding_is_missed_with_a_warning_and_soon():
    X, y = twins(6)
    began = time.process_time()
    with pytest.warns(RuntimeWarning, match="stayed above the tolerance"):
        lasso_path(X, y, tol=0.0, max_iter=10**9)
    assert time.process_time() - began < 60.0  # a billion sweeps would take an hour


@pytest.mark.parametrize("layout", [np.asarray, np.asfortranarray, sparse.csr_array, sparse.csc_matrix])
def test_the_path_certifies_each_of_its_points(layout):
    X, y = DESIGNS["more columns"]
    alphas, coefs, gaps = lasso_path(layout(X), y, alphas=[0.3, 0.05, 0.1], tol=1e-10)
    assert alphas.tolist() == [0.3, 0.1, 0.05]
    for alpha, w, gap in zip(alphas, coefs.T, gaps, strict=True):
        assert gap <= 1e-10 * y @ y / len(y)
        assert duality_gap(lasso_problem(alpha, X.shape[1], False), w, X, y) <= 4e-10 * y @ y / len(y)


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        ({"alphas": [1.0, 0.0]}, "alphas"),
        ({"alphas": 0}, "alphas"),
        ({"alphas": "many"}, "alphas"),
        ({"eps": 0.0}, "eps"),
        ({"tol": -1.0}, "tol"),
        ({"max_iter": 0}, "max_iter"),
        ({"X": [1.0, 2.0]}, "X"),
        ({"X": np.ones((0, 2)), "y": []}, "X"),
        ({"X": [[1.0], [np.nan]]}, "X"),
        ({"y": [1.0]}, "y"),
        ({"y": [[1.0], [2.0]]}, "y"),
    ],
)
def test_odd_arguments_are_refused_by_name(arguments, word):
    with pytest.raises((TypeError, ValueError), match=rf"\b{word}\b"):
        lasso_path(**{"X": [[1.0], [3.0]], "y": [1.0, 2.0]} | arguments)


# --- The steps


def small(seed=0):
    rng = np.random.default_rng(seed)
    A = rng.standard_normal((12, 6))
    return A.T @ A, A.T @ rng.standard_normal(12)


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("step", ["sweep", "plain sweep", "jump"])
def test_no_step_goes_uphill_and_products_stay_true(step, seed):
    G, c = small(seed)
    w = np.random.default_rng(seed).standard_normal(6)
    w[0] = 0.0
    for _ in range(5):
        q, before = G @ w, 0.5 * w @ G @ w - c @ w + np.abs(w).sum()
        if step == "jump":
            jump(G, c, w, q, 1.0, Factor())
        else:
            done, _ = (sweep if step == "sweep" else sweep.py_func)(G, c, w, q, 1.0, 0.0, 1)
            assert done == 1
        assert 0.5 * w @ G @ w - c @ w + np.abs(w).sum() <= before + 1e-12
        np.testing.assert_allclose(q, G @ w, atol=1e-10)


def test_a_jump_with_the_right_signs_is_the_last_step():
    G, c = small()
    w = np.zeros(6)
    sweep(G, c, w, G @ w, 1.0, 0.0, 10_000)
    near = w * 1.01
    jump(G, c, near, G @ near, 1.0, Factor())
    np.testing.assert_allclose(near, w, atol=1e-9)
