"""A line search: how far to go along a direction that leads down, by the objective and its slope at a few points."""

import math
from typing import NamedTuple

import numpy as np

# A step must keep this share of what the slope promises, and leave at most that share of the slope (Wolfe 1969).
ARMIJO, WOLFE = 1e-4, 0.9
# A search looks at so many points; the next one lies so far inside of what is known, or so many times as far out.
LOOKS, INSIDE, BEYOND = 40, 0.001, 4.0


class Point(NamedTuple):
    """What is known at one theta."""

    theta: np.ndarray  # (p,)
    objective: float
    g: np.ndarray  # (p,) the gradient
    norm: float


class End(NamedTuple):
    """What a search knows at one t: the objective, and its slope along the direction."""

    t: float
    objective: float
    slope: float


def along(d, t, at, look, rounding):
    """A step t along d from ``at``, and the point there, which satisfies both conditions of Wolfe.

    No point if there is none; t is then infinite if the objective fell without end.

    Parameters
    ----------
    d : ndarray (p,)
        A direction that leads down.
    t : float
        The step to try first.
    at : Point
    look : function
        The Point at a theta.
    rounding : float
        Below this share of the objective a change of it is rounding.
    """
    slope = float(at.g @ d)
    low, high = End(0.0, at.objective, slope), None
    for _ in range(LOOKS):
        point = look(at.theta + t * d)
        here = End(t, point.objective, float(point.g @ d))
        if not falls(at, point, t * slope, slope, here.slope, rounding):
            high = here
        elif here.slope >= WOLFE * slope:
            return t, point
        else:
            low = here
        t = BEYOND * t if high is None else between(low, high)
    return math.inf if high is None else t, None


def falls(at, point, promised, slope, here, rounding):
    """Whether the objective falls enough from one point to another; where rounding hides that, the slopes tell.

    For a parabola, Armijo's condition is one on the slope that is left, which rounding spares (Hager and Zhang 2005).
    """
    change = point.objective - at.objective
    if abs(change) <= rounding * abs(at.objective):
        return here <= (2.0 * ARMIJO - 1.0) * slope
    return change <= ARMIJO * promised  # never of NaN


def between(low, high):
    """Where the cubic through both ends, with their slopes, is lowest, but not too near to an end (Davidon 1959)."""
    width = high.t - low.t
    bend = low.slope + high.slope - 3.0 * (high.objective - low.objective) / width
    square = bend * bend - low.slope * high.slope
    root = math.sqrt(square) if 0.0 <= square < math.inf else math.nan
    turn = high.slope - low.slope + 2.0 * root
    # Else the cubic has no lowest place between them, or an end is out of bounds.
    share = (bend - low.slope + root) / turn if 0.0 < turn < math.inf else 0.5
    return low.t + width * min(max(share, INSIDE), 1.0 - INSIDE)
