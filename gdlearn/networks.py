"""Networks: layers of weights with a bend between them, and back-propagation through them."""

import math
from itertools import pairwise
from typing import Annotated, Any, NamedTuple

import numpy as np

from .elementary import like
from .generic import generic
from .models import block, forward, initial, layers, pullback, size, units, weights
from .products import (
    MatrixLinear,
    add_row,
    add_sums,
    add_transposed_times,
    gather,
    matrix,
    scale,
    times,
    times_transposed,
)
from .records import Count, Counts
from .sweeps import sweep


@generic
def activate(activation, z):
    """The output of a unit with input z."""
    raise NotImplementedError("this activation has no activate kernel")


@generic
def bend(activation, h):
    """The derivative of ``activate`` in z, from the output h."""
    raise NotImplementedError("this activation has no bend kernel")


@generic
def spread(activation, fan_in, fan_out):
    """The standard deviation of the first weights between fan_in and fan_out units, so that signals keep their size."""
    return math.sqrt(2.0 / (fan_in + fan_out))


class Relu(NamedTuple):
    r"""The rectifier :math:`\max(z, 0)`; its slope at 0 is taken as 0. First weights as in He et al. (2015).

    Examples
    --------
    >>> [activate(Relu(), z) for z in (-2.0, 3.0)]
    [0.0, 3.0]
    >>> [bend(Relu(), h) for h in (0.0, 3.0)]
    [0.0, 1.0]
    """


@activate.kernel(Relu)
def _(activation, z):
    return max(z, like(z, 0.0))


@bend.kernel(Relu)
def _(activation, h):
    return like(h, 1.0) if h > 0.0 else like(h, 0.0)


@spread.kernel(Relu)
def _(activation, fan_in, fan_out):
    return math.sqrt(2.0 / fan_in)


class Tanh(NamedTuple):
    r"""The hyperbolic tangent, with slope :math:`1 - h^2`. First weights as in Glorot and Bengio (2010).

    Examples
    --------
    >>> activate(Tanh(), 0.0), bend(Tanh(), 0.5), spread(Tanh(), 150, 50)
    (0.0, 0.75, 0.1)
    """


@activate.kernel(Tanh)
def _(activation, z):
    return math.tanh(z)


@bend.kernel(Tanh)
def _(activation, h):
    return like(h, 1.0) - h * h


class MLP(NamedTuple):
    r"""A multilayer perceptron.

    :math:`H_0 = X`, :math:`H_l = a(H_{l-1} W_l^\top + 1 b_l^\top)`, and Z the last layer without the bend a.

    theta holds W_1 (h_1, d), W_2 (h_2, h_1), ... row by row, then b_1, b_2, ....

    Parameters
    ----------
    inputs : int
        d, the number of columns of X.
    hidden : tuple of int
        The units of each hidden layer.
    outputs : int
        k, the number of scores per row.
    activation : activation
        ``Relu()`` or ``Tanh()``.

    Examples
    --------
    >>> model = MLP(inputs=4, hidden=(3,), outputs=2)
    >>> weights(model), size(model)  # 4 x 3 + 3 x 2, and five intercepts
    (18, 23)
    """

    inputs: Count
    hidden: Counts
    outputs: Count = 1
    activation: Annotated[Any, (activate, bend)] = Relu()


@layers.kernel(MLP)
def _(model):
    return (model.inputs, *model.hidden, model.outputs)


@weights.kernel(MLP)
def _(model):
    total, widths = 0, layers(model)
    for layer in range(len(widths) - 1):
        total += widths[layer] * widths[layer + 1]
    return total


@units.kernel(MLP)
def _(model):
    total = model.inputs
    for layer in range(len(model.hidden)):
        total += model.hidden[layer]
    return total


@size.kernel(MLP)
def _(model):
    return weights(model) + units(model) - model.inputs + model.outputs


@initial.kernel(MLP)
def _(model, rng):
    widths = layers(model)
    W = [spread(model.activation, p, q) * rng.standard_normal(p * q) for p, q in pairwise(widths)]
    return np.concatenate([*W, np.zeros(sum(widths[1:]))])


@block.kernel(MLP)
def _(model):
    return 256


@forward.kernel(MLP)
def _(model, theta, X, order, start, stop, Z, H):
    widths, a, w, b, m, last = layers(model), 0, 0, weights(model), stop - start, len(model.hidden)
    values = H[0]  # of all rows the units of one layer, then those of the next
    gather(X, order, start, stop, matrix(values, 0, m, model.inputs))
    for layer in range(last + 1):
        p, q = widths[layer], widths[layer + 1]
        out = Z[:m] if layer == last else matrix(values, (a + p) * H.shape[1], m, q)
        times_transposed(matrix(values, a * H.shape[1], m, p), matrix(theta, w, q, p), out)
        add_row(out, m, theta, b)
        if layer < last:
            for i in range(m):
                for u in range(q):
                    out[i, u] = activate(model.activation, out[i, u])
        a, w, b = a + p, w + p * q, b + q


@pullback.kernel(MLP)
def _(model, theta, X, order, start, stop, S, share, g, H):
    widths, m, back = layers(model), stop - start, S[: stop - start]
    values, slopes, a, w, b = H[0], H[1], units(model), weights(model), size(model)
    scale(S, m, share)
    for layer in range(len(model.hidden), -1, -1):
        p, q = widths[layer], widths[layer + 1]
        a, w, b = a - p, w - p * q, b - q
        below = matrix(values, a * H.shape[1], m, p)
        add_transposed_times(back, below, matrix(g, w, q, p))
        add_sums(back, m, g, b)
        if layer > 0:
            ahead, back = back, matrix(slopes, a * H.shape[1], m, p)
            times(ahead, matrix(theta, w, q, p), back)
            for i in range(m):
                for j in range(p):
                    back[i, j] *= bend(model.activation, below[i, j])


sweep.kernel(MLP)(sweep.dispatch(MatrixLinear))
