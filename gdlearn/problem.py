"""A problem: the mean loss of a model over the data, plus a penalty on its weights."""

import math
from contextlib import nullcontext
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from . import losses, penalties, validation
from ._types import Matrix, holds_stranger, strangers
from .generic import compiled, has_kernel, inlined
from .losses import SquaredError, row_slope
from .models import block, forward, pullback, second_moments, size, units, weights
from .penalties import NoPenalty, cost, pull, subgradient
from .records import ready, remembered
from .sparse import suited
from .sweeps import sweep
from .threads import one_thread

ANYHOW = nullcontext()


class Data(NamedTuple):
    """Inputs X (n, d), dense or CSR, targets Y (n, k), and the numbers of the rows, 0 to n - 1."""

    X: Any
    Y: np.ndarray
    rows: np.ndarray


class Workspace(NamedTuple):
    """The gradient g (p,); of one block of m rows the scores Z, the slopes S (m, k), the inner values H.

    z and s are Z and S as one line of numbers each.
    """

    g: np.ndarray
    Z: np.ndarray
    S: np.ndarray
    H: np.ndarray
    z: np.ndarray
    s: np.ndarray


def workspace(g, m, k, u):
    """A workspace around the gradient g (p,) for blocks of m rows with k scores and u units each."""
    Z, S, H = np.empty((m, k), g.dtype), np.empty((m, k), g.dtype), np.empty((2, m, u), g.dtype)
    return Workspace(g, Z, S, H, Z.ravel(), S.ravel())


@inlined
def gradient(model, loss, theta, data, order, start, stop, work, with_value):
    """Write the gradient of the mean loss over order[start:stop] to work.g; return that loss, if asked for."""
    work.g[:] = 0.0
    share = 1.0 / (stop - start)
    return share * sweep(model, loss, theta, data, order, start, stop, share, work, with_value)


@inlined
def measure(problem, theta, data, work):
    """The objective and the norm of its smallest subgradient; leaves the gradient of the loss in work.g."""
    w, squares = weights(problem.model), 0.0
    objective = gradient(problem.model, problem.loss, theta, data, data.rows, 0, len(data.rows), work, True)
    for j in range(w):
        objective += cost(problem.penalty, theta[j])
        slope = subgradient(problem.penalty, theta[j], work.g[j] + pull(problem.penalty, theta[j]))
        squares += slope * slope
    for j in range(w, len(theta)):
        squares += work.g[j] * work.g[j]
    return objective, math.sqrt(squares)


@compiled
def evaluate(problem, theta, X, Y, rows, g, Z, S, H, z, s):
    """``measure``, with the gradient of the smooth part in g. Arrays by themselves come in sooner than in records."""
    work = Workspace(g, Z, S, H, z, s)
    objective, norm = measure(problem, theta, Data(X, Y, rows), work)
    for j in range(weights(problem.model)):
        work.g[j] += pull(problem.penalty, theta[j])
    return objective, norm


@compiled
def predict(model, theta, X, rows, Z, H):
    """Write the scores of all rows of X to Z (n, k), a block at a time."""
    a = 0
    while a < len(rows):
        b = min(a + H.shape[1], len(rows))
        forward(model, theta, X, rows, a, b, Z[a:b], H)
        a = b


@remembered
def sizes(model):
    """How many parameters a model has, how many rows a block of it takes, its outputs and its units."""
    return size(model), block(model), model.outputs, units(model)


def alone(model):
    """A context for compiled code: one thread, if the model multiplies its units by BLAS, or a stranger might do so."""
    return one_thread if strangers or sizes(model)[-1] else ANYHOW


def scored(model, theta, X):
    """The scores (n,) or (n, k) of parameters and inputs that were checked before."""
    Z = np.empty((X.shape[0], model.outputs), X.dtype)
    model, X = suited(model, X)
    _, m, _, u = sizes(model)
    with alone(model):
        predict(model, theta, X, np.arange(len(Z)), Z, np.empty((2, m, u), Z.dtype))
    return Z[:, 0] if model.outputs == 1 else Z


def measured(problem, theta, X, y):
    """J(theta), the gradient (p,) of its smooth part, and the norm of its smallest subgradient."""
    asked = problem.ready()
    problem, data = asked.load(X, y, looks=True)
    work = problem.workspace(data.Y.dtype)
    theta = validation.parameters(theta, len(work.g), work.g.dtype, "theta")
    with alone(problem.model):
        objective, norm = evaluate(problem, theta, *data, *work)
    if not math.isfinite(objective + norm):
        validation.inputs(X, asked.model.inputs)
    return float(objective), work.g, float(norm)


class Smoothness(NamedTuple):
    """The largest curvature of an objective, L, and the smallest, mu.

    Attributes
    ----------
    L, mu : float
        In units of the objective per squared unit of theta; mu is at least 0.

    Examples
    --------
    >>> bowl = Smoothness(L=10.0, mu=0.1)
    >>> bowl.limit, bowl.kappa
    (0.2, 100.0)
    """

    L: float
    mu: float

    @property
    def limit(self) -> float:
        """The limit 2 / L of the learning rate, beyond which gradient descent diverges on a quadratic."""
        return 2.0 / self.L if self.L > 0.0 else math.inf

    @property
    def kappa(self) -> float:
        """The condition number L / mu, infinite where mu is 0."""
        return self.L / self.mu if self.mu > 0.0 else math.inf


class Problem(NamedTuple):
    r"""Minimize :math:`J(\theta) = \frac1n \sum_{i=1}^n \ell(z_i, y_i) + r(w)` over theta.

    Parameters
    ----------
    model : model
        Makes the scores z_i from theta and row i of X, such as ``Linear(10)``.
    loss : loss
        Compares scores with targets.
    penalty : penalty
        r, the cost of the weights w; intercepts are free.

    Examples
    --------
    >>> import gdlearn as gd
    >>> problem = gd.Problem(gd.Linear(1, intercept=False), penalty=gd.L2(1.0))
    >>> problem.objective([2.0], X=[[1.0], [1.0]], y=[0.0, 3.0])
    4.5
    >>> problem.gradient([2.0], X=[[1.0], [1.0]], y=[0.0, 3.0])
    array([3.])
    >>> problem.scores([2.0], X=[[1.0], [3.0]])
    array([2., 6.])
    >>> problem.smoothness([[1.0], [1.0]])
    Smoothness(L=3.0, mu=3.0)
    """

    model: Any
    loss: Any = SquaredError()
    penalty: Any = NoPenalty()

    def objective(self, theta: ArrayLike, X: Matrix, y: ArrayLike) -> float:
        """J(theta), a float, for theta (p,), X (n, d) and y (n,), or (n, k) for k outputs."""
        return measured(self, theta, X, y)[0]

    def gradient(self, theta: ArrayLike, X: Matrix, y: ArrayLike) -> np.ndarray:
        """The gradient (p,) of J without the penalty's kink, for theta, X and y as in ``objective``."""
        return measured(self, theta, X, y)[1]

    def scores(self, theta: ArrayLike, X: Matrix) -> np.ndarray:
        """The scores of the model for theta (p,) and X (n, d): (n,) for one output, (n, k) for k."""
        model = self.ready().model
        X = validation.inputs(X, model.inputs)
        return scored(model, validation.parameters(theta, size(model), X.dtype, "theta"), X)

    @one_thread
    def smoothness(self, X: Matrix) -> Smoothness:
        r"""The extreme curvatures of J over all theta, from the eigenvalues of the second moments of X.

        Exact for the squared error. For the cross-entropies L is the bound :math:`\tfrac14` (binary) or
        :math:`\tfrac12 / T^2` times the largest eigenvalue, and mu counts the penalty only.

        Raises
        ------
        TypeError
            If the model is not linear, the loss has no bounded curvature, or that of the penalty is not known.
        """
        problem = self.ready()
        L, mu = losses.curvature(problem.loss), losses.convexity(problem.loss)
        if math.isinf(L):
            raise TypeError(f"the curvature of {type(problem.loss).__name__} has no bound, so there is no smoothness")
        moments = second_moments(problem.model, validation.inputs(X, problem.model.inputs).astype(np.float64))
        ridge = np.zeros(len(moments))
        ridge[: problem.model.inputs] = penalties.known_curvature(problem.penalty)
        steepest = np.linalg.eigvalsh(L * moments + np.diag(ridge))
        flattest = steepest if mu == L else np.linalg.eigvalsh(mu * moments + np.diag(ridge))
        return Smoothness(float(steepest[-1]), max(float(flattest[0]), 0.0))

    @remembered
    def ready(self) -> "Problem":
        """The problem with its fields made exact, or an error that names what is wrong with it."""
        needs = (row_slope,) if has_kernel(row_slope, type(self.loss)) else (losses.value, losses.slope)
        model = ready(self.model, forward, pullback, size, weights, name="model")
        for field in ("inputs", "outputs"):
            if not hasattr(model, field):
                raise TypeError(f"model={type(model).__name__} has no {field}; write a field or property of this name")
        return Problem(model, ready(self.loss, *needs, name="loss"), ready(self.penalty, cost, name="penalty"))

    def load(self, X: Matrix, y: ArrayLike, looks: bool = False) -> tuple["Problem", Data]:
        """The problem and the data as the compiled loops take them.

        Who ``looks`` at the objective and the gradient of all rows next need not search X for NaN and infinity before:
        they show there, as each number of X is multiplied into the gradient. Kernels of strangers may hide them.
        """
        searched = not looks or (strangers and holds_stranger(self))
        X = (validation.inputs if searched else validation.shaped)(X, self.model.inputs)
        Y = validation.targets(self.loss, y, X.shape[0], self.model.outputs, X.dtype)
        model, X = suited(self.model, X)
        problem = self if model is self.model else self._replace(model=model)
        return problem, Data(X, validation.locked(Y), np.arange(len(Y)))

    def workspace(self, dtype: np.dtype) -> Workspace:
        """A workspace of the compiled loops, in the precision of their data."""
        p, *blocks = sizes(self.model)
        return workspace(np.empty(p, dtype), *blocks)
