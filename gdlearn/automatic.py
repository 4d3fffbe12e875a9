"""The learning rate that the data themselves tell."""

import math

import numpy as np
import scipy

from . import losses, penalties
from ._types import issparse
from .generic import has_kernel
from .models import Linear, largest_moment
from .optimizers import stability_limit

# The rate where no curvature tells a better one: the one that Adam was published with.
RATE = 1e-3


def learning_rate(problem, optimizer, X, weight, batch_size):
    r"""1 / L where there is an L, else 0.001.

    There is an L for ``Linear`` models, losses and penalties of known curvature, and optimizers whose
    steps grow with the gradient. For random batches of m of the n rows it is the expected smoothness
    (Gower et al. 2019)

    .. math:: L(m) = s L + (1 - s) \max_i L_i \quad\text{with}\quad s = \frac{n (m - 1)}{m (n - 1)},

    which goes from the curvature of the steepest row, for m = 1, to that of all rows, for m = n.
    """
    c, r = losses.curvature(problem.loss), penalties.curvature(problem.penalty)
    if math.isinf(c + r) or not isinstance(problem.model, Linear) or not has_kernel(stability_limit, type(optimizer)):
        return RATE
    A = weighted_inputs(problem.model, X, weight)
    n, m = len(weight), batch_size
    steepest = (A.multiply(A) if issparse(A) else A * A).sum(axis=1).max()
    share = n * (m - 1) / (m * (n - 1)) if n > 1 else 1.0
    all_rows = largest_moment(Linear(A.shape[1], intercept=False), A)
    L = c * (share * all_rows + (1.0 - share) * steepest) + r
    return float(1.0 / L) if L > 0.0 else RATE


def weighted_inputs(model, X, weight):
    """The rows of X, with the intercept's 1, times the roots of their weights."""
    X, root = X.astype(np.float64), np.sqrt(weight)[:, None]
    if not issparse(X):
        return (np.hstack([X, np.ones_like(root)]) if model.intercept else X) * root
    return (scipy.sparse.hstack([X, np.ones_like(root)]) if model.intercept else X).multiply(root).tocsr()
