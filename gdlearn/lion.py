"""Lion: steps of one size, whose direction is the sign of a momentum."""

import math
from typing import NamedTuple

from .optimizers import decay, slots, update
from .records import Memory, NonNegative


class Lion(NamedTuple):
    r"""The sign of a momentum, with decoupled decay of the weights (Chen et al. 2023).

    :math:`\theta_{t+1} = \theta_t - \eta_t \,\mathrm{sign}(\beta_1 m_t + (1 - \beta_1) g_t)`, then
    :math:`m_{t+1} = \beta_2 m_t + (1 - \beta_2) g_t`; before it
    :math:`w \leftarrow (1 - \eta_t \lambda) w` for the weights.

    Parameters
    ----------
    beta1, beta2 : float
        The memories of the step and of the momentum, in [0, 1).
    lam : float
        The decay :math:`\lambda`, at least 0.

    Examples
    --------
    Small or large, a gradient moves a parameter by the rate.

    >>> import numpy as np
    >>> states = np.zeros((2, 1, 1))
    >>> small, _ = update(Lion(), 1.0, 0.001, states[0], 0, 0.1, 0)
    >>> large, _ = update(Lion(), 1.0, 4.0, states[1], 0, 0.1, 0)
    >>> round(float(small), 6), round(float(large), 6)
    (0.9, 0.9)
    """

    beta1: Memory = 0.9
    beta2: Memory = 0.99
    lam: NonNegative = 0.0


@slots.kernel(Lion)
def _(optimizer):
    return 1


@update.kernel(Lion)
def _(optimizer, w, g, state, j, lr, t):
    direction = optimizer.beta1 * state[0, j] + (1.0 - optimizer.beta1) * g
    state[0, j] = optimizer.beta2 * state[0, j] + (1.0 - optimizer.beta2) * g
    return w - lr * math.copysign(1.0, direction) if direction != 0.0 else w, lr


@decay.kernel(Lion)
def _(optimizer, w, lr):
    return (1.0 - lr * optimizer.lam) * w
