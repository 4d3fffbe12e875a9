"""Rows of a dense matrix, asked for so that they come soonest from where they lie.

What is larger than the caches comes from the memory, and the processor reads ahead: along one line of numbers it
keeps up, but of four short rows side by side it loses track. So rows that lie one after the other are read so, and
rows from anywhere are asked for ahead of their turn. In the caches, four rows at a time are quicker.
"""

from .elementary import place, prefetch
from .generic import inlined

# Bytes: of data that fit all caches, and those nearer than the last; of a short row; and of the longest row of which
# four still lie near after they were read.
CACHE, NEAR, SHORT, LONG = 2**25, 2**23, 1024, 12 * 1024
# So many rows ahead of its turn a short row is asked for; the processor sees by itself what belongs to a long one.
AHEAD = 16


@inlined
def bytes_of(X):
    """How much memory X takes."""
    return X.size * X.itemsize


@inlined
def read_in_line(X):
    """Whether rows of X are better read one after the other than side by side."""
    return bytes_of(X) > CACHE and X.shape[1] * X.itemsize <= LONG


@inlined
def lie_in_line(X, p, s):
    """Whether the rows from p to s, the fourth, come one after the other and are better read so."""
    return s == p + 3 and read_in_line(X)


@inlined
def product(X, r, theta, first):
    """The product of row r of X with theta from ``first`` on."""
    total = X[r, 0] * theta[first]
    for j in range(1, X.shape[1]):
        total += X[r, j] * theta[place(first + j)]
    return total


@inlined
def ask_ahead(X, order, k):
    """Ask for the four rows whose turn comes ``AHEAD`` rows after order[k], if they are short."""
    if k + AHEAD + 4 <= len(order) and X.shape[1] * X.itemsize <= SHORT:
        for i in range(4):
            prefetch(X, place(order[k + AHEAD + i]))
