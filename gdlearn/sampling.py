"""In which order does an epoch see the rows?

A small generator of our own (xorshift64, Marsaglia 2003), so that a whole run is one compiled loop
and draws the same rows on every platform, with Numba and without.
"""

import numpy as np

from .elementary import place
from .generic import inlined
from .records import Range, number

SEQUENTIAL, RESHUFFLE, REPLACEMENT = 0, 1, 2
ORDERS = {"sequential": SEQUENTIAL, "reshuffle": RESHUFFLE, "replacement": REPLACEMENT}

A, B, C, HALF = np.uint64(13), np.uint64(7), np.uint64(17), np.uint64(32)
LOW, TWO_32 = np.uint64(0xFFFFFFFF), np.uint64(2**32)


def generator(seed, name="seed"):
    """The generator of a seed; one that is given stands for itself."""
    if isinstance(seed, np.random.Generator):
        return seed
    return np.random.default_rng(number(seed, name, Range(0), int))


def seeded(rng):
    """The state of the generator, from a ``numpy.random.Generator``: one number, never 0."""
    return rng.integers(1, 2**64 - 1, size=1, dtype=np.uint64)


@inlined
def following(x):
    """The state of the generator after x."""
    x ^= x << A
    x ^= x >> B
    x ^= x << C
    return x


@inlined
def below(x, n):
    """The next state, and a whole number from 0 to n - 1, each as likely as the other (Lemire 2019); n < 2^32."""
    x, bound = following(x), np.uint64(n)
    product = (x >> HALF) * bound
    if (product & LOW) < bound:  # the few that are refused are among these; only now it is worth a division
        refused = (TWO_32 - bound) % bound
        while (product & LOW) < refused:
            x = following(x)
            product = (x >> HALF) * bound
    return x, np.int64(product >> HALF)


@inlined
def arrange(order, sampling, random):
    """Put the rows of the next epoch into ``order``."""
    n, x = len(order), random[0]
    if sampling == RESHUFFLE:
        for i in range(n - 1, 0, -1):
            x, k = below(x, i + 1)
            j = place(k)
            order[i], order[j] = order[j], order[i]
    elif sampling == REPLACEMENT:
        for i in range(n):
            x, order[i] = below(x, n)
    random[0] = x
