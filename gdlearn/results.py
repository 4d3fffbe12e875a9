"""What a run leaves behind: its history, its status, and a warning where it diverged."""

import math
import warnings
from typing import NamedTuple

import numpy as np

from .optimizers import SGD, stability_limit
from .problem import Problem

RUNNING, CONVERGED, DIVERGED = 0, 1, 2
# A run whose objective ends so many times above its start has diverged, though every number is still finite.
GROWTH = 10.0


class DivergenceWarning(RuntimeWarning):
    """The objective grew instead of falling; the learning rate is too large."""


class History(NamedTuple):
    """What a run saw, one entry per epoch; entry 0 is the start.

    Attributes
    ----------
    objective : ndarray
        Loss plus penalty over all rows.
    learning_rate : ndarray
        The rate of the step that comes next.
    gradient_norm : ndarray
        The norm of the gradient, or of the smallest subgradient where the penalty has a kink.
    seconds : ndarray
        Wall time since the start, measured every few hundredths of a second, on a straight line in between.
    theta : ndarray or None
        The parameters, shape (epochs + 1, p), of a run with ``path=True``.
    """

    objective: np.ndarray
    learning_rate: np.ndarray
    gradient_norm: np.ndarray
    seconds: np.ndarray
    theta: np.ndarray | None


class Run(NamedTuple):
    """The result of :func:`minimize`.

    Attributes
    ----------
    theta : ndarray
        The final parameters (p,); of a diverged run the last with a finite objective.
    history : History
    status : str
        "converged", "max_epochs" or "diverged".
    problem : Problem
    """

    theta: np.ndarray
    history: History
    status: str
    problem: Problem

    @property
    def epochs(self):
        """The number of epochs done."""
        return len(self.history.objective) - 1


def finish(problem, optimizer, X, theta, history, done, code):
    """The result of a run of which ``done`` entries of the history stand; warns of a divergence."""
    path = history.theta[:done] if len(history.theta) else None
    history = History(*(a[:done] for a in history[:4]), path)
    grew = history.objective[-1] / GROWTH > history.objective[0]
    if code == DIVERGED or (code == RUNNING and grew):
        warnings.warn(_divergence(problem, optimizer, X, history, code == DIVERGED), DivergenceWarning, stacklevel=3)
        return Run(theta, history, "diverged", problem)
    return Run(theta, history, "converged" if code == CONVERGED else "max_epochs", problem)


def _divergence(problem, optimizer, X, history, overflowed):
    """What to say of a diverged run: the epoch, the rate and, where it can be computed, the limit."""
    epoch = len(history.objective) - 1
    lr = history.learning_rate[-1 if overflowed else -2]  # entry k is the rate of the steps of epoch k + 1
    message = f"diverged after epoch {epoch} at learning rate {lr:.4g}"
    limit = _limit(problem, optimizer, X)
    if math.isfinite(limit):
        note = " (2/L)" if type(optimizer) is SGD else ""
        message += f"; full-batch {type(optimizer).__name__} needs a rate below {limit:.4g}{note}"
    return message + "; pass a smaller schedule or standardize the columns of X"


def _limit(problem, optimizer, X):
    try:
        return stability_limit(optimizer, problem.smoothness(X).L)
    except (TypeError, ValueError):  # no bound is known for this model or loss, or for data this large
        return math.nan
