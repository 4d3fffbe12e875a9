r"""Cholesky's factor of a part of a matrix, kept while rows and columns come and go.

To solve :math:`G_{SS} x = b` for one set S takes :math:`|S|^3 / 3` operations; for the next set, which differs by
few members, a new factor would take as many. A member that comes adds a row, one that leaves a rotation of the
rows below its own (Golub and Van Loan 2013, section 6.5): :math:`|S|^2` operations each.
"""

import math

import numpy as np
import scipy

from .generic import compiled

# If more than one member in so many leaves, or as many have left as there are, a new factor is quicker, or truer.
SHARE = 16
# Twins have no single solution; this share more on the diagonal gives them one.
MORE = 1e-12


@compiled
def remove(U, size, k):
    """Take the member k out of U^T U, where U is upper triangular, of this size."""
    for i in range(k):
        for j in range(k, size - 1):
            U[i, j] = U[i, j + 1]
    x = U[k].copy()
    for i in range(k + 1, size):
        above = U[i - 1]
        r = math.sqrt(U[i, i] * U[i, i] + x[i] * x[i])
        a, b = U[i, i] / r, x[i] / r
        above[i - 1] = r
        for j in range(i + 1, size):
            u, v = U[i, j], x[j]
            above[j - 1] = a * u + b * v
            x[j] = a * v - b * u


class Factor:
    """The factor U of G[members][:, members] = U^T U."""

    def __init__(self):
        # U has room for more; what is left of its diagonal is not used.
        self.U, self.members, self.left = np.empty((0, 0)), np.empty(0, np.intp), 0

    def follow(self, G, members):
        """Become the factor of these members, in an order of its own; raises LinAlgError where they are dependent."""
        wanted = np.zeros(len(G), bool)
        wanted[members] = True
        gone = np.flatnonzero(~wanted[self.members])
        self.left += len(gone)
        if len(gone) * SHARE > len(self.members) or self.left > len(members):
            self.members, self.left = self.members[:0], 0
        else:
            for k in gone[::-1]:
                remove(self.U, len(self.members), k)
                self.members = np.delete(self.members, k)
        wanted[self.members] = False
        if wanted.any():
            self._append(G, np.flatnonzero(wanted))

    def _append(self, G, new):
        """Let members in: U^T U = G gives what is above them, and then their own corner."""
        old, m = len(self.members), len(self.members) + len(new)
        if m > len(self.U):
            U, self.U = self.U, np.zeros((m + m // 2, m + m // 2))
            self.U[:old, :old] = U[:old, :old]
        rows = G[new]
        corner = rows[:, new]  # a copy
        corner[np.diag_indices(len(new))] *= 1.0 + MORE
        if old:
            beside = self._lower(rows[:, self.members].T, 0)
            self.U[:old, old:m] = beside
            corner -= beside.T @ beside
        kept, self.members = self.members, self.members[:0]
        self.U[old:m, old:m] = scipy.linalg.cholesky(corner.T, lower=True, overwrite_a=True, check_finite=False).T
        self.members = np.append(kept, new)

    def _lower(self, b, transposed):
        """Solve U^T x = b, or U x = b where ``transposed``."""
        return scipy.linalg.lapack.dtrtrs(self.U.T[:, : len(self.members)], b, lower=1, trans=transposed)[0]

    def solve(self, b):
        """The solution of G[members][:, members] x = b."""
        return self._lower(self._lower(b[:, None], 0), 1)[:, 0]
