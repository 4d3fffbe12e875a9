"""Schedules: which learning rate does step t take? Steps count from 0."""

from typing import Any, NamedTuple

from .generic import generic
from .records import Count, Decay, NonNegative, Positive


@generic
def rate(schedule, t):
    """The learning rate of step t."""
    raise NotImplementedError("this schedule has no rate kernel")


class Constant(NamedTuple):
    r"""The same rate for every step, :math:`\eta_t = \eta`.

    Parameters
    ----------
    eta : float
        The learning rate, greater than 0.
    """

    eta: Positive


@rate.kernel(Constant)
def _(schedule, t):
    return schedule.eta


class Exponential(NamedTuple):
    r"""A constant factor per step, :math:`\eta_t = \eta \gamma^t`.

    Parameters
    ----------
    eta : float
        The first learning rate, greater than 0.
    decay : float
        The factor :math:`\gamma` in (0, 1].
    """

    eta: Positive
    decay: Decay


@rate.kernel(Exponential)
def _(schedule, t):
    return schedule.eta * schedule.decay ** float(t)


class LinearDecay(NamedTuple):
    r"""A straight line to the final rate, :math:`\eta_t = (1 - s) \eta + s \eta_T` with :math:`s = \min(t, T) / T`.

    Parameters
    ----------
    eta : float
        The first learning rate, greater than 0.
    steps : int
        T, the number of steps the line takes; afterwards the rate stays at ``final``.
    final : float
        The final rate :math:`\eta_T`, at least 0.
    """

    eta: Positive
    steps: Count
    final: NonNegative = 0.0


@rate.kernel(LinearDecay)
def _(schedule, t):
    share = min(t, schedule.steps) / schedule.steps
    return (1.0 - share) * schedule.eta + share * schedule.final


class Warmup(NamedTuple):
    r"""A straight line up to the first rate of another schedule, which then takes over.

    :math:`\eta_t = \eta'_0 (t + 1) / s` for t < s, then :math:`\eta'_{t - s}` (Goyal et al. 2017).

    Parameters
    ----------
    steps : int
        s, the number of steps of the line.
    then : schedule
        The schedule :math:`\eta'` that follows.
    """

    steps: Count
    then: Any


@rate.kernel(Warmup)
def _(schedule, t):
    if t < schedule.steps:
        return rate(schedule.then, 0) * (t + 1) / schedule.steps
    return rate(schedule.then, t - schedule.steps)
