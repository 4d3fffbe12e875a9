r"""The lasso by coordinate descent: move one weight at a time, among the few that can be other than zero.

The problem, in the convention of scikit-learn, is :math:`\min_w \frac{1}{2n} \lVert y - A w \rVert^2 +
\alpha \lVert w \rVert_1`. Four ideas make it fast:

- *Sweeps over columns.* Where X is sparse, or n is at least p, a few sweeps over the columns themselves, with the
  residual at hand, may close the gap. As soon as their progress says otherwise, what follows is quicker.
- *Working set.* At a solution, :math:`|a_j^\top (y - A w)| < n \alpha` implies :math:`w_j = 0`. Only
  columns above that line, the violators, are let in, until there are none. The first guess along a path
  is the strong rule (Tibshirani et al. 2012): column j can wait if its correlation at the last alpha is
  below :math:`n (2 \alpha - \alpha_{last})`.
- *Gram matrix.* Among m columns, a sweep needs only their products :math:`G = A^\top A` and
  :math:`c = A^\top y`: a move costs m operations instead of n. Once all columns are in, they also tell the
  gap, and A is read again only where rounding could matter.
- *Jump.* If the signs of the weights are right, the rest is a linear system of equations, solved at once.
  Its factor is kept from jump to jump (``gdlearn.factors``).

The duality gap over all columns says when to stop, so that no rule above needs to be trusted. Memory
grows with m^2: this is for solutions of up to some ten thousand weights other than zero.
"""

import math

import numpy as np

from .columns import sweep_columns
from .factors import Factor
from .generic import compiled
from .working import FEW

# A sweep that lowers the objective by at most this share of the gap is the last one before a new look.
LAST = 1e-2
# The gap is closed about where a sweep lowers the objective by this share of the tolerance: it falls like the root.
ENOUGH = 1e-3
# Their progress is not judged before so small a share of the sweeps is done: the first of many say little.
TRIAL = 64
# While many columns come in, their weights need not be known well: so many sweeps are enough.
ROUGH = 8
# Nearly all columns are in where the number of those that come is at most this share of the support.
NEARLY = 1 / 8
# Then the gap among the columns let in is closed to this share of the tolerance, by at most so many jumps.
INNER, JUMPS = 0.3, 10
# A jump may go these shares of its way.
SHARES = (1.0, 0.5, 0.25)
# Where these are not enough, signs are wrong: sweeps settle them, so many, or until one helps by at most this share.
SETTLING, NEARER = 1000, 1e-8
# Moves of all weights in their last digits seem to lower the objective by so much, per column and y^T y.
ROUNDING = 16.0 * np.finfo(float).eps ** 2
# A weight that leaves 0, or comes back, by a change of its correlation in the last digits has not changed its sign.
NOISE = 4.0 * np.finfo(float).eps


@compiled
def sweep(G, c, w, q, threshold, least, most):
    """Minimize over w[0], w[1], ... in turn; q = G w. Return the sweeps done, and by how much they helped.

    Stops after ``most`` sweeps, or when one lowers the objective by at most ``least`` and keeps all signs.
    """
    m, done, helped, decrease, settled = len(w), 0, 0.0, math.inf, False
    while done < most and not (settled and decrease <= least):
        decrease, settled = 0.0, True
        for j in range(m):
            old, curvature = w[j], G[j, j]
            pull = c[j] - q[j]
            if (old == 0.0 and abs(pull) <= threshold) or curvature <= 0.0:
                continue
            pull += curvature * old
            new = math.copysign(max(abs(pull) - threshold, 0.0), pull) / curvature
            move = new - old
            if move != 0.0:
                noise = curvature * abs(move) <= NOISE * (abs(c[j]) + threshold)
                settled = settled and (new * old > 0.0 or noise)
                w[j] = new
                for k in range(m):
                    q[k] += move * G[j, k]
                decrease += 0.5 * curvature * move * move
        done, helped = done + 1, helped + decrease
    return done, helped


@np.errstate(over="ignore", invalid="ignore")
def solve(work, threshold, last, tolerance, most):
    """Close the gap at n * alpha = ``threshold``, coming from ``last``; return the gap and the sweeps done.

    Both the gap and its ``tolerance`` are n times those of the objective. Raises ValueError where products overflow.
    """
    done = 0
    if work.apart and not len(work.ids):  # nobody has paid for products yet
        gap, done = by_columns(work, threshold, tolerance, most)
        if gap <= tolerance or done >= most:
            return gap, done
        work.enter()
    line, dual, jumps = min(max(2.0 * threshold - last, 0.0), threshold), -math.inf, JUMPS
    work.look(line)
    while True:
        gap, dual = work.gap(threshold, dual)
        if gap <= tolerance or done >= most:
            return gap, done
        count = work.grow(line)
        sweeps, helped, settled = _descend(work, threshold, count, gap, tolerance, most - done, jumps)
        if not count and line == threshold and helped <= ROUNDING * len(work.ids) * work.energy:
            return gap, done
        done, line, jumps = done + sweeps, threshold, 1 if settled else jumps
        work.refresh(threshold, tolerance)


def by_columns(work, threshold, tolerance, most):
    """Sweep over the columns themselves, as long as that promises to close the gap soon; return as ``solve``."""
    done, vain, (gap, dual) = 0, False, work.gap(threshold)
    while gap > tolerance and done < most and not vain:
        ids = np.flatnonzero((work.bounds > threshold) | (work.w != 0.0))
        affordable, before, decrease = work.columns.affordable(len(ids)), math.inf, math.inf
        w, r = work.w.copy(), work.residual.copy()
        while done < most and not vain and (before == math.inf or decrease > LAST * gap):
            before, decrease = decrease, sweep_columns(work.apart, work.curvatures, ids, w, r, threshold)
            done += 1
            judged = done * TRIAL >= affordable
            vain = judged and in_vain(before, decrease, affordable - done, ENOUGH * tolerance)
        if vain and done < most and decrease > LAST * gap:
            return gap, done  # at the weights before, for many small ones would only make work
        work.take(w, r)
        gap, dual = work.gap(threshold, dual)
    if done and gap <= tolerance:  # up to the rounding of many moves
        work.take(work.w, work.true_residual())
        gap, _ = work.gap(threshold, dual)
    return gap, done


def in_vain(before, decrease, left, enough):
    """Whether a sweep would help by more than ``enough`` even after so many, at the rate of the last two."""
    return left <= 0 or before == 0.0 or decrease * min(decrease / before, 1.0) ** left > enough


def _descend(work, threshold, count, gap, tolerance, most, jumps):
    """Lower the objective, after so many columns came in; return as sweep, and whether the jumps were not enough.

    Where nearly all columns are in, jumps close the gap among them, or signs are settled first. Before that, one jump
    is worth its price if a look at all columns costs more.
    """
    support = np.count_nonzero(work.state[2])
    nearly = count <= NEARLY * max(FEW, support)
    jumps = jumps if nearly else int(support**3 <= len(work.y) * len(work.Xy))
    done, helped = sweep(*work.state, threshold, LAST * gap, most if nearly else min(most, ROUGH))
    more = helped
    while jumps and done < most and more > 0.0 and (inner := work.inner_gap(threshold)) > INNER * tolerance:
        helped += jump(*work.state, threshold, work.factor)
        sweeps, more = sweep(*work.state, threshold, LAST * inner, most - done)
        done, helped, jumps = done + sweeps, helped + more, jumps - 1
    if wrong := nearly and not jumps:
        helped += settle(*work.state, threshold, NEARER * gap)
    return done, helped, wrong


def jump(G, c, w, q, threshold, factor):
    """Go to the minimum for the signs of the weights other than 0; return by how much that helped.

    Weights that would change their sign on the way stop at 0. If that does not lower the objective, go a half or a
    quarter of the way, or until the first weight is 0.
    """
    try:
        factor.follow(G, np.flatnonzero(w))
    except np.linalg.LinAlgError:
        return 0.0
    active, m, move = factor.members, len(w), np.zeros(len(w))
    old, signs = w[active], np.sign(w[active])
    slope = q[active] - c[active] + threshold * signs
    step = -factor.solve(slope)
    crossing = (old + step) * signs <= 0.0
    ends = np.where(crossing, old / np.where(crossing, -step, 1.0), np.inf)  # the share of the way where it is 0
    for share in (*SHARES, ends.min(initial=1.0)):
        change = np.where(ends <= share, -old, share * step)
        move[active] = change
        products = G[:m, :m] @ move
        if (rise := change @ slope + 0.5 * change @ products[active]) < 0.0:
            w[active], q[:] = old + change, q + products
            return -rise
    return 0.0


def settle(G, c, w, q, threshold, least):
    """Settle the signs by sweeps among the weights other than 0, then go to the minimum for these signs.

    These sweeps do not pay for the columns at 0, and their signs may change as often as they like. Return by how much
    all that helped.
    """
    support = np.flatnonzero(w)
    H, new, local = np.ascontiguousarray(G[np.ix_(support, support)]), w[support], q[support]
    _, helped = sweep(H, c[support], new, local, threshold, least, SETTLING)
    move = np.zeros(len(w))
    move[support], w[support] = new - w[support], new
    q += G[: len(w), : len(w)] @ move
    return helped + jump(G, c, w, q, threshold, Factor())
