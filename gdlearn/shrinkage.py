"""Shrinkage: a run that stops, or a ridge penalty, keeps a share of least squares along each singular vector."""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from . import validation
from .losses import SquaredError
from .records import Range, number
from .threads import one_thread


class Spectrum(NamedTuple):
    """Least squares along the r right singular vectors of X whose singular values are not 0 up to rounding.

    Attributes
    ----------
    curvatures : ndarray
        Those of the mean squared error, the largest first, shape (r,).
    directions : ndarray
        The singular vectors, a row each, shape (r, d).
    ends : ndarray
        How far the least squares solution of the smallest norm goes along each direction, shape (r,).

    Examples
    --------
    >>> import gdlearn as gd
    >>> X, y = gd.datasets.quadratic([4.0, 1.0], center=[3.0, -2.0])
    >>> bowl = gd.spectrum(X, y)
    >>> bowl.curvatures.round(12), (bowl.ends @ bowl.directions).round(12)
    (array([4., 1.]), array([ 3., -2.]))
    >>> bowl.stopped([0, 1], eta=0.1).round(12) + 0.0
    array([[ 0. ,  0. ],
           [ 1.2, -0.2]])
    >>> bowl.ridge(1.0).round(12)
    array([ 2.4, -1. ])
    """

    curvatures: np.ndarray
    directions: np.ndarray
    ends: np.ndarray

    def stopped(self, steps: ArrayLike, eta: float) -> np.ndarray:
        """Theta (..., d) after so many ``steps`` (...) of gradient descent from 0 with the learning rate ``eta``."""
        t, eta = _levels(steps, "steps"), number(eta, "eta", Range(0.0, open_low=True))
        if (t != np.floor(t)).any():
            raise ValueError("steps must be whole numbers")
        return self._shrunk(1.0 - (1.0 - eta * self.curvatures) ** t)

    def ridge(self, lam: ArrayLike) -> np.ndarray:
        """Theta (..., d) at the minimum with the penalty ``L2(lam)``, for each ``lam`` (...)."""
        return self._shrunk(self.curvatures / (self.curvatures + _levels(lam, "lam")))

    def _shrunk(self, shares):
        return shares * self.ends @ self.directions


@one_thread
def spectrum(X: ArrayLike, y: ArrayLike) -> Spectrum:
    r"""Find the directions in which gradient descent and ridge regression shrink each number alone.

    Along the right singular vector :math:`v_j` of X, with the singular value :math:`s_j`, the mean squared error has
    the curvature :math:`h_j = 2 s_j^2 / n` and its minimum at :math:`c_j = u_j^\top y / s_j`. Gradient descent from 0
    (Landweber 1951) and ridge regression (Hoerl and Kennard 1970) differ in their *filter factors* (Hansen 1998),
    the shares that they keep:

    .. math::
        \theta_t &= \sum_j \left( 1 - (1 - \eta h_j)^t \right) c_j v_j, \\
        \theta_\lambda &= \sum_j \frac{h_j}{h_j + \lambda} \, c_j v_j.

    All steps and all penalties cost one decomposition. There is no intercept, so center X and y first.

    Parameters
    ----------
    X : array (n, d)
    y : array (n,)

    Returns
    -------
    Spectrum

    Raises
    ------
    TypeError, ValueError
        If an argument does not fit; the message names it.

    Examples
    --------
    >>> import gdlearn as gd
    >>> X, y = gd.datasets.diabetes("bmi", "bp", standardize=True)
    >>> patients = gd.spectrum(X, y - y.mean())
    >>> patients.stopped([1, 10, 1000], eta=0.1).round(2)
    array([[ 9.03,  6.8 ],
           [33.98, 20.6 ],
           [37.6 , 19.13]])
    >>> patients.ridge(0.1).round(2)
    array([35.91, 18.86])
    """
    X = validation.real(X, "X")
    X = validation.inputs(X, X.shape[-1] if X.ndim else 1).astype(np.float64, copy=False)
    y = validation.targets(SquaredError(), y, len(X), 1, np.float64)[:, 0]
    U, s, V = np.linalg.svd(X, full_matrices=False)
    r = np.count_nonzero(s > max(X.shape) * np.finfo(float).eps * s.max(initial=0.0))
    with np.errstate(over="ignore"):
        curvatures = 2.0 / len(X) * s[:r] ** 2
    if not np.isfinite(curvatures).all():
        raise ValueError("X is so large that its squares overflow; scale the columns of X")
    return Spectrum(curvatures, V[:r], y @ U[:, :r] / s[:r])


def _levels(values, name):
    """Numbers of at least 0 as a column, to be met with the row of directions."""
    values = validation.real(values, name)
    validation.finite(values, name, "pass finite numbers")
    if (values < 0.0).any():
        raise ValueError(f"{name} must be at least 0, not {values.min():g}")
    return values[..., None]
