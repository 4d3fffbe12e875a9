"""Penalties: what does a weight cost, whatever the data say?

Each acts on one weight at a time, never on an intercept. The smooth part has a ``pull`` (its
derivative), the part with a kink a ``prox`` (its proximal operator).
"""

import math
from typing import NamedTuple

from .generic import generic, has_kernel
from .records import NonNegative, Share


@generic
def cost(penalty, w):
    """The penalty of one weight w."""
    return 0.0


@generic
def pull(penalty, w):
    """The derivative of the smooth part at w."""
    return 0.0


@generic
def prox(penalty, w, step):
    r"""The proximal operator of the part with a kink, :math:`\arg\min_u (u - w)^2 / 2 + step \cdot r(u)`."""
    return w


@generic
def subgradient(penalty, w, g):
    """The smallest subgradient at w of the whole objective, whose smooth part has the derivative g there."""
    return g


@generic
def curvature(penalty):
    """The second derivative of the smooth part: 0 without a ``pull``, infinity where nobody says what it is."""
    return math.inf if has_kernel(pull, type(penalty)) else 0.0


def known_curvature(penalty):
    """``curvature``, but for penalties that pull and do not say how steeply."""
    if math.isinf(found := curvature(penalty)):
        name = type(penalty).__name__
        raise TypeError(
            f"penalty={name} has a pull kernel but no curvature kernel, so no step is known to be short enough; write "
            f"@gd.penalties.curvature.kernel({name}), the second derivative of its smooth part, or use gd.minimize"
        )
    return found


@generic
def ridge(penalty):
    """The lam of a penalty that does nothing but pull with lam w, or -1 for any other."""
    return -1.0


class NoPenalty(NamedTuple):
    """No penalty: every weight is free.

    Examples
    --------
    >>> cost(NoPenalty(), 3.0)
    0.0
    """


@cost.kernel(NoPenalty)
def _(penalty, w):
    return 0.0


@ridge.kernel(NoPenalty)
def _(penalty):
    return 0.0


class L2(NamedTuple):
    r"""The ridge penalty :math:`\frac{\lambda}{2} \lVert w \rVert_2^2` (Hoerl and Kennard 1970).

    Parameters
    ----------
    lam : float
        The strength, at least 0.

    Examples
    --------
    >>> cost(L2(0.5), 3.0), pull(L2(0.5), 3.0)
    (2.25, 1.5)
    >>> curvature(L2(0.5)), ridge(L2(0.5))
    (0.5, 0.5)
    """

    lam: NonNegative


@cost.kernel(L2)
def _(penalty, w):
    return 0.5 * penalty.lam * (w * w)


@pull.kernel(L2)
def _(penalty, w):
    return penalty.lam * w


@ridge.kernel(L2)
def _(penalty):
    return penalty.lam


@curvature.kernel(L2)
def _(penalty):
    return penalty.lam


class L1(NamedTuple):
    r"""The lasso penalty :math:`\lambda \lVert w \rVert_1` (Tibshirani 1996), by proximal steps.

    Its proximal operator is the soft threshold, which sets small weights to exactly 0.

    Parameters
    ----------
    lam : float
        The strength, at least 0.

    Examples
    --------
    >>> cost(L1(0.5), -3.0), prox(L1(0.5), 3.0, 1.0), prox(L1(0.5), 0.4, 1.0)
    (1.5, 2.5, 0.0)

    At 0 the kink takes up a slope of lam.

    >>> [subgradient(L1(0.5), 0.0, g) for g in (-0.25, 0.75)]
    [-0.0, 0.25]
    """

    lam: NonNegative


@cost.kernel(L1)
def _(penalty, w):
    return penalty.lam * abs(w)


@prox.kernel(L1)
def _(penalty, w, step):
    return math.copysign(max(abs(w) - step * penalty.lam, 0.0), w)


@subgradient.kernel(L1)
def _(penalty, w, g):
    if w == 0.0:
        return math.copysign(max(abs(g) - penalty.lam, 0.0), g)
    return g + math.copysign(penalty.lam, w)


class ElasticNet(NamedTuple):
    r"""A share of L1 and the rest of L2 (Zou and Hastie 2005).

    :math:`\lambda a \lVert w \rVert_1 + \frac{\lambda (1 - a)}{2} \lVert w \rVert_2^2` with the
    ratio a.

    Parameters
    ----------
    lam : float
        The strength, at least 0.
    ratio : float
        a, the share of L1, in [0, 1].

    Examples
    --------
    >>> cost(ElasticNet(1.0, 0.5), 3.0)
    3.75
    """

    lam: NonNegative
    ratio: Share = 0.5


@cost.kernel(ElasticNet)
def _(penalty, w):
    return penalty.lam * (penalty.ratio * abs(w) + 0.5 * (1.0 - penalty.ratio) * (w * w))


@pull.kernel(ElasticNet)
def _(penalty, w):
    return penalty.lam * (1.0 - penalty.ratio) * w


@prox.kernel(ElasticNet)
def _(penalty, w, step):
    return math.copysign(max(abs(w) - step * penalty.lam * penalty.ratio, 0.0), w)


@subgradient.kernel(ElasticNet)
def _(penalty, w, g):
    kink = penalty.lam * penalty.ratio
    if w == 0.0:
        return math.copysign(max(abs(g) - kink, 0.0), g)
    return g + math.copysign(kink, w)


@curvature.kernel(ElasticNet)
def _(penalty):
    return penalty.lam * (1.0 - penalty.ratio)
