"""Solvers that need no learning rate: they know the curvature, and stop by what they can prove."""

import math
import time
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from . import losses, penalties, validation
from ._types import Matrix
from .certificates import certificate, duality_gap, has_dual, subgradient_norm
from .closed import closed_form, distance_to_closed_form
from .generic import compiled
from .models import Linear, largest_moment, size, weights
from .penalties import prox, pull
from .problem import Problem, gradient, measure
from .records import Range, number
from .results import History, Run
from .sparse import as_matrix
from .threads import one_thread

__all__ = ["closed_form", "distance_to_closed_form", "fista"]
# So many iterations lie between two looks at the duality gap.
BETWEEN = 10


class Track(NamedTuple):
    """Where the iteration is: the last two points, the point between them and beyond, and two counts."""

    theta: np.ndarray  # (p,)
    before: np.ndarray  # (p,)
    ahead: np.ndarray  # (p,) where the gradient is taken
    t: np.ndarray  # (2,) Nesterov's number t, and how many entries are recorded


@compiled
def accelerate(problem, data, work, track, history, lr, last, tolerance):
    """Go on until ``last`` entries are recorded, or the smallest subgradient is at most ``tolerance``."""
    theta, before, ahead, w = track.theta, track.before, track.ahead, weights(problem.model)
    for k in range(int(track.t[1]), last):
        gradient(problem.model, problem.loss, ahead, data, data.rows, 0, len(data.rows), work, False)
        uphill = 0.0
        for j in range(len(theta)):
            before[j] = theta[j]
            if j < w:
                theta[j] = prox(problem.penalty, ahead[j] - lr * (work.g[j] + pull(problem.penalty, ahead[j])), lr)
            else:
                theta[j] = ahead[j] - lr * work.g[j]
            uphill += (ahead[j] - theta[j]) * (theta[j] - before[j])
        old = 1.0 if uphill > 0.0 else track.t[0]  # the step turned against the momentum: restart
        new = 0.5 * (1.0 + math.sqrt(1.0 + 4.0 * old * old))
        for j in range(len(theta)):
            ahead[j] = theta[j] + (old - 1.0) / new * (theta[j] - before[j])
        track.t[0], track.t[1] = new, k + 1
        history.objective[k], history.gradient_norm[k] = measure(problem, theta, data, work)
        if history.gradient_norm[k] <= tolerance:
            break


@one_thread
def fista(
    problem: Problem,
    X: Matrix,
    y: ArrayLike,
    *,
    epochs: int = 10_000,
    tolerance: float = 1e-6,
    start: ArrayLike | None = None,
) -> Run:
    r"""Minimize a convex problem by accelerated proximal gradient steps (FISTA), with adaptive restart.

    With :math:`\eta = 1 / L` and :math:`t_{k+1} = (1 + \sqrt{1 + 4 t_k^2}) / 2`,

    .. math::
        \theta_{k+1} &= \mathrm{prox}_{\eta r}\big(v_k - \eta \nabla f(v_k)\big), \\
        v_{k+1} &= \theta_{k+1} + \frac{t_k - 1}{t_{k+1}} (\theta_{k+1} - \theta_k).

    The objective falls like :math:`2 L \lVert \theta_0 - \theta^* \rVert^2 / (k + 1)^2`. Whenever
    :math:`(v_k - \theta_{k+1})^\top (\theta_{k+1} - \theta_k) > 0`, the momentum leads uphill and t begins
    anew at 1, which makes it linear on strongly convex problems without knowing mu.

    Parameters
    ----------
    problem : Problem
        A linear model, a loss with a bounded curvature, and a penalty whose curvature is known, if it pulls.
    X : array or sparse matrix (n, d)
    y : array (n,), or (n, k)
    epochs : int
        At most so many iterations, each two passes through the data.
    tolerance : float
        Stop at a duality gap of at most ``tolerance`` times the objective at zero (for the squared
        error the mean square of y), looked at every ten iterations. Where no gap is known
        (``gdlearn.certificates.has_dual``), stop at a smallest subgradient of at most ``tolerance``
        times that at zero.
    start : array (p,), optional
        Zeros by default.

    Returns
    -------
    Run
        ``history.objective`` has the start and one entry per iteration; the certificate is of the end.

    Raises
    ------
    TypeError, ValueError
        If an argument does not fit; the message names it.

    References
    ----------
    Beck and Teboulle (2009), A fast iterative shrinkage-thresholding algorithm for linear inverse
    problems. O'Donoghue and Candès (2015), Adaptive restart for accelerated gradient schemes.

    Examples
    --------
    >>> import gdlearn as gd
    >>> X, y = gd.datasets.diabetes(standardize=True)
    >>> run = gd.fista(gd.Problem(gd.Linear(10), penalty=gd.L1(20.0)), X, y)
    >>> run.status, run.theta[:10].round() + 0.0
    ('converged', array([ 0.,  0., 23.,  7.,  0.,  0., -3.,  0., 20.,  0.]))
    """
    if not isinstance(problem, Problem):
        raise TypeError(f"problem must be a gd.Problem, not {problem!r}")
    asked, began = problem.ready(), time.perf_counter()
    epochs, tolerance = number(epochs, "epochs", Range(0), int), number(tolerance, "tolerance", Range(0.0))
    problem, data = asked.load(X, y)
    X = as_matrix(data.X, asked.model.inputs)
    lr, goal = 1.0 / largest_curvature(asked, X), tolerance * distance(asked, np.zeros(size(asked.model)), X, y)[1]
    track, history = _begin(asked, X, y, start, epochs, data.Y.dtype)
    work, least = problem.workspace(data.Y.dtype), -1.0 if has_dual(asked) else goal
    while not (finished := distance(asked, track.theta, X, y)[0] <= goal) and track.t[1] <= epochs:
        accelerate(problem, data, work, track, history, lr, min(int(track.t[1]) + BETWEEN, epochs + 1), least)
    done = int(track.t[1])
    history = History(*(a[:done] for a in history[:4]))
    history.learning_rate[:], history.seconds[:] = lr, np.linspace(0.0, time.perf_counter() - began, done)
    status = "converged" if finished else "max_epochs"
    return Run(track.theta, history, status, asked, certificate=certificate(asked, track.theta, X, y))


def distance(problem, theta, X, y):
    """How far theta is from the minimum, by the gap or else the smallest subgradient, and the scale to see it on."""
    if has_dual(problem):
        return duality_gap(problem, theta, X, y), problem.objective(theta, X, y)
    return (subgradient_norm(problem, theta, X, y),) * 2


def _begin(problem, X, y, start, epochs, dtype):
    """The state of a run that has not begun, and its history with the entry of the start."""
    theta = validation.parameters(start, size(problem.model), dtype, "start")
    history = History(*np.full((4, epochs + 1), np.nan))._replace(theta=np.empty((0, 0)))
    history.objective[0] = problem.objective(theta, X, y)
    if not math.isfinite(history.objective[0]):
        raise validation.bad_start()
    history.gradient_norm[0] = subgradient_norm(problem, theta, X, y)
    return Track(theta, theta.copy(), theta.copy(), np.array([1.0, 1.0])), history


def largest_curvature(problem, X):
    """L, a bound on the curvature of the smooth part of the objective."""
    if not isinstance(problem.model, Linear):
        raise TypeError(f"fista needs a convex problem, but {type(problem.model).__name__} is none; use gd.minimize")
    c = losses.curvature(problem.loss)
    if math.isinf(c):
        raise TypeError(f"fista needs a loss whose curvature has a bound, not {problem.loss!r}; use gd.minimize")
    return max(c * largest_moment(problem.model, X) + penalties.known_curvature(problem.penalty), np.finfo(float).tiny)
