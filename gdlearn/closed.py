"""The closed form of least squares, with or without a ridge penalty."""

import math
import time

import numpy as np
import scipy
from numpy.typing import ArrayLike

from . import validation
from ._types import Matrix, issparse
from .certificates import certificate, subgradient_norm
from .conjugates import strengths
from .hessians import factored
from .losses import SquaredError
from .models import Linear, size
from .penalties import L2, NoPenalty
from .problem import Problem
from .results import History, Run
from .threads import one_thread

METHODS = ("qr", "normal")
# Products lose digits, which the residual shows: so many times, what is missing is solved for.
REFINED = 4


@one_thread
def closed_form(problem: Problem, X: Matrix, y: ArrayLike, *, method: str | None = None) -> Run:
    r"""Solve least squares or ridge regression at once.

    With columns and y centered for the intercept, the gradient of
    :math:`\frac{1}{n} \lVert X w - y \rVert^2 + \frac{\lambda}{2} \lVert w \rVert^2` is zero at the solution of
    the *normal equations* :math:`(X^\top X + \frac{n \lambda}{2} I) \, w = X^\top y` (Legendre 1805, Gauss 1809).
    Their condition number is the square of that of X; a *QR decomposition* of X, below it
    :math:`\sqrt{n \lambda / 2} \, I`, avoids the square (Golub 1965). With n < d, both methods solve for n
    numbers, not d, as :math:`w = X^\top u` for some u.

    Parameters
    ----------
    problem : Problem
        A linear model, the squared error, and no penalty or L2.
    X : array or sparse matrix (n, d)
    y : array (n,), or (n, k)
    method : {"qr", "normal"}, optional
        "qr" is the default for dense X, with pivoting: where many w are best, the one of the smallest
        norm is returned. It makes sparse X dense. "normal" is the default for sparse X, which stays
        sparse, and faster for n much larger than d: Cholesky's decomposition of the products of the
        columns (with n < d and L2, of the rows), and corrections for what they lost to rounding.

    Returns
    -------
    Run

    Raises
    ------
    TypeError
        If the problem has no closed form.
    ValueError
        If the columns are dependent, or sparse and so far from 0 that the products lose all digits, and
        "normal" finds no single solution; or an argument does not fit.

    Examples
    --------
    >>> import gdlearn as gd
    >>> X, y = gd.datasets.diabetes("bmi", "bp", standardize=True)
    >>> problem = gd.Problem(gd.Linear(2), penalty=gd.L2(0.1))
    >>> gd.closed_form(problem, X, y).theta.round(2)
    array([ 35.91,  18.86, 152.13])
    """
    problem, began = _checked(problem), time.perf_counter()
    X = validation.inputs(X, problem.model.inputs)
    dtype = X.dtype
    X = X.astype(np.float64, copy=False)
    Y = validation.targets(problem.loss, y, X.shape[0], problem.model.outputs, np.float64)
    method = method or ("normal" if issparse(X) else "qr")
    if not isinstance(method, str) or method not in METHODS:
        raise ValueError(f"method must be 'qr', 'normal' or None, not {method!r}")
    n, intercept = len(Y), problem.model.intercept
    means, center = (X.mean(axis=0), Y.mean(axis=0)) if intercept else (np.zeros(X.shape[1]), np.zeros(Y.shape[1]))
    means = np.asarray(means).ravel()
    solve = _by_qr if method == "qr" else _by_products
    W = solve(X, Y - center, means, n * strengths(problem.penalty)[1] / 2.0)
    theta = np.concatenate([W.T.ravel(), center - means @ W] if intercept else [W.T.ravel()]).astype(dtype)
    end = problem.objective(theta, X, y), math.nan, subgradient_norm(problem, theta, X, y), time.perf_counter() - began
    history = History(*(np.array([value]) for value in end))
    return Run(theta, history, "converged", problem, certificate=certificate(problem, theta, X, y))


def distance_to_closed_form(problem: Problem, theta: ArrayLike, X: Matrix, y: ArrayLike) -> float:
    r"""The distance :math:`\lVert \theta - \theta^* \rVert` to the closed form.

    Parameters
    ----------
    problem : Problem
        One with a closed form: see :func:`closed_form`.
    theta : array (p,)
    X : array or sparse matrix (n, d)
    y : array (n,), or (n, k)

    Returns
    -------
    float

    Examples
    --------
    >>> import gdlearn as gd
    >>> X, y = gd.datasets.quadratic([1.0, 4.0], center=[3.0, 4.0])
    >>> problem = gd.Problem(gd.Linear(2, intercept=False))
    >>> round(gd.distance_to_closed_form(problem, [0.0, 0.0], X, y), 12)
    5.0
    """
    theta = validation.parameters(theta, size(problem.ready().model), np.float64, "theta")
    return float(np.linalg.norm(theta - closed_form(problem, X, y).theta))


def _checked(problem):
    if not isinstance(problem, Problem):
        raise TypeError(f"problem must be a gd.Problem, not {problem!r}")
    problem = problem.ready()
    for part, allowed in zip(problem, ((Linear,), (SquaredError,), (NoPenalty, L2)), strict=True):
        if not isinstance(part, allowed):
            names = " or ".join(cls.__name__ for cls in allowed)
            raise TypeError(f"{type(part).__name__} has no closed form, it takes {names}; use gd.fista or gd.minimize")
    return problem


def _by_qr(X, Y, means, ridge):
    """The weights (d, k) for X less the means of its columns, in a basis Q of its rows where these are fewer."""
    A = (X.toarray() if issparse(X) else X) - means
    lost = sum(A.shape) * np.finfo(float).eps  # what rounding leaves of a column that repeats others
    Q, R = scipy.linalg.qr(A.T, mode="economic") if len(A) < A.shape[1] else (None, A.T)
    A, d = R.T, len(R)
    if ridge > 0.0:
        A, Y = np.vstack([A, math.sqrt(ridge) * np.eye(d)]), np.vstack([Y, np.zeros((d, Y.shape[1]))])
    W = scipy.linalg.lstsq(A, Y, cond=lost, lapack_driver="gelsy")[0]
    return W if Q is None else Q @ W


def _by_products(X, Y, means, ridge):
    """The same from the products of the columns, or from those of the rows where these are fewer: W = A^T U."""
    n, d = X.shape
    if not issparse(X):
        X, means = X - means, np.zeros(d)
    rows, centers = n < d and ridge > 0.0, X @ means

    def times(W):
        return X @ W - means @ W

    def back(U):
        return X.T @ U - np.outer(means, U.sum(axis=0))

    H = X @ X.T if rows else X.T @ X
    H = H.toarray() if issparse(H) else H
    less = centers[:, None] + centers - means @ means if rows else n * np.outer(means, means)
    sizes = np.diag(H) + np.abs(np.diag(less)) + ridge
    H = H - less
    H[np.diag_indices_from(H)] += ridge
    try:
        factor = factored(H, max(n, d) * sizes)
    except np.linalg.LinAlgError:
        what = "X has dependent columns, or columns much farther from 0 than they are spread"
        raise ValueError(f"{what}, so products lose all digits; pass method='qr' or a larger L2(lam)") from None
    solution = np.zeros((len(H), Y.shape[1]))
    for _ in range(REFINED):
        missing = Y - times(back(solution)) if rows else back(Y - times(solution))
        solution += scipy.linalg.cho_solve(factor, missing - ridge * solution)
    return back(solution) if rows else solution
