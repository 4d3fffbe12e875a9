r"""Certificates: how far above its minimum can an objective be, when the minimum itself is unknown?

The *duality gap*. For scores :math:`z_i = x_i^\top w + b`, any u with :math:`\sum_i u_i = 0` gives a lower
bound on every value of the objective (Fenchel 1949, Rockafellar 1970):

.. math::
    J(\theta') &\ge D(u) = -\frac{1}{n} \sum_i f_i^*(u_i) \\
    &\quad - r^*\!\left(-\frac{1}{n} X^\top u\right),

with the conjugates :math:`f^*(u) = \max_z (u z - f(z))`. At the minimum, equality holds for the slopes
:math:`u_i = f_i'(z_i)`; so the slopes at theta, moved to where D is finite, are a good guess, and
:math:`J(\theta) - D(u)` is at least :math:`J(\theta) - J^*`.

The *gradient bound*. Where no curvature is below :math:`\mu > 0`, any subgradient g satisfies
:math:`J(\theta) - J^* \le \lVert g \rVert^2 / (2 \mu)`.

Both are computed in float64, whatever the data.
"""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from . import validation
from ._types import Matrix
from .conjugates import conjugate, slopes, strengths
from .generic import has_kernel
from .models import Linear, size
from .problem import Problem, measured
from .threads import one_thread


class Certificate(NamedTuple):
    """What is proved of a theta: its objective is at most ``bound`` above the minimum.

    Attributes
    ----------
    kind : str
        "duality gap", "gradient bound" or "none".
    bound : float
        Infinite where nothing is known.

    Examples
    --------
    >>> import gdlearn as gd
    >>> X, y = gd.datasets.diabetes("bmi", standardize=True)
    >>> gd.closed_form(gd.Problem(gd.Linear(1)), X, y).certificate.bound < 1e-12
    True
    """

    kind: str
    bound: float


def has_dual(problem: Problem) -> bool:
    """Whether a gap is known: for a linear model, one of two losses, and a penalty greater than 0."""
    known = isinstance(problem.model, Linear) and has_kernel(conjugate, type(problem.loss))
    return known and max(strengths(problem.penalty)) > 0.0


@one_thread
def duality_gap(problem: Problem, theta: ArrayLike, X: Matrix, y: ArrayLike) -> float:
    r"""The duality gap at theta, a bound on :math:`J(\theta) - J^*` that is 0 at the minimum.

    For :math:`r(w) = a \lVert w \rVert_1 + \frac{c}{2} \lVert w \rVert^2` and :math:`v = -X^\top u / n` the
    conjugate is :math:`r^*(v) = \sum_j \max(|v_j| - a, 0)^2 / (2c)`; for c = 0 it is 0 if all
    :math:`|v_j| \le a`, else infinite, and u is scaled down until they are.

    Parameters
    ----------
    problem : Problem
        A linear model, the squared error or the binary cross-entropy, and L1, L2 or ElasticNet.
    theta : array (p,)
    X : array or sparse matrix (n, d)
    y : array (n,), or (n, k)

    Returns
    -------
    float
        At least 0; exact to some :math:`10^{-16}` of J.

    Raises
    ------
    TypeError
        If no gap is known for these components.

    References
    ----------
    Fercoq, Gramfort and Salmon (2015), Mind the duality gap: safer rules for the lasso.

    Examples
    --------
    >>> import gdlearn as gd
    >>> from gdlearn.certificates import duality_gap
    >>> problem = gd.Problem(gd.Linear(1, intercept=False), penalty=gd.L1(1.0))
    >>> X, y = [[1.0], [1.0]], [1.0, 3.0]
    >>> [duality_gap(problem, [w], X, y) for w in (0.0, 1.5)]
    [2.8125, 0.0]
    """
    problem = problem.ready()
    if not has_dual(problem):
        names = ", ".join(type(part).__name__ for part in problem)
        needs = "Linear, SquaredError or BinaryCrossEntropy, and L1, L2 or ElasticNet greater than 0"
        raise TypeError(f"no duality gap is known for {names}; it needs {needs}")
    theta, X, Y = _in_double(problem, theta, X, y)
    objective = problem.objective(theta, X, Y[:, 0] if problem.model.outputs == 1 else Y)
    return max(float(objective - lower_bound(problem, theta, X, Y)), 0.0)


def lower_bound(problem, theta, X, Y):
    """D(u) for the best u that the slopes at theta give; all arrays are float64, Y of shape (n, k)."""
    W, b = _split(problem.model, theta)
    U = slopes(problem.loss, X @ W.T + b, Y)
    if problem.model.intercept:
        U = balanced(U)
    V = X.T @ U / len(Y)
    kink, ridge = strengths(problem.penalty)
    top = np.abs(V).max()
    limit = kink / top if top > kink else 1.0
    shares = ([limit] if kink > 0.0 else []) + ([1.0] if ridge > 0.0 else [])
    return max(-conjugate(problem.loss, s * U, Y).sum() / len(Y) - _cost(kink, ridge, s * V) for s in shares)


def _cost(kink, ridge, V):
    """The conjugate of the penalty."""
    beyond = np.maximum(np.abs(V) - kink, 0.0)
    return (beyond**2).sum() / (2.0 * ridge) if ridge > 0.0 else 0.0


def balanced(U):
    """U with columns of sum 0: the larger of its positive and its negative part is scaled down to the other."""
    up, down = np.maximum(U, 0.0), np.maximum(-U, 0.0)
    ups, downs = up.sum(axis=0), down.sum(axis=0)
    less, tiny = np.minimum(ups, downs), np.finfo(float).tiny
    return up * (less / np.maximum(ups, tiny)) - down * (less / np.maximum(downs, tiny))


def subgradient_norm(problem: Problem, theta: ArrayLike, X: Matrix, y: ArrayLike) -> float:
    """The norm of the smallest subgradient of the objective at theta; of its gradient, where there is one."""
    problem = problem.ready()
    theta, X, _ = _in_double(problem, theta, X, y)
    return measured(problem, theta, X, y)[2]


@one_thread
def gradient_bound(problem: Problem, theta: ArrayLike, X: Matrix, y: ArrayLike) -> float:
    r"""The bound :math:`\lVert g \rVert^2 / (2 \mu)` on :math:`J(\theta) - J^*`, with g the smallest subgradient.

    mu is the smallest curvature of the objective, ``problem.smoothness(X).mu``; the bound is infinite
    where mu is 0 up to rounding. A linear model has mu > 0 with the squared error, if the columns of X
    (and the intercept's column of ones) are independent, and without an intercept also with L2.

    Parameters
    ----------
    problem : Problem
        A linear model, and a loss with a bounded curvature.
    theta : array (p,)
    X : array or sparse matrix (n, d)
    y : array (n,), or (n, k)

    Returns
    -------
    float

    Raises
    ------
    TypeError
        If the curvature of the problem has no bound.

    References
    ----------
    Polyak (1963), Gradient methods for the minimisation of functionals.

    Examples
    --------
    >>> import gdlearn as gd
    >>> from gdlearn.certificates import gradient_bound
    >>> X, y = gd.datasets.quadratic([1.0, 4.0])
    >>> problem, theta = gd.Problem(gd.Linear(2, intercept=False)), [3.0, 0.0]
    >>> gradient_bound(problem, theta, X, y), problem.objective(theta, X, y)
    (4.5, 4.5)
    """
    L, mu = problem.smoothness(X)
    if mu <= len(np.ravel(theta)) * np.finfo(float).eps * L:
        return math.inf
    return subgradient_norm(problem, theta, X, y) ** 2 / (2.0 * mu)


@one_thread
def certificate(problem: Problem, theta: ArrayLike, X: Matrix, y: ArrayLike) -> Certificate:
    """The best that can be proved of theta: the duality gap where there is one, else the gradient bound.

    Parameters
    ----------
    problem : Problem
    theta : array (p,)
    X : array or sparse matrix (n, d)
    y : array (n,), or (n, k)

    Returns
    -------
    Certificate

    Examples
    --------
    >>> import gdlearn as gd
    >>> X, y = gd.datasets.diabetes("bmi", standardize=True)
    >>> gd.certificate(gd.Problem(gd.Linear(1)), [0.0, 150.0], X, y).kind
    'gradient bound'
    """
    if has_dual(problem.ready()):
        return Certificate("duality gap", duality_gap(problem, theta, X, y))
    try:
        bound = gradient_bound(problem, theta, X, y)
    except TypeError:  # no curvature is known
        bound = math.inf
    return Certificate("gradient bound" if math.isfinite(bound) else "none", bound)


def _in_double(problem, theta, X, y):
    X = validation.inputs(X, problem.model.inputs).astype(np.float64, copy=False)
    Y = validation.targets(problem.loss, y, X.shape[0], problem.model.outputs, np.float64)
    return validation.parameters(theta, size(problem.model), np.float64, "theta"), X, Y


def _split(model, theta):
    """The weights (k, d) and the intercepts (k,) in theta."""
    end = model.inputs * model.outputs
    b = theta[end:] if model.intercept else np.zeros(model.outputs)
    return theta[:end].reshape(model.outputs, model.inputs), b
