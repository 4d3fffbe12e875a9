"""Ridge logistic regression to a relative gap of 1e-8: dense by Newton's method, sparse by dual coordinate ascent."""

import warnings

import numpy as np
from scipy import sparse

import gdlearn as gd
from harness import OURS, Contender, Row, present

# The tolerances of scikit-learn's solvers that reach the gap; looser ones do not.
DENSE = {"newton-cholesky": 1e-6, "lbfgs": 1e-6, "saga": 1e-6}
SPARSE = {"liblinear": 1e-2, "saga": 3e-4}
GAP = 1e-8


def rows(group):
    """The rows of this module."""
    X, y, lam = dense()
    goals = {"newton-cholesky": 2.0, "lbfgs": 2.0, "saga": 10.0}
    yield to_the_gap(group, "100,000 x 20", X, y, lam, gd.newton, DENSE, goals)
    X, y, lam = text()
    work = "CSR, 20,000 x 50,000, 74 non-zeros a row"
    yield to_the_gap(group, work, X, y, lam, gd.dual_ascent, SPARSE, {"liblinear": 2.0, "saga": 10.0})


def dense(n=100_000, d=20):
    """Independent columns, and labels of a logistic model; a weak penalty."""
    rng = np.random.default_rng(8)
    X = rng.standard_normal((n, d))
    y = (rng.random(n) < 1.0 / (1.0 + np.exp(-X @ rng.standard_normal(d)))).astype(float)
    return X, y, 1e-3


def text(n=20_000, d=50_000, filled=74):
    """Rows of length 1 in which some columns are frequent and most are rare, as words are; C = 1."""
    rng = np.random.default_rng(9)
    columns = np.sort((d * rng.random((n, filled)) ** 2).astype(np.int32), axis=1)
    values = np.abs(rng.standard_normal((n, filled)))
    values /= np.linalg.norm(values, axis=1, keepdims=True)
    ends = (np.arange(n + 1) * filled).astype(np.int32)
    X = sparse.csr_array((values.ravel(), columns.ravel(), ends), shape=(n, d))
    X.sum_duplicates()
    scores = X @ (5.0 * rng.standard_normal(d))
    return X, (rng.random(n) < 1.0 / (1.0 + np.exp(np.median(scores) - scores))).astype(float), 1.0 / n


def problem_of(X, lam):
    """Without an intercept, as the dual ascent wants it."""
    return gd.Problem(gd.Linear(X.shape[1], intercept=False), gd.BinaryCrossEntropy(), gd.L2(lam))


def to_the_gap(group, shape, X, y, lam, solve, solvers, goals):
    """Our solver beside those of scikit-learn; no result may be further than the gap from the minimum."""
    problem = problem_of(X, lam)
    contenders = {OURS: Contender(lambda: solve(problem, X, y, tolerance=GAP).theta)}
    peers, missing = present("sklearn")
    if peers:
        for solver, tol in solvers.items():
            contenders[solver] = Contender(lambda fit=(solver, tol): fitted(*fit, X, y, lam).coef_.ravel())

    def agree(ours, theirs):
        a, b = (problem.objective(w, X, y) for w in (ours, theirs))
        assert abs(a - b) <= 2.0 * GAP * np.log(2.0), f"objectives {a} and {b}"

    work = f"ridge logistic regression to a relative gap of 1e-8, {shape}"
    return Row(group, work, contenders, goals, agree, missing)


def fitted(solver, tol, X, y, lam):
    """One of scikit-learn's solvers, at the gap."""
    from sklearn.linear_model import LogisticRegression

    options = {"C": 1.0 / (len(y) * lam), "tol": tol, "dual": solver == "liblinear"}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return LogisticRegression(solver=solver, fit_intercept=False, max_iter=1000, **options).fit(X, y)
