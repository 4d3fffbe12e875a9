"""In which order does an epoch see the rows?

A small generator of our own (xorshift64, Marsaglia 2003), so that a whole run is one compiled loop
and draws the same rows on every platform, with Numba and without.
"""

import numpy as np

from .elementary import place
from .generic import inlined

SEQUENTIAL, RESHUFFLE, REPLACEMENT = 0, 1, 2
ORDERS = {"sequential": SEQUENTIAL, "reshuffle": RESHUFFLE, "replacement": REPLACEMENT}

A, B, C, HALF = np.uint64(13), np.uint64(7), np.uint64(17), np.uint64(32)
LOW, TWO_32 = np.uint64(0xFFFFFFFF), np.uint64(2**32)


def seeded(rng):
    """The state of the generator, from a ``numpy.random.Generator``: one number, never 0."""
    return rng.integers(1, 2**64 - 1, size=1, dtype=np.uint64)


@inlined
def below(random, n):
    """A whole number from 0 to n - 1, each as likely as the other (Lemire 2019); n < 2^32."""
    bound = np.uint64(n)
    while True:
        x = random[0]
        x ^= x << A
        x ^= x >> B
        x ^= x << C
        random[0] = x
        product = (x >> HALF) * bound
        # A division tells which few are refused; as those are below the bound, it is seldom needed.
        if (product & LOW) >= bound or (product & LOW) >= (TWO_32 - bound) % bound:
            return np.int64(product >> HALF)


@inlined
def arrange(order, sampling, random):
    """Put the rows of the next epoch into ``order``."""
    n = len(order)
    if sampling == RESHUFFLE:
        for i in range(n - 1, 0, -1):
            j = place(below(random, i + 1))
            order[i], order[j] = order[j], order[i]
    elif sampling == REPLACEMENT:
        for i in range(n):
            order[i] = below(random, n)
