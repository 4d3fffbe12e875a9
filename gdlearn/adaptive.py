"""Adaptive optimizers: each parameter gets a step of its own, from the size of its gradients so far."""

import math
from typing import NamedTuple

from .elementary import like
from .optimizers import at_step, decay, slots, update
from .records import Memory, NonNegative, Positive


class AdaGrad(NamedTuple):
    r"""Steps that shrink with the sum of the squared gradients (Duchi, Hazan and Singer 2011).

    :math:`v_{t+1} = v_t + g_t^2`, :math:`\theta_{t+1} = \theta_t - \eta_t g_t / (\sqrt{v_{t+1}} + \epsilon)`.

    Parameters
    ----------
    eps : float
        Keeps the division finite, greater than 0.

    Examples
    --------
    >>> import numpy as np
    >>> state = np.zeros((slots(AdaGrad()), 1))
    >>> steps = [update(AdaGrad(), 1.0, 4.0, state, 0, 0.1, t) for t in range(3)]
    >>> np.round(steps, 4)[:, 0]  # shorter and shorter
    array([0.9   , 0.9293, 0.9423])
    """

    eps: Positive = 1e-10


@slots.kernel(AdaGrad)
def _(optimizer):
    return 1


@update.kernel(AdaGrad)
def _(optimizer, w, g, state, j, lr, t):
    state[0, j] += g * g
    length = lr / (math.sqrt(state[0, j]) + optimizer.eps)
    return w - length * g, length


class RMSProp(NamedTuple):
    r"""Steps divided by a running root mean square of the gradient (Tieleman and Hinton 2012).

    :math:`v_{t+1} = \rho v_t + (1 - \rho) g_t^2`,
    :math:`\theta_{t+1} = \theta_t - \eta_t g_t / (\sqrt{v_{t+1}} + \epsilon)`.

    Parameters
    ----------
    rho : float
        The memory of the mean, in [0, 1).
    eps : float
        Keeps the division finite, greater than 0.

    Examples
    --------
    >>> import numpy as np
    >>> state = np.zeros((slots(RMSProp()), 1))
    >>> steps = [update(RMSProp(), 1.0, 4.0, state, 0, 0.1, t) for t in range(3)]
    >>> np.round(steps, 4)[:, 0]  # long at first
    array([0.    , 0.2911, 0.4198])
    """

    rho: Memory = 0.99
    eps: Positive = 1e-8


@slots.kernel(RMSProp)
def _(optimizer):
    return 1


@update.kernel(RMSProp)
def _(optimizer, w, g, state, j, lr, t):
    state[0, j] = optimizer.rho * state[0, j] + (1.0 - optimizer.rho) * g * g
    length = lr / (math.sqrt(state[0, j]) + optimizer.eps)
    return w - length * g, length


class Adam(NamedTuple):
    r"""Momentum over a running root mean square, both corrected for their start at 0 (Kingma and Ba 2015).

    :math:`m_{t+1} = \beta_1 m_t + (1 - \beta_1) g_t`, :math:`v_{t+1} = \beta_2 v_t + (1 - \beta_2) g_t^2`,
    :math:`\theta_{t+1} = \theta_t - \eta_t \hat m / (\sqrt{\hat v} + \epsilon)` with
    :math:`\hat m = m_{t+1} / (1 - \beta_1^{t+1})` and :math:`\hat v = v_{t+1} / (1 - \beta_2^{t+1})`.

    Parameters
    ----------
    beta1, beta2 : float
        The memories of the mean and of the mean square, in [0, 1).
    eps : float
        Keeps the division finite, greater than 0.

    Examples
    --------
    The first step has the length of the rate, whatever the gradient.

    >>> import numpy as np
    >>> from gdlearn.optimizers import begin
    >>> state = np.empty((slots(Adam()), 1))
    >>> begin(Adam(), np.array([1.0]), state)
    >>> round(float(update(Adam(), 1.0, 4.0, state, 0, 0.1, 0)[0]), 6)
    0.9
    >>> step = at_step(Adam(), np.array([1.0]), 0.1, 0)
    >>> round(float(step.scale1), 6)  # the first correction, 1 / (1 - 0.9)
    10.0
    """

    beta1: Memory = 0.9
    beta2: Memory = 0.999
    eps: Positive = 1e-8


@slots.kernel(Adam)
def _(optimizer):
    return 2


@update.kernel(Adam)
def _(optimizer, w, g, state, j, lr, t):
    return update(at_step(optimizer, state[0], lr, t), w, g, state, j, lr, t)


class AdamStep(NamedTuple):
    """A step of Adam: its memories, and the factors that correct for the start."""

    beta1: float
    beta2: float
    new1: float
    new2: float
    scale1: float
    scale2: float
    eps: float


@at_step.kernel(Adam)
def _(optimizer, theta, lr, t):
    one, beta1, beta2 = like(theta[0], 1.0), like(theta[0], optimizer.beta1), like(theta[0], optimizer.beta2)
    scale1 = like(one, 1.0 / (1.0 - optimizer.beta1 ** float(t + 1)))
    scale2 = like(one, 1.0 / math.sqrt(1.0 - optimizer.beta2 ** float(t + 1)))
    new1, new2 = like(one, 1.0 - optimizer.beta1), like(one, 1.0 - optimizer.beta2)
    return AdamStep(beta1, beta2, new1, new2, scale1, scale2, like(one, optimizer.eps))


@update.kernel(AdamStep)
def _(optimizer, w, g, state, j, lr, t):
    m = optimizer.beta1 * state[0, j] + optimizer.new1 * g
    v = optimizer.beta2 * state[1, j] + optimizer.new2 * g * g
    state[0, j], state[1, j] = m, v
    length = lr / (math.sqrt(v) * optimizer.scale2 + optimizer.eps)
    return w - length * (m * optimizer.scale1), length


class AMSGrad(NamedTuple):
    r"""Adam whose root mean square never falls (Reddi, Kale and Kumar 2018).

    As :class:`Adam`, with :math:`\hat v = \max_{s \le t} v_{s+1} / (1 - \beta_2^{t+1})`.

    Parameters
    ----------
    beta1, beta2, eps : float
        As for :class:`Adam`.

    Examples
    --------
    After a large gradient Adam forgets it, AMSGrad does not: its steps stay short.

    >>> import numpy as np
    >>> states = np.zeros((2, 3, 1))
    >>> for t, g in enumerate([10.0, 1.0, 1.0, 1.0]):
    ...     _, adam = update(Adam(beta2=0.5), 1.0, g, states[0], 0, 0.1, t)
    ...     _, amsgrad = update(AMSGrad(beta2=0.5), 1.0, g, states[1], 0, 0.1, t)
    >>> round(float(adam), 4), round(float(amsgrad), 4)  # the last lengths
    (0.0363, 0.0137)
    """

    beta1: Memory = 0.9
    beta2: Memory = 0.999
    eps: Positive = 1e-8


@slots.kernel(AMSGrad)
def _(optimizer):
    return 3


@update.kernel(AMSGrad)
def _(optimizer, w, g, state, j, lr, t):
    state[0, j] = optimizer.beta1 * state[0, j] + (1.0 - optimizer.beta1) * g
    state[1, j] = optimizer.beta2 * state[1, j] + (1.0 - optimizer.beta2) * g * g
    state[2, j] = max(state[2, j], state[1, j])
    m = state[0, j] / (1.0 - optimizer.beta1 ** float(t + 1))
    v = state[2, j] / (1.0 - optimizer.beta2 ** float(t + 1))
    length = lr / (math.sqrt(v) + optimizer.eps)
    return w - length * m, length


class AdamW(NamedTuple):
    r"""Adam, with a decay of the weights that is not part of the gradient (Loshchilov and Hutter 2019).

    First :math:`w \leftarrow (1 - \eta_t \lambda) w` for the weights (intercepts are spared), then the
    step of :class:`Adam`.

    Parameters
    ----------
    lam : float
        The decay :math:`\lambda`, at least 0.
    beta1, beta2, eps : float
        As for :class:`Adam`.

    Examples
    --------
    >>> import numpy as np
    >>> w = decay(AdamW(0.5), 1.0, 0.1)  # before the step
    >>> moved, _ = update(AdamW(0.5), w, 4.0, np.zeros((2, 1)), 0, 0.1, 0)
    >>> w, round(float(moved), 6)
    (0.95, 0.85)
    """

    lam: NonNegative = 0.01
    beta1: Memory = 0.9
    beta2: Memory = 0.999
    eps: Positive = 1e-8


slots.kernel(AdamW)(slots.dispatch(Adam))
update.kernel(AdamW)(update.dispatch(Adam))
at_step.kernel(AdamW)(at_step.dispatch(Adam))


@decay.kernel(AdamW)
def _(optimizer, w, lr):
    return (1.0 - lr * optimizer.lam) * w
