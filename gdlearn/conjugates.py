"""Conjugates: what a loss and a penalty contribute to the dual of a problem (Fenchel 1949, Rockafellar 1970)."""

import numpy as np
import scipy

from .generic import generic
from .losses import BinaryCrossEntropy, SquaredError
from .penalties import L1, L2, ElasticNet


@generic
def slopes(loss, Z, Y):
    """The derivatives of the loss in the scores Z against the targets Y, an array like Z."""
    raise NotImplementedError("this loss has no slopes kernel")


@generic
def conjugate(loss, U, Y):
    """The convex conjugate of the loss of each score against its target Y, at U between 0 and the ``slopes``.

    Examples
    --------
    Where U is the slope at z, the loss and its conjugate add up to U z.

    >>> import numpy as np
    >>> z, y = np.array([3.0]), np.array([1.0])
    >>> U = slopes(SquaredError(), z, y)
    >>> (z - y) ** 2 + conjugate(SquaredError(), U, y), U * z
    (array([12.]), array([12.]))
    """
    raise NotImplementedError("this loss has no conjugate kernel")


@generic
def strengths(penalty):
    r"""The factors (a, c) of :math:`a |w| + c w^2 / 2`, the form that the penalty must have.

    Examples
    --------
    >>> strengths(ElasticNet(1.0, ratio=0.25))
    (0.25, 0.75)
    """
    return 0.0, 0.0


@slopes.kernel(SquaredError)
def _(loss, Z, Y):
    return 2.0 * (Z - Y)


@conjugate.kernel(SquaredError)
def _(loss, U, Y):
    return 0.25 * U**2 + U * Y


@slopes.kernel(BinaryCrossEntropy)
def _(loss, Z, Y):
    return scipy.special.expit(Z) - Y


@conjugate.kernel(BinaryCrossEntropy)
def _(loss, U, Y):
    q = np.clip(U + Y, 0.0, 1.0)
    return -scipy.special.entr(q) - scipy.special.entr(1.0 - q)


@strengths.kernel(L1)
def _(penalty):
    return penalty.lam, 0.0


@strengths.kernel(L2)
def _(penalty):
    return 0.0, penalty.lam


@strengths.kernel(ElasticNet)
def _(penalty):
    return penalty.lam * penalty.ratio, penalty.lam * (1.0 - penalty.ratio)
