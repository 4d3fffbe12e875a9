"""A number of 128 bits for each row of a matrix, which only its entries other than 0 and their columns decide.

An entry is scrambled with two seeds and its column, each to 64 bits; the sums over a row are its digest. So a dense row
and the same row in compressed form have one digest, and so have 0.0 and -0.0.
"""

import numpy as np

from ._types import issparse
from .elementary import place
from .generic import compiled, in_machine_code, inlined
from .validation import locked

FACTOR, FACTOR_2 = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)  # of splitmix64
SHIFT, SHIFT_2, SHIFT_3, ONE, ZERO = map(np.uint64, (30, 27, 31, 1, 0))
BLOCK = 2**15  # so many numbers are scrambled at a time: they stay in the cache


def digests(X, part):
    """The digests (n, 2) of the rows of X (n, d), as one ``part`` of a longer row: 0 or 1."""
    seeds = np.array([[part], [2 + part]], np.uint64) << 32
    keys = scrambled(np.arange(X.shape[1], dtype=np.uint64) + seeds)
    found = np.empty((X.shape[0], 2), np.uint64)
    if issparse(X):
        columns, begins = (indices.astype(np.intp, copy=False) for indices in (X.indices, X.indptr))
        _digest_sparse(_bits(X.data), locked(columns), locked(begins), keys, found)
        return found
    rows = max(1, BLOCK // X.shape[1])
    for a in range(0, len(X), rows):
        _digest(_bits(X[a : a + rows]), keys, found[a : a + rows])
    return found


def _bits(values):
    return locked(np.ascontiguousarray(values, np.float64).view(np.uint64))


@inlined
def scrambled(bits):
    """Each bit of the result depends on all bits of the number: splitmix64 (Steele, Lea and Flood 2014)."""
    bits = (bits ^ (bits >> SHIFT)) * FACTOR
    bits = (bits ^ (bits >> SHIFT_2)) * FACTOR_2
    return bits ^ (bits >> SHIFT_3)


@inlined
def part_of(bits, key):
    """What an entry adds to the digest of its row: nothing, if it is 0 or -0."""
    return scrambled(bits ^ key) if bits << ONE != ZERO else ZERO


def add_up(bits, keys, found):
    """Write the digests of dense rows to ``found``."""
    for s, seeded in enumerate(keys):
        found[:, s] = _parts(bits, seeded).sum(axis=1)


def add_up_sparse(bits, columns, begins, keys, found):
    """Write the digests of compressed rows to ``found``."""
    for s, seeded in enumerate(keys):
        sums = np.append(ZERO, np.cumsum(_parts(bits, seeded[columns])))
        found[:, s] = np.diff(sums[begins])  # sums that overflow differ by the right number


def _parts(bits, keys):
    return np.where(bits << ONE == ZERO, ZERO, scrambled(bits ^ keys))


def add_row_by_row(bits, keys, found):
    for i in range(len(bits)):
        first, second = ZERO, ZERO
        for j in range(bits.shape[1]):
            first += part_of(bits[i, j], keys[0, j])
            second += part_of(bits[i, j], keys[1, j])
        found[i, 0], found[i, 1] = first, second


def add_entry_by_entry(bits, columns, begins, keys, found):
    for i in range(len(found)):
        first, second = ZERO, ZERO
        for e in range(place(begins[i]), place(begins[i + 1])):
            first += part_of(bits[e], keys[0, place(columns[e])])
            second += part_of(bits[e], keys[1, place(columns[e])])
        found[i, 0], found[i, 1] = first, second


in_machine_code(add_up)(lambda bits, keys, found: add_row_by_row)
in_machine_code(add_up_sparse)(lambda bits, columns, begins, keys, found: add_entry_by_entry)


@compiled
def _digest(bits, keys, found):
    add_up(bits, keys, found)


@compiled
def _digest_sparse(bits, columns, begins, keys, found):
    add_up_sparse(bits, columns, begins, keys, found)
