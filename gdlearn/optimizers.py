"""Optimizers: where does a parameter go, given its gradient?

An optimizer's ``update`` moves one parameter and says how long its step was, so that the penalty's
proximal operator can follow with the same length. What it must remember of earlier steps stands in
rows of ``state``.
"""

import math
from typing import Any, NamedTuple

from .generic import generic
from .records import Memory, Positive


@generic
def update(optimizer, w, g, state, j, lr, t):
    """Parameter j, now w with gradient g, after step t of rate lr and with its column of state."""
    raise NotImplementedError("this optimizer has no update kernel")


@generic
def at_step(optimizer, theta, lr, t):
    """The record whose ``update`` makes step t at rate lr, with what all of theta shares computed once, if any."""
    return optimizer


@generic
def extrapolate(optimizer, w, state, j):
    """The point at which the next gradient is taken, from the new w of parameter j and its state: by default w."""
    return w


@generic
def decay(optimizer, w, lr):
    """A weight w after the decay, at rate lr, that is not part of its gradient: by default w itself."""
    return w


@generic
def looks_at_all(optimizer):
    """Whether the optimizer changes the gradient as a whole before the parameters take their steps."""
    return False


@generic
def prepare(optimizer, model, g, state):
    """Change the gradient g of loss and penalty as a whole, given model and state; return the share that is left."""
    return 1.0


@generic
def slots(optimizer):
    """How many numbers the optimizer remembers of each parameter."""
    return 0


@generic
def begin(optimizer, theta, state):
    """Fill the state (slots, p) for a run that starts at theta: by default with zeros."""
    state[:] = 0.0


@generic
def stability_limit(optimizer, L):
    """The rate beyond which full-batch training diverges on a quadratic of curvature L; NaN where unknown."""
    return math.nan


class SGD(NamedTuple):
    r"""The plain step against the gradient, :math:`\theta_{t+1} = \theta_t - \eta_t g_t`.

    With the gradient of all rows this is gradient descent (Cauchy 1847), with that of a random batch
    stochastic gradient descent (Robbins and Monro 1951).

    Examples
    --------
    >>> update(SGD(), 1.0, 4.0, None, 0, 0.1, 0)  # theta and the step's length
    (0.6, 0.1)
    >>> stability_limit(SGD(), 8.0)  # 2/L
    0.25
    """


@update.kernel(SGD)
def _(optimizer, w, g, state, j, lr, t):
    return w - lr * g, lr


@stability_limit.kernel(SGD)
def _(optimizer, L):
    return 2.0 / L


class Momentum(NamedTuple):
    r"""The heavy ball, :math:`\theta_{t+1} = \theta_t - \eta_t g_t + \beta (\theta_t - \theta_{t-1})` (Polyak 1964).

    Parameters
    ----------
    beta : float
        The share of the last displacement that is kept, in [0, 1).

    Examples
    --------
    >>> import numpy as np
    >>> state = np.array([[1.2]])  # the theta before
    >>> round(float(update(Momentum(0.5), 1.0, 4.0, state, 0, 0.1, 1)[0]), 6)
    0.5
    """

    beta: Memory = 0.9


@slots.kernel(Momentum)
def _(optimizer):
    return 1


@begin.kernel(Momentum)
def _(optimizer, theta, state):
    state[0] = theta


@update.kernel(Momentum)
def _(optimizer, w, g, state, j, lr, t):
    last, state[0, j] = state[0, j], w
    return w - lr * g + optimizer.beta * (w - last), lr


@stability_limit.kernel(Momentum)
def _(optimizer, L):
    return 2.0 * (1.0 + optimizer.beta) / L


class Nesterov(NamedTuple):
    r"""A step from a point ahead (Nesterov 1983).

    :math:`x_{t+1} = y_t - \eta_t \nabla f(y_t)`, then
    :math:`y_{t+1} = x_{t+1} + \beta (x_{t+1} - x_t)`. The run's theta is y, the point ahead, at which
    the gradients are taken; so is the theta it ends with.

    Parameters
    ----------
    beta : float
        How far ahead to look, as a share of the last displacement, in [0, 1).

    Examples
    --------
    >>> import numpy as np
    >>> state = np.array([[1.2]])  # the x before
    >>> x, _ = update(Nesterov(0.5), 1.0, 4.0, state, 0, 0.1, 1)
    >>> y = extrapolate(Nesterov(0.5), x, state, 0)
    >>> x, round(float(y), 6)  # ahead by half of 0.6 - 1.2
    (0.6, 0.3)
    """

    beta: Memory = 0.9


slots.kernel(Nesterov)(slots.dispatch(Momentum))
begin.kernel(Nesterov)(begin.dispatch(Momentum))


@update.kernel(Nesterov)
def _(optimizer, w, g, state, j, lr, t):
    return w - lr * g, lr


@extrapolate.kernel(Nesterov)
def _(optimizer, w, state, j):
    last, state[0, j] = state[0, j], w
    return w + optimizer.beta * (w - last)


@stability_limit.kernel(Nesterov)
def _(optimizer, L):
    return 2.0 * (1.0 + optimizer.beta) / ((1.0 + 2.0 * optimizer.beta) * L)


class Clip(NamedTuple):
    r"""Scale a gradient that is too long down to the limit, then let another optimizer step.

    :math:`g \leftarrow g \min(1, c / \lVert g \rVert_2)` (Pascanu, Mikolov and Bengio 2013), with g the
    gradient of the loss and of the penalty's smooth part.

    Parameters
    ----------
    limit : float
        c, greater than 0.
    then : optimizer
        Takes the step.

    Examples
    --------
    >>> import numpy as np
    >>> g = np.array([3.0, 4.0])
    >>> round(prepare(Clip(1.0), None, g, None), 6)  # the share that is left
    0.2
    >>> g.round(6)
    array([0.6, 0.8])
    """

    limit: Positive
    then: Any = SGD()


@looks_at_all.kernel(Clip)
def _(optimizer):
    return True


@prepare.kernel(Clip)
def _(optimizer, model, g, state):
    squares = 0.0
    for j in range(len(g)):
        squares += g[j] * g[j]
    share = min(1.0, optimizer.limit / math.sqrt(squares)) if squares > 0.0 else 1.0
    if share < 1.0:
        g *= share
    return share * prepare(optimizer.then, model, g, state)


@at_step.kernel(Clip)
def _(optimizer, theta, lr, t):
    return Clip(optimizer.limit, at_step(optimizer.then, theta, lr, t))


@slots.kernel(Clip)
def _(optimizer):
    return slots(optimizer.then)


@begin.kernel(Clip)
def _(optimizer, theta, state):
    begin(optimizer.then, theta, state)


@decay.kernel(Clip)
def _(optimizer, w, lr):
    return decay(optimizer.then, w, lr)


@update.kernel(Clip)
def _(optimizer, w, g, state, j, lr, t):
    return update(optimizer.then, w, g, state, j, lr, t)


@extrapolate.kernel(Clip)
def _(optimizer, w, state, j):
    return extrapolate(optimizer.then, w, state, j)
