"""Losses: how far are the scores of a model from the targets?

A loss of one score and one target registers ``value`` and its derivative ``slope``. A loss that looks
at all scores of a row at once registers ``row_slope`` instead.
"""

import math
from typing import NamedTuple

from .elementary import exp, like, log1p
from .generic import generic, inlined
from .records import Positive, Share


@generic
def value(loss, z, y):
    """The loss of one score z against its target y."""
    raise NotImplementedError("this loss has no value kernel")


@generic
def slope(loss, z, y):
    """The derivative of ``value`` in z, against the target y."""
    raise NotImplementedError("this loss has no slope kernel")


@generic
def row_slope(loss, Z, i, Y, r, S, with_value):
    """Write the gradient of the loss of the scores Z[i] against the targets Y[r] to S[i].

    Return that loss, if ``with_value``; both in one go, because they share their exponentials. By default
    the loss of a row is the sum over its outputs.
    """
    total = 0.0
    for c in range(Z.shape[1]):
        z, y = Z[i, c], Y[r, c]
        S[i, c] = slope(loss, z, y)
        if with_value:
            total += value(loss, z, y)
    return total


@generic
def curvature(loss):
    """The largest second derivative of the loss of a row in its scores, or infinity where there is no bound."""
    return math.inf


@generic
def convexity(loss):
    """The smallest second derivative of the loss of a row in its scores."""
    return 0.0


class SquaredError(NamedTuple):
    r"""The squared error :math:`\ell(z, y) = (z - y)^2`; its mean is the mean squared error (MSE).

    The derivative is :math:`2 (z - y)`: the 2 stays, so that the gradient is that of the MSE.

    Examples
    --------
    >>> value(SquaredError(), 3.0, 1.0), slope(SquaredError(), 3.0, 1.0)
    (4.0, 4.0)
    >>> curvature(SquaredError()), convexity(SquaredError())  # everywhere
    (2.0, 2.0)
    """


@value.kernel(SquaredError)
def _(loss, z, y):
    return (z - y) * (z - y)


@slope.kernel(SquaredError)
def _(loss, z, y):
    return 2.0 * (z - y)


@curvature.kernel(SquaredError)
def _(loss):
    return 2.0


@convexity.kernel(SquaredError)
def _(loss):
    return 2.0


class AbsoluteError(NamedTuple):
    r"""The absolute error :math:`\ell(z, y) = |z - y|`, whose minimum is a median.

    It has no derivative at z = y; ``slope`` gives the subgradient 0 there.

    Examples
    --------
    >>> [slope(AbsoluteError(), z, 1.0) for z in (3.0, 1.0, -2.0)]
    [1.0, 0.0, -1.0]
    """


@value.kernel(AbsoluteError)
def _(loss, z, y):
    return abs(z - y)


@slope.kernel(AbsoluteError)
def _(loss, z, y):
    return math.copysign(1.0, z - y) if z != y else 0.0


class Huber(NamedTuple):
    r"""Half the squared error near the target, a straight line beyond :math:`\delta` (Huber 1964).

    :math:`\ell = r^2 / 2` for :math:`|r| \le \delta`, else :math:`\delta (|r| - \delta / 2)`, with
    r = z - y. One outlier pulls with a slope of at most :math:`\delta`.

    Parameters
    ----------
    delta : float
        The distance at which the line begins, greater than 0.

    Examples
    --------
    >>> [value(Huber(1.0), z, 0.0) for z in (0.5, 1.0, 3.0)]
    [0.125, 0.5, 2.5]
    """

    delta: Positive = 1.0


@value.kernel(Huber)
def _(loss, z, y):
    r = abs(z - y)
    return 0.5 * (r * r) if r <= loss.delta else loss.delta * (r - 0.5 * loss.delta)


@slope.kernel(Huber)
def _(loss, z, y):
    return min(max(z - y, -loss.delta), loss.delta)


@curvature.kernel(Huber)
def _(loss):
    return 1.0


class BinaryCrossEntropy(NamedTuple):
    r"""Cross-entropy of two classes, from the logit z and the probability y of class 1.

    :math:`\ell(z, y) = \log(1 + e^z) - y z`, with derivative :math:`\sigma(z) - y` where
    :math:`\sigma(z) = 1 / (1 + e^{-z})`. Written so that no logit overflows.

    Examples
    --------
    >>> round(value(BinaryCrossEntropy(), 0.0, 1.0), 4)  # log 2
    0.6931
    """


@value.kernel(BinaryCrossEntropy)
def _(loss, z, y):
    return max(z, like(z, 0.0)) - y * z + log1p(exp(-abs(z)))


@slope.kernel(BinaryCrossEntropy)
def _(loss, z, y):
    small, one = exp(-abs(z)), like(z, 1.0)
    return (one if z >= 0.0 else small) / (one + small) - y


@curvature.kernel(BinaryCrossEntropy)
def _(loss):
    return 0.25


class CrossEntropy(NamedTuple):
    r"""Cross-entropy of the softmax of a row of scores against a row of probabilities y.

    :math:`\ell(z, y) = -\sum_c y_c \log q_c` with :math:`q = \mathrm{softmax}(z / T)`; the gradient
    in z is :math:`(q - y) / T`. Scores are shifted by their largest, so that none overflows.

    Parameters
    ----------
    temperature : float
        T > 0.
    label_smoothing : float
        Share a in [0, 1]: the targets become (1 - a) y + a / k, with k the number of classes
        (Szegedy et al. 2016).

    Examples
    --------
    >>> import numpy as np
    >>> Z, Y, S = np.zeros((1, 2)), np.array([[1.0, 0.0]]), np.empty((1, 2))
    >>> loss = row_slope(CrossEntropy(), Z, 0, Y, 0, S, True)
    >>> round(float(loss), 4), S  # log 2, and q - y
    (0.6931, array([[-0.5,  0.5]]))
    """

    temperature: Positive = 1.0
    label_smoothing: Share = 0.0


@row_slope.kernel(CrossEntropy)
def _(loss, Z, i, Y, r, S, with_value):
    score = shifted(loss, Z, i, Y, r, S, with_value)
    for c in range(Z.shape[1]):
        S[i, c] = exp(S[i, c])
    mass = against_targets(loss, Y, r, S, i)
    return math.log(mass) - score if with_value else like(mass, 0.0)


@inlined
def shifted(loss, Z, i, Y, r, S, with_value):
    """Write the scores of row i, less their largest and over T, to S[i]; return their mean under the targets."""
    k, top, zero = Z.shape[1], Z[i, 0], like(Z[i, 0], 0.0)
    for c in range(1, k):
        top = max(top, Z[i, c])
    scale, kept, uniform = in_type_of(top, loss, k)
    mean, total = zero, zero
    for c in range(k):
        S[i, c] = (Z[i, c] - top) * scale
        if with_value:
            mean, total = mean + Y[r, c] * S[i, c], total + S[i, c]
    return kept * mean + uniform * total


@inlined
def against_targets(loss, Y, r, S, i):
    """From the exponentials of a row in S[i] make its gradient there; return their sum."""
    k, mass = S.shape[1], like(S[i, 0], 0.0)
    scale, kept, uniform = in_type_of(mass, loss, k)
    for c in range(k):
        mass += S[i, c]
    part, kept, uniform = scale / mass, scale * kept, scale * uniform
    for c in range(k):
        S[i, c] = S[i, c] * part - (kept * Y[r, c] + uniform)
    return mass


@inlined
def in_type_of(z, loss, k):
    """1 / T, and what smoothing makes of k targets: the share they keep, and what each gets."""
    one, smoothing = like(z, 1.0), like(z, loss.label_smoothing)
    return one / like(z, loss.temperature), one - smoothing, smoothing / like(z, k)


@curvature.kernel(CrossEntropy)
def _(loss):
    return 0.5 / loss.temperature**2
