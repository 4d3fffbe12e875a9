"""The pairs of L-BFGS: what the last steps have told of the curvature, as a matrix that is never written down."""

from collections import deque

import scipy

PAIRS = 10  # so many are kept


class Pairs:
    """The last steps s, and by how much each changed the gradient, y.

    Attributes
    ----------
    first : object with ``@``, or None
        The matrix into which the pairs are worked, or the identity.
    """

    def __init__(self):
        self.forget()

    def forget(self):
        """Begin anew, from the identity."""
        self.kept, self.first, self.scaled = deque(maxlen=PAIRS), None, False

    def begin(self, first):
        """Work the pairs into another first matrix, until the next pair as it is, not scaled."""
        self.first, self.scaled = first, True

    def add(self, s, y):
        """Keep a pair, the objective curved upward between its ends; rounding may hide that."""
        if (product := s @ y) > 0.0:
            self.kept.append((s, y, 1.0 / product))
            self.scaled = False

    def direction(self, g):
        r"""The direction :math:`-B g`, by the two loops of Nocedal (1980); -g without pairs."""
        d, shares, add = -g, [], scipy.linalg.blas.daxpy
        for s, y, rho in reversed(self.kept):
            shares.append(rho * (s @ d))
            d = add(y, d, a=-shares[-1])
        if self.first is not None:
            d = self.first @ d
        if self.kept and not self.scaled:
            s, y, rho = self.kept[-1]
            d /= rho * (y @ (y if self.first is None else self.first @ y))
        for s, y, rho in self.kept:
            d = add(s, d, a=shares.pop() - rho * (y @ d))
        return d
