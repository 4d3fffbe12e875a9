"""What a run leaves behind: its history, its status, and a warning where it diverged."""

import math
import warnings
from typing import Any, NamedTuple

import numpy as np

from .certificates import Certificate
from .optimizers import SGD, stability_limit
from .problem import Problem

RUNNING, CONVERGED, DIVERGED, INTERRUPTED, STALLED = range(5)
STATUS = dict(enumerate(("max_epochs", "converged", "diverged", "interrupted", "stalled")))
# A run whose objective ends so many times above its start has diverged, though every number is still finite.
GROWTH = 10.0


def equal_to_itself(cls):
    """A class of tuples each of which equals no other: whether arrays in them are equal has many answers, not one."""
    cls.__eq__, cls.__ne__, cls.__hash__ = object.__eq__, object.__ne__, object.__hash__
    return cls


class DivergenceWarning(RuntimeWarning):
    """The objective grew instead of falling; the learning rate is too large.

    Examples
    --------
    >>> import warnings
    >>> import gdlearn as gd
    >>> X, y = gd.datasets.quadratic([10.0], center=[1.0])
    >>> problem = gd.Problem(gd.Linear(1, intercept=False))
    >>> with warnings.catch_warnings(record=True, action="always") as caught:
    ...     run = gd.minimize(problem, X, y, schedule=0.3, epochs=20)
    >>> print(caught[0].message)
    diverged after epoch 20 at learning rate 0.3; full-batch SGD needs a rate
    below 0.2 (2/L); pass a smaller schedule or standardize the columns of X
    """


@equal_to_itself
class History(NamedTuple):
    """What a run saw, one entry per epoch; entry 0 is the start.

    Attributes
    ----------
    objective : ndarray
        Loss plus penalty over all rows; as the norm, NaN at epochs that ``measure_every`` left out.
    learning_rate : ndarray
        The rate of the step that comes next.
    gradient_norm : ndarray
        The norm of the gradient, or of the smallest subgradient where the penalty has a kink.
    seconds : ndarray
        Wall time since the start, measured every few hundredths of a second, on a straight line in between.
    theta : ndarray or None
        The parameters, shape (epochs + 1, p), of a run with ``path=True``.

    Examples
    --------
    On a bowl of curvature 1, each step at rate 0.5 halves the distance to the minimum.

    >>> import gdlearn as gd
    >>> X, y = gd.datasets.quadratic([1.0], center=[8.0])
    >>> problem = gd.Problem(gd.Linear(1, intercept=False))
    >>> run = gd.minimize(problem, X, y, schedule=0.5, epochs=3, path=True)
    >>> run.history.theta.ravel(), run.history.gradient_norm
    (array([0., 4., 6., 7.]), array([8., 4., 2., 1.]))
    """

    objective: np.ndarray
    learning_rate: np.ndarray
    gradient_norm: np.ndarray
    seconds: np.ndarray
    theta: np.ndarray | None = None


@equal_to_itself
class Run(NamedTuple):
    """The result of :func:`minimize`, and of solvers such as :func:`closed_form` and :func:`fista`.

    Attributes
    ----------
    theta : ndarray
        The final parameters (p,), or their average; of a diverged run the last with a finite objective.
    history : History
    status : str
        "converged", "max_epochs", "diverged", "interrupted"; "stalled" of :func:`lbfgs`, where rounding hides the
        way down; or "stopped_early" of an estimator. A run at which Ctrl-C was pressed is "interrupted", however
        far it came.
    problem : Problem
    memory : tuple
        All that the run carries; ``minimize(..., start=run)`` goes on from it. Solvers carry nothing.
    certificate : Certificate or None
        What a solver proves of its end, such as ``Certificate(kind="duality gap", bound=1e-9)``: no theta
        has an objective lower by more.
    optimizer : tuple
        The record that took the steps, for whoever goes on with its memory. Solvers have none.
    began : float
        The objective at the start of this run, or of the first of those that it goes on from on the same rows;
        divergence is measured from there. Solvers have NaN.

    Examples
    --------
    >>> import gdlearn as gd
    >>> X, y = gd.datasets.quadratic([1.0], center=[8.0])
    >>> problem = gd.Problem(gd.Linear(1, intercept=False))
    >>> run = gd.minimize(problem, X, y, schedule=0.5, epochs=3)
    >>> run
    Run: max_epochs after 3 epochs, objective 0.5, gradient norm 1
    >>> run = gd.minimize(problem, X, y, schedule=0.5, epochs=1, start=run)
    >>> run.theta  # it went on
    array([7.5])
    """

    theta: np.ndarray
    history: History
    status: str
    problem: Problem
    memory: Any = None
    certificate: Certificate | None = None
    optimizer: Any = None
    began: float = math.nan

    def __repr__(self):
        objective, norm = self.history.objective[-1], self.history.gradient_norm[-1]
        known = self.certificate is not None and math.isfinite(self.certificate.bound)
        proved = "{} {:.2g}".format(*self.certificate) if known else f"gradient norm {norm:.2g}"
        return f"Run: {self.status} after {self.epochs} epochs, objective {objective:.6g}, {proved}"

    def _repr_html_(self):
        """The loss curve and the status, in a notebook; only the words where matplotlib is missing."""
        try:
            from ._runs import run_card
        except ImportError:
            return None
        return run_card(self)

    @property
    def epochs(self) -> int:
        """The number of epochs done."""
        return len(self.history.objective) - 1


def finish(problem, method, X, memory, history, code, start):
    """The result of a run, which may go on from another, its start; warns of a divergence."""
    done, t = memory.t[1], memory.t[0]
    path = history.theta[:done] if len(history.theta) else None
    history = History(*(a[:done] for a in history[:4]), path)
    began = start.began if _goes_on(history, start) else float(history.objective[0])
    overflowed = code == DIVERGED
    if code == RUNNING and history.objective[-1] / GROWTH > began:
        code = DIVERGED
    if code == DIVERGED:
        message = _divergence(problem, method.optimizer, X, history, overflowed)
        warnings.warn(message, DivergenceWarning, stacklevel=3)
    averaged = code in (RUNNING, CONVERGED) and t > method.average_from
    theta = memory.average if averaged else memory.finite
    return Run(theta, history, STATUS[code], problem, memory, optimizer=method.optimizer, began=began)


def _goes_on(history, start):
    """Whether the start is a run that had not diverged, on the same rows: others would have another objective."""
    return isinstance(start, Run) and start.status != "diverged" and history.objective[0] == start.history.objective[-1]


def _divergence(problem, optimizer, X, history, overflowed):
    """What to say of a diverged run: the epoch, the rate and, where it can be computed, the limit."""
    epoch = len(history.objective) - 1
    lr = history.learning_rate[-1 if overflowed else max(epoch - 1, 0)]  # entry k: the rate of epoch k + 1
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
