"""The end of a fit: early, once rows that training never sees are predicted no better, or with a warning."""

import warnings

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from .results import History
from .second_order import checked
from .training import minimize

# More copies of a row than this hold out the share no better, and more of all rows would only take memory.
MANY, IN_ALL = 1000, 10**7


def unit(weight):
    """The weight of one copy: the least of all weights, where these count copies of it, else the largest."""
    with np.errstate(over="ignore"):
        copies = weight / weight.min()
    return weight.min() if np.allclose(copies, np.rint(copies)) else weight.max()


def share_out(y, weight, one, share, rng):
    """The weight of each distinct row to train with, and that to validate with: its copies are split like rows."""
    with np.errstate(over="ignore"):
        copies = np.rint(weight / one).clip(1, max(1, min(MANY, IN_ALL // len(y)))).astype(int)
    rows = np.repeat(np.arange(len(y)), copies)
    held = np.bincount(rows[split(y[rows], share, rng)[1]], minlength=len(y))
    return weight * ((copies - held) / copies), weight * (held / copies)


def split(y, share, rng):
    """The numbers of the rows to train on, and of a random share of the rows to validate on.

    Every stretch of the sorted targets gives its part, so that no class is left out by chance.
    """
    n, held = len(y), max(1, round(share * len(y)))
    if held >= n:
        raise ValueError(f"early stopping holds out {held} of n_samples={n} rows, which leaves none; pass more rows")
    order = rng.permutation(n)
    order = order[np.argsort(y[order], kind="stable")]
    validation = np.zeros(n, bool)
    validation[order[((np.arange(held) + 0.5) * n / held).astype(int)]] = True
    return np.flatnonzero(~validation), np.flatnonzero(validation)


def minimize_until(judge, problem, X, y, *, epochs, patience, start=None, seed=0, **method):
    """Minimize until the loss of other rows has not fallen for some epochs, and go back to its best epoch.

    Parameters
    ----------
    judge : function
        The loss of a theta on the rows held out.
    problem, X, y, epochs, start, seed, **method
        As for :func:`minimize`.
    patience : int
        How many epochs to wait for a lower loss.

    Returns
    -------
    run : Run
        With the theta of the best epoch, the history of all of them, and the status "stopped_early" if so.
    judged : ndarray (epochs + 1,)
        The loss of the rows held out, at the start and after each epoch.
    """
    run = minimize(problem, X, y, start=start, seed=seed, epochs=0, **method)
    parts, judged, status = [run.history], [judge(run.theta)], run.status
    best, lowest, when = run.theta, judged[0], 0
    while status == "max_epochs" and len(judged) <= epochs:
        left = epochs + 1 - len(judged)
        run = minimize(problem, X, y, start=run, epochs=min(patience, left), path=True, **method)
        status = run.status
        for theta in run.history.theta[1:]:
            judged.append(judge(theta))
            if judged[-1] < lowest:
                best, lowest, when = theta.copy(), judged[-1], len(judged) - 1
        parts.append(run.history)
        if status == "max_epochs" and len(judged) > when + patience:
            status = "stopped_early"
    return run._replace(theta=best, history=joined(parts), status=status, memory=None), np.array(judged)


def joined(parts):
    """One history of parts each of which begins where the one before it ended."""
    first, *others = parts
    columns = [np.concatenate([first[c], *(part[c][1:] for part in others)]) for c in range(3)]
    seconds = first.seconds
    for part in others:
        seconds = np.concatenate([seconds, seconds[-1] + part.seconds[1:]])
    return History(*columns, seconds, None)


def tell(run, tolerance, cold, whole):
    """Warn of a fit that took too few steps along the whole gradient, or none from a cold start.

    At an optimum, rounding leaves a gradient that is not exactly 0.
    """
    objective, norm = run.history.objective[-1], run.history.gradient_norm[-1]
    rounding = 1e4 * np.finfo(run.theta.dtype).eps * np.sqrt(abs(objective))
    if run.status == "max_epochs" and whole:
        other = "; or let gd.newton solve the problem" if newton_takes(run.problem) else ""
        message = (
            f"the gradient has norm {norm:.2g} after {run.epochs} epochs, above tolerance={tolerance:g}; pass more "
            f"epochs, or standardize the columns of X if they are not{other}"
        )
    elif run.status == "stalled":
        message = (
            f"rounding hides the way down from a gradient of norm {norm:.2g}, above tolerance={tolerance:g}; pass a "
            "larger tolerance, X in float64 if it is not, or scale y or the columns of X"
        )
    elif run.status == "converged" and run.epochs == 0 and cold and norm > rounding:
        message = (
            f"no step was made: at the start the gradient has norm {norm:.2g}, already within tolerance={tolerance:g}; "
            "pass a smaller tolerance, or scale y or the columns of X"
        )
    else:
        return
    warnings.warn(message, ConvergenceWarning, stacklevel=5)


def newton_takes(problem):
    """Whether ``gd.newton`` takes a problem."""
    try:
        checked(problem)
    except (TypeError, ValueError):
        return False
    return True
