"""Rows of a dense matrix, asked for so that they come soonest from where they lie.

What is larger than the caches comes from the memory, and the processor reads ahead: along one line of numbers it
keeps up, but of four short rows side by side it loses track. So rows that lie one after the other are read so, and
rows from anywhere are asked for ahead of their turn. In the caches, four rows at a time are quicker.
"""

from .elementary import place, prefetch
from .generic import inlined

# The bytes that fit the caches; of a short row, which is asked for so many rows ahead; and of the longest of which
# four still lie in a near cache after they were read.
CACHE, SHORT, LONG = 2**25, 1024, 12 * 1024
AHEAD = 16


@inlined
def is_far(X):
    """Whether X comes from the memory."""
    return X.size * X.itemsize > CACHE


@inlined
def lie_in_line(X, p, s):
    """Whether the rows from p to s, the fourth, are better read one after the other than side by side."""
    return s == p + 3 and is_far(X) and X.shape[1] * X.itemsize <= LONG


@inlined
def product(X, r, theta, first):
    """The product of row r of X with theta from ``first`` on."""
    total = X[r, 0] * theta[first]
    for j in range(1, X.shape[1]):
        total += X[r, j] * theta[place(first + j)]
    return total


@inlined
def ask_ahead(X, order, k):
    """Ask for the four short rows whose turn comes ``AHEAD`` rows after order[k]."""
    if k + AHEAD + 4 <= len(order) and X.shape[1] * X.itemsize <= SHORT:
        for i in range(4):
            prefetch(X, place(order[k + AHEAD + i]))
