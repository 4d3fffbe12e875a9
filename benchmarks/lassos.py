"""The lasso, beside solvers that use working sets, too."""

import warnings

import numpy as np

import gdlearn as gd
import logistic
from harness import OURS, Contender, Row, present

GROUP = "Solvers that stop by a proof"


def rows():
    """The rows of this group."""
    X, y = correlated()
    for part, goal in ((5, 4.0), (20, 3.0), (100, 1.5)):
        yield one_alpha(X, y, part, goal)
    yield path(X, y)
    yield from logistic.rows(GROUP)


def correlated(n=1000, p=5000, rho=0.8, support=50):
    """Neighboring columns with correlation rho, and a linear model of few of them."""
    rng = np.random.default_rng(7)
    X = rng.standard_normal((n, p))
    for j in range(1, p):
        X[:, j] = rho * X[:, j - 1] + np.sqrt(1.0 - rho**2) * X[:, j]
    w = np.zeros(p)
    w[rng.choice(p, support, replace=False)] = rng.standard_normal(support)
    signal = X @ w
    y = signal + 0.3 * signal.std() * rng.standard_normal(n)
    return np.asfortranarray(X - X.mean(axis=0)), y - y.mean()


def to_the_minimum(X, y, alpha, gap=1e-6):
    """Two results agree if their objectives do, up to both gaps."""

    def agree(ours, theirs):
        a, b = (0.5 * np.mean((y - X @ w) ** 2) + alpha * np.abs(w).sum() for w in (ours, theirs))
        assert abs(a - b) <= 2.0 * gap * np.mean(y**2)

    return agree


def quiet(fit):
    def run():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return fit()

    return Contender(run)


def one_alpha(X, y, part, goal):
    """One strength, to a duality gap of 1e-6 times the mean square of y."""
    alpha, options = np.abs(X.T @ y).max() / len(y) / part, {"fit_intercept": False, "tol": 1e-6}
    contenders = {OURS: Contender(lambda: gd.Lasso(alpha, max_iter=10_000, **options).fit(X, y).coef_)}
    peers, missing = present("sklearn", "celer", "skglm")
    if "sklearn" in peers:
        from sklearn.linear_model import Lasso

        contenders["scikit-learn"] = quiet(lambda: Lasso(alpha, max_iter=10_000, **options).fit(X, y).coef_)
    if "celer" in peers:
        contenders["celer"] = quiet(lambda: peers["celer"].Lasso(alpha, **options).fit(X, y).coef_)
    if "skglm" in peers:
        scale = np.mean(y**2)  # its tol bounds the violation of the optimality conditions
        kind = peers["skglm"].Lasso(alpha, fit_intercept=False, tol=1e-6 * scale)
        contenders["skglm"] = quiet(lambda: kind.fit(X, y).coef_)
    work = f"lasso, 1,000 x 5,000, correlation 0.8, gap 1e-6, alpha_max / {part}"
    return Row(GROUP, work, contenders, {"skglm": goal}, to_the_minimum(X, y, alpha), missing)


def path(X, y):
    """A hundred strengths, down to a hundredth of the largest."""
    alphas = np.abs(X.T @ y).max() / len(y) * np.geomspace(1.0, 1e-2, 100)
    contenders = {OURS: Contender(lambda: gd.lasso_path(X, y, alphas=alphas, tol=1e-6, max_iter=10_000)[1][:, -1])}
    peers, missing = present("celer", "sklearn")
    options = {"alphas": alphas, "tol": 1e-6}
    if "celer" in peers:
        contenders["celer"] = quiet(lambda: peers["celer"].celer_path(X, y, "lasso", **options)[1][:, -1])
    if "sklearn" in peers:
        from sklearn.linear_model import lasso_path

        contenders["scikit-learn"] = quiet(lambda: lasso_path(X, y, max_iter=10_000, **options)[1][:, -1])
    agree = to_the_minimum(X, y, alphas[-1])
    goals = {"celer": 4.5, "scikit-learn": 12.0}
    return Row(GROUP, "lasso path of 100, gap 1e-6, alpha_max / 100", contenders, goals, agree, missing)
