"""Checks of the equations of chapter 3.8 on the batch size, each against something that does not use it.

Expectations over batches are taken by listing all batches.
"""

from itertools import product

import numpy as np
import pytest

import gdlearn as gd

RNG = np.random.default_rng(0)
X, Y, THETA = RNG.normal(size=(5, 2)), RNG.normal(size=5), np.array([0.8, -0.4])
LINE = gd.Problem(gd.Linear(2, intercept=False))
ROWS = np.array([LINE.gradient(THETA, [x], [t]) for x, t in zip(X, Y, strict=True)])
G, SIGMA = LINE.gradient(THETA, X, Y), np.cov(ROWS.T, bias=True)
H = np.column_stack([LINE.gradient(THETA + e, X, Y) - G for e in np.eye(2)])
NOISE, LONGEST = np.trace(H @ SIGMA) / (G @ H @ G), G @ G / (G @ H @ G)


def answers(m):
    """The mean gradients of all batches of m rows with replacement."""
    return np.array([ROWS[list(batch)].mean(axis=0) for batch in product(range(5), repeat=m)])


def mean_gain(m, eta):
    """How much a step lowers the objective, on average over all batches."""
    before = LINE.objective(THETA, X, Y)
    return np.mean([before - LINE.objective(THETA - eta * g, X, Y) for g in answers(m)])


@pytest.mark.formula("eq-batch-gain")
@pytest.mark.parametrize("m", [1, 2, 3])
@pytest.mark.parametrize("eta", [0.01, 0.2, 1.0])
def test_gain_over_all_batches(m, eta):
    expected = eta * G @ G - eta**2 / 2 * (G @ H @ G + np.trace(H @ SIGMA) / m)
    assert mean_gain(m, eta) == pytest.approx(expected)


@pytest.mark.formula("eq-batch-best")
@pytest.mark.parametrize("m", [1, 2, 3])
def test_best_step_by_comparison(m):
    best = LONGEST / (1 + NOISE / m)
    low, top, high = (mean_gain(m, factor * best) for factor in (0.99, 1.0, 1.01))
    assert low < top > high
    assert low == pytest.approx(high)  # a parabola is symmetric about its top


@pytest.mark.formula("eq-batch-identity")
@pytest.mark.parametrize("m", [1, 2, 3])
def test_identity_on_a_grid_of_steps(m):
    etas = np.linspace(0, 2 * LONGEST, 401)
    tops = [max(mean_gain(m, eta) for eta in etas)]
    before = LINE.objective(THETA, X, Y)
    alone = max(before - LINE.objective(THETA - eta * G, X, Y) for eta in np.linspace(0, 2 * LONGEST, 4001))
    assert alone == pytest.approx((G @ G) ** 2 / (2 * G @ H @ G), rel=1e-6)
    # the step of the grid is 1/200 of the longest: the top is missed by at most (that share)^2 (1 + NOISE / m)^2 / 4
    assert tops[0] == pytest.approx(alone / (1 + NOISE / m), rel=(1 + NOISE) ** 2 / 400**2 + 1e-6)


@pytest.mark.formula("eq-batch-simple")
@pytest.mark.parametrize("m", [1, 3])
def test_simple_scale_is_the_noise_scale_of_a_round_bowl(m):
    inputs = 3.0 * np.eye(2)[[0, 1, 0, 1]]  # curvature 9 in both directions
    target = np.array([1.0, 2.0, -1.0, 0.5])
    rows = np.array([LINE.gradient(THETA, [x], [t]) for x, t in zip(inputs, target, strict=True)])
    g, trace = rows.mean(axis=0), np.trace(np.cov(rows.T, bias=True))
    before = LINE.objective(THETA, inputs, target)
    eta = 1 / 9 / (1 + trace / (g @ g) / m)
    drawn = [rows[list(batch)].mean(axis=0) for batch in product(range(4), repeat=m)]
    gain = np.mean([before - LINE.objective(THETA - eta * a, inputs, target) for a in drawn])
    best = before - LINE.objective(THETA - g / 9, inputs, target)
    assert gain == pytest.approx(best / (1 + trace / (g @ g) / m))


@pytest.mark.formula("eq-batch-length")
@pytest.mark.parametrize("m", [1, 2, 3, 4])
def test_length_over_all_batches(m):
    assert np.mean(np.sum(answers(m) ** 2, axis=1)) == pytest.approx(G @ G + np.trace(SIGMA) / m)


@pytest.mark.formula("eq-batch-two")
@pytest.mark.parametrize(("m", "M"), [(1, 2), (1, 4), (2, 3)])
def test_two_lengths_give_both(m, M):
    a, A = (np.mean(np.sum(answers(size) ** 2, axis=1)) for size in (m, M))
    assert (M * A - m * a) / (M - m) == pytest.approx(G @ G)
    assert (a - A) / (1 / m - 1 / M) == pytest.approx(np.trace(SIGMA))


def steps_and_rows(m, critical, distance=120.0):
    """Walk a distance on a slope where a step without noise would cover 1: count the steps, and the rows."""
    covered, steps = 0.0, 0
    while covered < distance - 1e-9:
        covered += 1 / (1 + critical / m)  # the identity, step by step
        steps += 1
    return steps, m * steps


@pytest.mark.formula("eq-batch-steps")
@pytest.mark.parametrize("m", [1, 4, 12, 60])
def test_steps_and_rows_by_walking(m):
    S, E = steps_and_rows(m, 12.0)
    assert S == pytest.approx(120 * (1 + 12 / m), rel=0.01)
    assert E == pytest.approx(12 * 120 * (1 + m / 12), rel=0.01)


@pytest.mark.formula("eq-batch-hyperbola")
@pytest.mark.parametrize("m", [1, 4, 12, 60])
def test_hyperbola_by_walking(m):
    least_steps = steps_and_rows(10**9, 12.0)[0]
    least_rows = steps_and_rows(1e-4, 12.0, distance=1.0)[1] * 120
    S, E = steps_and_rows(m, 12.0)
    assert (S / least_steps - 1) * (E / least_rows - 1) == pytest.approx(1, rel=0.05)


@pytest.mark.formula("eq-batch-floor")
@pytest.mark.parametrize("m", [1, 2, 3])
@pytest.mark.parametrize("eta", [0.01, 0.4])
def test_floor_by_carrying_the_moments_of_all_batches(m, eta):
    targets = np.array([[1.0, -2.0], [0.0, 1.0], [2.0, 4.0]])
    h, center = np.array([0.5, 2.0]), targets.mean(axis=0)
    noise = h * (center - targets)  # gradients at the minimizer of the mean of h (theta - target)^2 / 2
    pushes = np.array([noise[list(batch)].mean(axis=0) for batch in product(range(3), repeat=m)])
    second = np.zeros(2)
    for _ in range(4000):
        second = (1 - eta * h) ** 2 * second + eta**2 * np.mean(pushes**2, axis=0)
    sigma2 = np.mean(noise**2, axis=0)
    assert h @ second / 2 == pytest.approx(np.sum(eta * sigma2 / (2 * m * (2 - eta * h))))
    if eta == 0.01:  # the short form is low by a share of at most eta L / 2
        assert h @ second / 2 == pytest.approx(eta / (4 * m) * sigma2.sum(), rel=0.011)
