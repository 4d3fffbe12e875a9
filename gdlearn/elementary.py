"""Exponentials and logarithms that compiled loops do four or eight at a time.

The library functions of C take one number at a time, and a loop that calls one is not vectorized. These
polynomials are, and differ from the exact value by at most 2 units in the last place. Plain Python calls
``math``.
"""

import math

import numpy as np

from .generic import in_machine_code
from .instructions import converted, instruction, prefetching, reread

ask = prefetching()

F = np.float32
# exp(x) = 2^k exp(r) with k the whole number nearest to x / log(2). Adding 1.5 * 2^52 (2^23) rounds to it, and
# leaves it in the last bits. log(2) is subtracted in two parts, of which the first is exact when multiplied by k.
ROUND, ROUND32 = 6755399441055744.0, F(12582912.0)
PER_LOG2, PER_LOG2_32 = 1.4426950408889634, F(1.4426950408889634)
LOG2_HIGH, LOG2_LOW = 6.93147180369123816490e-01, 1.90821492927058770002e-10
LOG2_HIGH32, LOG2_LOW32 = F(0.693359375), F(-2.12194440e-4)
# Below, the result is no normal number, and 0 is returned.
LEAST, LEAST32 = -708.0, F(-87.0)
TAYLOR = tuple(1.0 / math.factorial(i) for i in range(14))
# Minimax, from Cephes (Moshier 1989).
C0, C1, C2 = F(5.0000001201e-1), F(1.6666665459e-1), F(4.1665795894e-2)
C3, C4, C5 = F(8.3334519073e-3), F(1.3981999507e-3), F(1.9875691500e-4)
ZERO, HALF, ONE, TWO, LOG2 = F(0.0), F(0.5), F(1.0), F(2.0), F(0.69314718)
ROOT, ROOT32 = math.sqrt(2.0) - 1.0, F(math.sqrt(2.0) - 1.0)
READ_AS = {"float64": "int64", "int64": "float64", "float32": "int32", "int32": "float32"}


def exp(x):
    """The exponential of x, at most 0."""
    return math.exp(x)


def log1p(u):
    """log(1 + u) for u in [0, 1]."""
    return math.log1p(u)


def like(x, value):
    """The number ``value`` in the type of x, so that single precision stays single."""
    return value


def bits(x):
    """A number's bits read as a whole number of the same size, or the other way around."""
    return x.view(READ_AS[x.dtype.name])


def place(i):
    """The index i, which is not negative: compiled code need not look whether it counts from the end."""
    return i


def prefetch(X, i):
    """Ask the memory for row i of X, whose turn comes soon: an instruction that plain Python does not have."""


def exp64(x):
    t = x * PER_LOG2 + ROUND
    k = t - ROUND
    r = (x - k * LOG2_HIGH) - k * LOG2_LOW
    s = r * r
    f = s * s
    low = (TAYLOR[2] + TAYLOR[3] * r) + (TAYLOR[4] + TAYLOR[5] * r) * s
    middle = (TAYLOR[6] + TAYLOR[7] * r) + (TAYLOR[8] + TAYLOR[9] * r) * s
    high = (TAYLOR[10] + TAYLOR[11] * r) + (TAYLOR[12] + TAYLOR[13] * r) * s
    p = 1.0 + (r + s * (low + f * (middle + f * high)))
    power = bits((bits(t) + 1023) << 52)
    return 0.0 if x < LEAST else p * power


def exp32(x):
    t = x * PER_LOG2_32 + ROUND32
    k = t - ROUND32
    r = (x - k * LOG2_HIGH32) - k * LOG2_LOW32
    p = C5 * r + C4
    p = p * r + C3
    p = p * r + C2
    p = p * r + C1
    p = p * r + C0
    p = (p * r * r + r) + ONE
    power = bits(np.int32((bits(t) + 127) << 23))
    return ZERO if x < LEAST32 else p * power


def log1p64(u):
    """With s = f / (2 + f), log(1 + f) is 2 s + 2 s^3 / 3 + 2 s^5 / 5 + ...; above sqrt(2), 1 + u = 2 (1 + f)."""
    large = u > ROOT
    f = 0.5 * (u - 1.0) if large else u
    s = f / (2.0 + f)
    z = s * s
    p = 2.0 / 21.0
    p = p * z + 2.0 / 19.0
    p = p * z + 2.0 / 17.0
    p = p * z + 2.0 / 15.0
    p = p * z + 2.0 / 13.0
    p = p * z + 2.0 / 11.0
    p = p * z + 2.0 / 9.0
    p = p * z + 2.0 / 7.0
    p = p * z + 2.0 / 5.0
    p = p * z + 2.0 / 3.0
    # f - s (f - z p) loses less than 2 s + s z p does.
    return (math.log(2.0) if large else 0.0) + (f - s * (f - z * p))


def log1p32(u):
    large = u > ROOT32
    f = HALF * (u - ONE) if large else u
    s = f / (TWO + f)
    z = s * s
    p = F(2.0 / 11.0)
    p = p * z + F(2.0 / 9.0)
    p = p * z + F(2.0 / 7.0)
    p = p * z + F(2.0 / 5.0)
    p = p * z + F(2.0 / 3.0)
    return (LOG2 if large else ZERO) + (f - s * (f - z * p))


def prefetch_lines(X, i):
    for j in range(0, X.shape[1], 64 // X.itemsize):
        ask(X, i, place(j))


def _name(x):
    """The name of Numba's type of x; literals are double."""
    return "float32" if str(x) == "float32" else "float64"


@in_machine_code(exp)
def _(x):
    return exp32 if _name(x) == "float32" else exp64


@in_machine_code(log1p)
def _(u):
    return log1p32 if _name(u) == "float32" else log1p64


instruction(like, lambda x, value: _name(x), converted)
instruction(place, lambda i: "uintp", converted)
instruction(bits, lambda x: READ_AS[str(x)], reread)


@in_machine_code(prefetch)
def _(X, i):
    return prefetch_lines
