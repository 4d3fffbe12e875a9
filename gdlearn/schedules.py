"""Schedules: which learning rate does step t take? Steps count from 0."""

import math
from typing import Any, NamedTuple

from .generic import generic
from .records import Count, Decay, NonNegative, Positive, check


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

    Examples
    --------
    >>> [rate(Constant(0.1), t) for t in (0, 1, 100)]
    [0.1, 0.1, 0.1]
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

    Examples
    --------
    >>> [rate(Exponential(1.0, decay=0.5), t) for t in range(4)]
    [1.0, 0.5, 0.25, 0.125]
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

    Examples
    --------
    >>> [rate(LinearDecay(1.0, steps=4), t) for t in (0, 1, 2, 4, 9)]
    [1.0, 0.75, 0.5, 0.0, 0.0]
    """

    eta: Positive
    steps: Count
    final: NonNegative = 0.0


@rate.kernel(LinearDecay)
def _(schedule, t):
    share = min(t, schedule.steps) / schedule.steps
    return (1.0 - share) * schedule.eta + share * schedule.final


class InverseTime(NamedTuple):
    r"""The decay of Robbins and Monro (1951), :math:`\eta_t = \eta / (1 + k t)`.

    Parameters
    ----------
    eta : float
        The first learning rate, greater than 0.
    decay : float
        k, at least 0.

    Examples
    --------
    >>> [rate(InverseTime(1.0, 1.0), t) for t in (0, 1, 3)]
    [1.0, 0.5, 0.25]
    """

    eta: Positive
    decay: NonNegative


@rate.kernel(InverseTime)
def _(schedule, t):
    return schedule.eta / (1.0 + schedule.decay * t)


class Step(NamedTuple):
    r"""A constant factor every so many steps, :math:`\eta_t = \eta \gamma^{\lfloor t / s \rfloor}`.

    Parameters
    ----------
    eta : float
        The first learning rate, greater than 0.
    factor : float
        :math:`\gamma` in (0, 1].
    every : int
        s, the number of steps between two drops.

    Examples
    --------
    >>> [rate(Step(1.0, 0.5, 2), t) for t in range(5)]
    [1.0, 1.0, 0.5, 0.5, 0.25]
    """

    eta: Positive
    factor: Decay
    every: Count


@rate.kernel(Step)
def _(schedule, t):
    return schedule.eta * schedule.factor ** float(t // schedule.every)


class Cosine(NamedTuple):
    r"""Half a cosine wave down to the final rate (Loshchilov and Hutter 2017).

    :math:`\eta_t = \eta_T + \tfrac12 (\eta - \eta_T) (1 + \cos \pi s)` with
    :math:`s = \min(t, T) / T`.

    Parameters
    ----------
    eta : float
        The first learning rate, greater than 0.
    steps : int
        T, after which the rate stays at ``final``.
    final : float
        The final rate :math:`\eta_T`, at least 0.

    Examples
    --------
    >>> [round(rate(Cosine(1.0, 4), t), 3) for t in (0, 1, 2, 4)]
    [1.0, 0.854, 0.5, 0.0]
    """

    eta: Positive
    steps: Count
    final: NonNegative = 0.0


@rate.kernel(Cosine)
def _(schedule, t):
    share = min(t, schedule.steps) / schedule.steps
    return schedule.final + 0.5 * (schedule.eta - schedule.final) * (1.0 + math.cos(math.pi * share))


class WarmupStableDecay(NamedTuple):
    r"""Up a straight line, along a plateau, and down a straight line (Hu et al. 2024).

    :math:`\eta (t + 1) / s` for t < s; then :math:`\eta`; in the last ``decay`` of the T steps the line
    :math:`\eta (T - t) / decay`, and 0 from step T on.

    Parameters
    ----------
    eta : float
        The rate of the plateau, greater than 0.
    steps : int
        T, the number of steps in all.
    warmup : int
        s, the number of steps on the way up.
    decay : int
        The number of steps on the way down; warmup + decay is at most T.

    Examples
    --------
    >>> [round(rate(WarmupStableDecay(1.0, 8, 2, 4), t), 3) for t in range(9)]
    [0.5, 1.0, 1.0, 1.0, 1.0, 0.75, 0.5, 0.25, 0.0]
    """

    eta: Positive
    steps: Count
    warmup: Count
    decay: Count


@rate.kernel(WarmupStableDecay)
def _(schedule, t):
    if t < schedule.warmup:
        return schedule.eta * ((t + 1) / schedule.warmup)
    return schedule.eta * (min(max(schedule.steps - t, 0), schedule.decay) / schedule.decay)


@check.kernel(WarmupStableDecay)
def _(record):
    if record.warmup + record.decay > record.steps:
        raise ValueError(f"warmup + decay must be at most steps={record.steps}, not {record.warmup + record.decay}")


class Warmup(NamedTuple):
    r"""A straight line up to the first rate of another schedule, which then takes over.

    :math:`\eta_t = \eta'_0 (t + 1) / s` for t < s, then :math:`\eta'_{t - s}` (Goyal et al. 2017).

    Parameters
    ----------
    steps : int
        s, the number of steps of the line.
    then : schedule
        The schedule :math:`\eta'` that follows.

    Examples
    --------
    >>> [round(rate(Warmup(2, Exponential(1.0, 0.5)), t), 3) for t in range(5)]
    [0.5, 1.0, 1.0, 0.5, 0.25]
    """

    steps: Count
    then: Any


@rate.kernel(Warmup)
def _(schedule, t):
    if t < schedule.steps:
        return rate(schedule.then, 0) * ((t + 1) / schedule.steps)
    return rate(schedule.then, t - schedule.steps)
