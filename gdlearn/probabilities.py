"""Probabilities of classes from their scores, and their logarithms: no score overflows, no small probability is lost.

Scores (n, k) are those of k classes, scores (n,) tell by how much the second of two is ahead.
"""

import numpy as np

BLOCK = 2**15  # so many numbers are worked on at a time: they stay in the cache
FEW = 32  # up to so many classes, rows are summed up side by side, beyond that one by one


def softmax(Z):
    """The probabilities (n, k)."""
    return _in_blocks(_sigmoids if Z.ndim == 1 else _softmax, Z)


def log_softmax(Z):
    """The logarithms (n, k) of the probabilities."""
    return _in_blocks(_log_sigmoids if Z.ndim == 1 else _log_softmax, Z)


def _in_blocks(write, Z):
    n, k = len(Z), 2 if Z.ndim == 1 else Z.shape[1]
    found, rows = np.empty((n, k), Z.dtype), max(1, BLOCK // k)
    for a in range(0, n, rows):
        write(Z[a : a + rows].T, found[a : a + rows].T)
    return found


def _sigmoids(z, out):
    first, second = np.exp(-np.maximum(z, 0.0)), np.exp(np.minimum(z, 0.0))  # one of them is 1
    share = 1.0 / (1.0 + first * second)
    np.multiply(first, share, out=out[0])
    np.multiply(second, share, out=out[1])


def _log_sigmoids(z, out):
    rest = np.log(1.0 + np.exp(-np.abs(z)))  # 0, where the probability is 1 once it is rounded
    np.subtract(np.minimum(-z, 0.0), rest, out=out[0])
    np.subtract(np.minimum(z, 0.0), rest, out=out[1])


def _softmax(Z, out):
    Z = _shifted(Z)
    np.exp(Z, out=Z)
    np.divide(Z, Z.sum(axis=0), out=out)


def _log_softmax(Z, out):
    Z = _shifted(Z)
    np.subtract(Z, np.log(np.exp(Z).sum(axis=0)), out=out)


def _shifted(Z):
    Z = np.array(Z, order="C" if len(Z) <= FEW else "F")
    Z -= Z.max(axis=0)
    return Z
