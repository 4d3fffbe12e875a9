"""Muon: steps along the orthogonal matrix that is nearest to the momentum."""

import math
from typing import NamedTuple

import numpy as np

from .generic import generic, inlined
from .models import Linear
from .networks import MLP, widths
from .optimizers import prepare, slots, update
from .records import Memory

# Five steps of this polynomial bring the singular values of a matrix of norm 1 close to 1 (Jordan 2024).
A, B, C, STEPS = 3.4445, -4.7750, 2.0315, 5


@generic
def layers(model):
    """The units of all layers of a model whose weights are matrices."""
    raise NotImplementedError("this model has no weight matrices")


@layers.kernel(Linear)
def _(model):
    return (model.inputs, model.outputs)


@layers.kernel(MLP)
def _(model):
    return widths(model)


class Muon(NamedTuple):
    r"""Momentum, made orthogonal for every weight matrix (Jordan 2024).

    :math:`M_{t+1} = \beta M_t + (1 - \beta) G_t`, :math:`N = \beta M_{t+1} + (1 - \beta) G_t`,
    :math:`W \leftarrow W - \eta_t \sqrt{\max(1, q / p)} \, O(N)` for W of shape (q, p), where O maps
    each singular value to about 1 by five Newton-Schulz steps. Intercepts step along N itself.

    Parameters
    ----------
    beta : float
        The memory of the momentum, in [0, 1).
    """

    beta: Memory = 0.95


@slots.kernel(Muon)
def _(optimizer):
    return 1


@update.kernel(Muon)
def _(optimizer, w, g, state, j, lr, t):
    return w - lr * g, lr


@prepare.kernel(Muon)
def _(optimizer, model, g, state):
    for j in range(len(g)):
        state[0, j] = optimizer.beta * state[0, j] + (1.0 - optimizer.beta) * g[j]
        g[j] = optimizer.beta * state[0, j] + (1.0 - optimizer.beta) * g[j]
    units, w = layers(model), 0
    for l in range(len(units) - 1):
        p, q = units[l], units[l + 1]
        matrix = g[w : w + p * q].reshape(q, p)
        if q <= p:
            orthogonalize(matrix)
        else:
            flipped = matrix.T.copy()
            orthogonalize(flipped)
            scale = math.sqrt(q / p)
            for i in range(q):
                for j in range(p):
                    matrix[i, j] = scale * flipped[j, i]
        w += p * q


@inlined
def orthogonalize(G):
    """Overwrite G (q, p), q <= p, by aX + bYX + cY^2X with Y = XX^T, five times over, from X = G / |G|."""
    squares = 0.0
    for i in range(G.shape[0]):
        for j in range(G.shape[1]):
            squares += G[i, j] ** 2
    G /= math.sqrt(squares) + 1e-7
    for _ in range(STEPS):
        Y = np.dot(G, G.T)
        Q = B * Y + C * np.dot(Y, Y)
        P = np.dot(Q, G)
        for i in range(G.shape[0]):
            for j in range(G.shape[1]):
                G[i, j] = A * G[i, j] + P[i, j]
