"""Checks of the equations of chapter 3.5 on the learning rate, each against something that does not use it."""

import numpy as np
import pytest

import gdlearn as gd

RNG = np.random.default_rng(0)
STEPS = 40
RATES = {
    "constant": gd.Constant(0.3),
    "exponential": gd.Exponential(0.3, 0.9),
    "linear": gd.LinearDecay(0.3, STEPS),
    "cosine": gd.Cosine(0.3, STEPS),
    "plateau": gd.WarmupStableDecay(0.3, STEPS, 1, 10),
    "inverse": gd.InverseTime(0.3, 0.2),
}


def used(schedule, steps=STEPS):
    """The rates that the training loop takes: on a bowl of curvature 1 a step multiplies theta by 1 - eta."""
    X, y = gd.datasets.quadratic([1.0])
    problem = gd.Problem(gd.Linear(1, intercept=False))
    how = {"schedule": schedule, "start": [1.0], "epochs": steps, "tolerance": 0.0, "path": True}
    path = gd.minimize(problem, X, y, **how).history.theta[:, 0]
    return 1 - path[1:] / path[:-1]


def squares(rates, h, sigma, walkers=200_000):
    """Mean of e^2 over walkers with noise of two equal values: Monte Carlo, and its standard error."""
    e = np.ones(walkers)
    for eta in rates:
        e = e - eta * (h * e + sigma * RNG.choice([-1.0, 1.0], walkers))
    return np.mean(e**2), np.std(e**2) / np.sqrt(walkers)


def expected(rates, h, sigma, square=1.0):
    """E e^2 from the sum over the fates of the start and of each noise, without a recursion."""
    factors = np.append(np.cumprod(1 - h * np.asarray(rates)[::-1])[::-1], 1.0)
    return factors[0] ** 2 * square + np.sum((rates * factors[1:] * sigma) ** 2)


@pytest.mark.formula("eq-lr-update")
def test_step_goes_against_a_report_that_is_right_on_average():
    X, y = RNG.normal(size=(7, 2)), RNG.normal(size=7)
    problem, start = gd.Problem(gd.Linear(2, intercept=False)), np.array([1.0, -2.0])
    rows = [problem.gradient(start, X[i : i + 1], y[i : i + 1]) for i in range(7)]
    how = {"start": start, "schedule": gd.Exponential(0.1, 0.5), "epochs": 1, "sampling": "sequential", "path": True}
    for g, i in zip(rows, range(7), strict=True):
        after = gd.minimize(problem, X[i : i + 1], y[i : i + 1], **how).history.theta[1]
        np.testing.assert_allclose(after, start - 0.1 * g)
    around = 1e-6 * np.eye(2)
    whole = [(problem.objective(start + e, X, y) - problem.objective(start - e, X, y)) / 2e-6 for e in around]
    np.testing.assert_allclose(np.mean(rows, axis=0), whole, atol=1e-8)


@pytest.mark.formula("eq-lr-constant")
def test_constant():
    np.testing.assert_allclose(used(RATES["constant"]), 0.3, rtol=1e-9)


@pytest.mark.formula("eq-lr-exponential")
def test_exponential_is_a_straight_line_on_a_logarithmic_scale():
    rates = used(RATES["exponential"])
    assert rates[0] == pytest.approx(0.3)
    np.testing.assert_allclose(rates[1:] / rates[:-1], 0.9, rtol=1e-9)


@pytest.mark.formula("eq-lr-linear")
def test_linear_falls_evenly_and_reaches_zero_after_the_last_step():
    rates = used(RATES["linear"])
    np.testing.assert_allclose(np.diff(rates), -0.3 / STEPS, rtol=1e-9)
    assert rates[0] == pytest.approx(0.3)
    assert rates[-1] + np.diff(rates)[-1] == pytest.approx(0.0, abs=1e-12)


@pytest.mark.formula("eq-lr-others")
def test_other_schedules_by_what_defines_them():
    cosine, plateau, inverse = (used(RATES[name]) for name in ("cosine", "plateau", "inverse"))
    np.testing.assert_allclose(cosine[1:] + cosine[:0:-1], 0.3, rtol=1e-9)  # symmetric about T / 2
    second = np.diff(cosine - 0.15, 2) / (cosine - 0.15)[1:-1]
    np.testing.assert_allclose(second[np.arange(39 - 1) != 19], 2 * np.cos(np.pi / STEPS) - 2, rtol=1e-6)
    np.testing.assert_allclose(plateau[:31], 0.3, rtol=1e-9)
    np.testing.assert_allclose(plateau[30:], np.linspace(0.3, 0.03, 10), rtol=1e-9)
    np.testing.assert_allclose(np.diff(1 / inverse), 0.2 / 0.3, rtol=1e-7)
    assert inverse[0] == pytest.approx(0.3)


@pytest.mark.formula("eq-lr-noise")
@pytest.mark.parametrize("name", RATES)
def test_expected_square_by_monte_carlo_and_by_the_fates_of_each_noise(name):
    rates, square = used(RATES[name], 20), 1.0
    for eta in rates:
        square = (1 - eta * 2.5) ** 2 * square + eta**2 * 0.7**2
    assert square == pytest.approx(expected(rates, 2.5, 0.7))
    mean, error = squares(rates, 2.5, 0.7)
    assert abs(mean - square) < 5 * error
    X, y = gd.datasets.quadratic([2.5])
    height = gd.Problem(gd.Linear(1, intercept=False)).objective([np.sqrt(square)], X, y)
    assert height == pytest.approx(2.5 * square / 2)


@pytest.mark.formula("eq-lr-product")
def test_error_without_noise_is_a_product():
    X, y = gd.datasets.quadratic([0.5, 3.0], center=[2.0, -1.0])
    problem = gd.Problem(gd.Linear(2, intercept=False))
    how = {"schedule": RATES["inverse"], "epochs": STEPS, "tolerance": 0.0}
    end = gd.minimize(problem, X, y, **how).theta
    rates = used(RATES["inverse"])
    assert end[0] - 2 == pytest.approx(-2 * np.prod(1 - 0.5 * rates), rel=1e-9)
    assert end[1] + 1 == pytest.approx(np.prod(1 - 3.0 * rates), rel=1e-6, abs=1e-12)


@pytest.mark.formula("eq-lr-frozen")
@pytest.mark.parametrize(("eta", "gamma"), [(0.1, 0.9), (0.5, 0.7), (0.9, 0.5)])
def test_what_is_left_for_ever_is_the_q_pochhammer_symbol(eta, gamma):
    # (a; q) = (1 - a) (a q; q), and Euler's sum of a^k q^(k(k-1)/2) / (q; q)_k with alternating signs
    k = np.arange(60)
    below = np.append(1.0, np.cumprod(1 - gamma ** k[1:]))
    euler = np.sum((-eta) ** k * gamma ** (k * (k - 1) / 2) / below)
    left = np.prod(1 - used(gd.Exponential(eta, gamma), 400))
    assert left == pytest.approx(euler, rel=1e-9)
    assert left > 0


@pytest.mark.formula("eq-lr-no-gain")
def test_no_stable_schedule_beats_the_bound_and_the_fixed_rate_nearly_meets_it():
    kappa, t = 30.0, 50
    for rates in RNG.uniform(0, 2, size=(1000, t)):  # L = 1, mu = 1 / kappa
        assert np.prod(1 - rates / kappa) >= (1 - 2 / kappa) ** t
    assert np.prod(1 - np.full(t, 2.0) / kappa) == pytest.approx((1 - 2 / kappa) ** t)  # the bound is tight
    fixed = np.full(t, 2 / (1 + 1 / kappa))
    for h in (1 / kappa, 1.0):  # what the fixed rate leaves in both of the extreme directions
        assert abs(np.prod(1 - fixed * h)) == pytest.approx((1 - 2 / (kappa + 1)) ** t)
    steps = np.log(1e-6) / np.log(1 - 2 / (np.array([kappa, kappa + 1])))
    assert steps[1] / steps[0] == pytest.approx((kappa + 1) / kappa, rel=2e-3)


@pytest.mark.formula("eq-lr-no-gain")
def test_the_bound_on_stable_schedules_needs_a_condition_number_of_2():
    for kappa, holds in ((1.9, False), (2.0, True), (2.1, True)):  # mu = 1, L = kappa
        left = np.abs(1 - np.linspace(0, 2 / kappa, 1001)) ** 2
        assert (left >= (1 - 2 / kappa) ** 2).all() == holds


@pytest.mark.formula("eq-lr-robbins")
def test_conditions_of_robbins_and_monro_separate_what_converges():
    t = np.arange(200_000)
    passing = expected(1 / (t + 1.0) ** 0.75, 1.0, 1.0), expected(1 / (t + 1.0), 1.0, 1.0)
    assert max(passing) < 1e-3
    frozen = expected(0.3 * 0.99**t, 0.02, 0.0)  # the first sum is finite: the start is not forgotten
    restless = expected(np.full(len(t), 0.3), 1.0, 1.0)  # the second is infinite: the noise stays
    assert frozen > 0.1
    assert restless == pytest.approx(0.3 / (2 - 0.3), rel=1e-6)


@pytest.mark.formula("eq-lr-inverse")
@pytest.mark.parametrize(("c", "h"), [(1.0, 1.0), (0.8, 1.0), (5.0, 1.0), (1.5, 2.0), (4.0, 0.4)])
def test_inverse_time_beyond_the_cliff(c, h):
    t, sigma = 400_000, 0.5
    rates = c / np.arange(1.0, t + 1)
    exact = expected(rates, h, sigma)
    assert exact * t == pytest.approx(c**2 * sigma**2 / (2 * c * h - 1), rel=0.02)


@pytest.mark.formula("eq-lr-inverse")
@pytest.mark.parametrize(("c", "h"), [(0.2, 1.0), (0.1, 2.0), (0.3, 0.5)])
def test_inverse_time_below_the_cliff(c, h):
    rates = c / np.arange(1.0, 400_001)
    ends = [expected(rates[:t], h, 0.5) for t in (100_000, 400_000)]
    assert np.log(ends[1] / ends[0]) / np.log(4) == pytest.approx(-2 * c * h, rel=0.02)


@pytest.mark.formula("eq-lr-average")
@pytest.mark.parametrize(("eta", "h", "sigma"), [(1.0, 1.0, 1.0), (0.5, 1.0, 0.5), (0.6, 2.0, 1.5)])
def test_mean_of_all_iterates(eta, h, sigma):
    # The mean is linear in the noises: add up, for each noise, the share of it that later iterates still carry.
    t = 1_000_000
    rates = eta / np.arange(1.0, t + 1) ** (2 / 3)
    carried, square = 0.0, 0.0
    for rate in rates[::-1]:  # carried: 1 + (1 - h eta) + (1 - h eta)(1 - h eta') + ... from the next step on
        carried = 1 + carried
        square += (rate * sigma * carried) ** 2
        carried *= 1 - h * rate
    assert square / t == pytest.approx(sigma**2 / h**2, rel=0.05)


@pytest.mark.formula("eq-lr-moments")
def test_moments_of_a_step_by_drawing_every_batch():
    n, m, eta = 4, 2, 0.2
    x, y = RNG.normal(size=(n, 2)), RNG.normal(size=n)
    solution = np.linalg.lstsq(x, y)[0]
    left, H = y - x @ solution, 2 / n * x.T @ x
    starts = np.array([[1.0, -1.0], [0.5, 2.0]])  # the first error is one of these two
    a, C = starts.mean(axis=0), np.mean([np.outer(e, e) for e in starts], axis=0)
    weight = np.array([r @ C @ r - 2 * s * (r @ a) + s**2 for r, s in zip(x, left, strict=True)])
    S = 4 / n * (x.T * weight) @ x
    after = C - eta * (H @ C + C @ H) + eta**2 * (S / m + (1 - 1 / m) * H @ C @ H)
    problem, ends = gd.Problem(gd.Linear(2, intercept=False)), []
    for e in starts:
        for i in range(n):
            for j in range(n):  # all batches of two rows drawn with replacement
                g = problem.gradient(solution + e, x[[i, j]], y[[i, j]])
                ends.append(e - eta * g)
    np.testing.assert_allclose(np.mean([np.outer(e, e) for e in ends], axis=0), after, rtol=1e-10)
    np.testing.assert_allclose(np.mean(ends, axis=0), (np.eye(2) - eta * H) @ a, rtol=1e-10)
