"""Checks of the equations of chapter 3.1 on loss functions, each against something that does not use it."""

import numpy as np
import pytest
from scipy import integrate, optimize, special, stats
from sklearn.metrics import log_loss, mean_squared_error

import gdlearn as gd

RNG = np.random.default_rng(0)
Y = np.array([2.0, 3.0, 5.0, 11.0, 4.0])
P, Q = np.array([0.2, 0.5, 0.3]), np.array([0.1, 0.3, 0.6])


def brute_force(cost, low, high, points=200_001):
    grid = np.linspace(low, high, points)
    return grid[np.argmin(cost(grid[:, None]))]


def derivative(f, z, h=1e-6):
    return (f(z + h) - f(z - h)) / (2 * h)


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def softmax(z):
    powers = np.exp(z)
    return powers / powers.sum()


def cross_entropy(y, q):
    return -np.sum(y * np.log(q), axis=-1)


def numbers(loss):
    return gd.Problem(gd.Linear(1, intercept=False), loss)


@pytest.mark.formula("eq-loss-mse")
def test_mean_squared_error_is_that_of_scikit_learn_and_of_the_library():
    predictions = RNG.normal(size=5)
    expected = mean_squared_error(Y, predictions)
    assert np.mean((Y - predictions) ** 2) == pytest.approx(expected, rel=1e-14)
    assert numbers(gd.SquaredError()).objective([1.0], predictions[:, None], Y) == pytest.approx(expected, rel=1e-14)


@pytest.mark.formula("eq-loss-centers")
def test_centers_by_brute_force():
    assert brute_force(lambda c: np.sum((Y - c) ** 2, axis=-1), 0, 12) == pytest.approx(np.mean(Y), abs=1e-4)
    assert brute_force(lambda c: np.sum(np.abs(Y - c), axis=-1), 0, 12) == pytest.approx(np.median(Y), abs=1e-4)


@pytest.mark.formula("eq-loss-outlier")
@pytest.mark.parametrize("shift", [-7.0, 0.5, 1e4])
def test_one_row_moves_the_best_number(shift):
    moved = Y + shift * np.eye(5)[2]
    best = optimize.minimize_scalar(lambda c: np.sum((moved - c) ** 2)).x
    assert best == pytest.approx(5.0 + shift / 5, rel=1e-6)


@pytest.mark.formula("eq-loss-huber")
@pytest.mark.parametrize("delta", [0.5, 2.0])
def test_huber_is_the_integral_of_the_clipped_pull_and_that_of_scipy(delta):
    for r in (-5.0, -delta, -0.1, 0.0, 0.3, delta, 4.0):
        loss = r**2 / 2 if abs(r) <= delta else delta * (abs(r) - delta / 2)
        assert loss == pytest.approx(integrate.quad(lambda u: np.clip(u, -delta, delta), 0, r)[0], abs=1e-8)
        assert loss == pytest.approx(special.huber(delta, r), abs=1e-14)
        assert gd.losses.value(gd.Huber(delta), r, 0.0) == pytest.approx(loss, abs=1e-14)


@pytest.mark.formula("eq-loss-conditional")
def test_risk_of_squares_by_enumeration():
    joint = RNG.dirichlet(np.ones(12)).reshape(3, 4)  # three inputs, four targets
    y, f = np.array([-1.0, 0.0, 2.0, 5.0]), np.array([0.3, -1.0, 2.5])
    of_x = joint.sum(axis=1)
    mean = joint @ y / of_x
    variance = joint @ y**2 / of_x - mean**2
    risk = np.sum(joint * (y - f[:, None]) ** 2)
    assert risk == pytest.approx(of_x @ variance + of_x @ (f - mean) ** 2)


@pytest.mark.formula("eq-loss-gaussian")
@pytest.mark.parametrize("s", [0.3, 1.0, 4.0])
def test_normal_likelihood(s):
    y = np.linspace(-3, 3, 7)
    formula = (y - 0.4) ** 2 / (2 * s**2) + np.log(s) + np.log(2 * np.pi) / 2
    np.testing.assert_allclose(formula, -stats.norm.logpdf(y, loc=0.4, scale=s), rtol=1e-12)


@pytest.mark.formula("eq-loss-spread")
@pytest.mark.parametrize("loss", [gd.SquaredError(), gd.AbsoluteError(), gd.Huber(1.0)])
def test_spread_of_the_best_number(loss):
    # Laplace noise: the median is the best, and all three are known in closed form or by quadrature
    n, samples = 401, 1500
    y = np.random.default_rng(1).laplace(size=(n, samples))
    centers = {
        gd.SquaredError: lambda: y.mean(axis=0),
        gd.AbsoluteError: lambda: np.median(y, axis=0),
        gd.Huber: lambda: np.array(
            [optimize.brentq(lambda c, v: np.clip(c - v, -1, 1).sum(), -3, 3, args=(v,)) for v in y.T]
        ),
    }

    def mean_slope(c):
        # the integral is split at c, where the slope of the absolute error jumps
        parts = ((-40, min(c, 0)), (min(c, 0), max(c, 0)), (max(c, 0), 40))
        f = lambda v: gd.losses.slope(loss, c, v) * stats.laplace.pdf(v)  # noqa: E731
        return sum(integrate.quad(f, *part, limit=200)[0] for part in parts)

    squares = 2 * integrate.quad(lambda v: gd.losses.slope(loss, 0.0, v) ** 2 * stats.laplace.pdf(v), 0, 40)[0]
    theory = squares / derivative(mean_slope, 0.0, h=1e-3) ** 2
    # the standard error of a variance from 1500 samples is 3.7 %
    assert n * np.var(centers[type(loss)]()) == pytest.approx(theory, rel=0.12)


@pytest.mark.formula("eq-loss-ce")
def test_cross_entropy_is_that_of_scikit_learn():
    q = RNG.dirichlet(np.ones(3), size=20)
    labels = RNG.integers(0, 3, 20)
    assert np.mean(cross_entropy(np.eye(3)[labels], q)) == pytest.approx(log_loss(labels, q, labels=[0, 1, 2]))
    problem = gd.Problem(gd.Linear(3, 3, intercept=False), gd.CrossEntropy())
    assert problem.objective(np.eye(3).ravel(), np.log(q), labels) == pytest.approx(
        log_loss(labels, q, labels=[0, 1, 2])
    )
    counts = RNG.multinomial(400_000, P)  # the mean cost of what is drawn from y; the standard error is 8e-4
    assert -counts @ np.log(Q) / 400_000 == pytest.approx(cross_entropy(P, Q), abs=4e-3)


@pytest.mark.formula("eq-loss-softmax")
def test_softmax_is_that_of_scipy():
    z = RNG.normal(size=5)
    np.testing.assert_allclose(softmax(z), special.softmax(z), rtol=1e-14)


@pytest.mark.formula("eq-loss-binary")
def test_binary_cross_entropy_in_both_forms():
    for z in (-3.0, 0.0, 0.7, 4.0):
        q = special.expit(z)
        for y in (0.0, 0.3, 1.0):
            two = cross_entropy(np.array([y, 1 - y]), special.softmax([z, 0.0]))
            assert -y * np.log(q) - (1 - y) * np.log(1 - q) == pytest.approx(two, rel=1e-12)
            assert np.log(1 + np.exp(z)) - y * z == pytest.approx(two, rel=1e-12)
            assert gd.losses.value(gd.BinaryCrossEntropy(), z, y) == pytest.approx(two, rel=1e-12)


@pytest.mark.formula("eq-loss-split")
def test_cross_entropy_is_entropy_plus_divergence():
    assert cross_entropy(P, Q) == pytest.approx(stats.entropy(P) + stats.entropy(P, Q))
    assert np.sum(P * np.log(P / Q)) == pytest.approx(stats.entropy(P, Q))
    assert cross_entropy(P, P) == pytest.approx(stats.entropy(P))
    for q in RNG.dirichlet(np.ones(3), size=1000):
        assert np.sum(P * np.log(P / q)) > 0
    assert abs(stats.entropy(P, Q) - stats.entropy(Q, P)) > 0.005  # not symmetric


@pytest.mark.formula("eq-loss-slope")
def test_slope_by_finite_differences():
    z = RNG.normal(size=3)
    around = 1e-6 * np.eye(3)
    for y in (P, np.eye(3)[1]):

        def cost(scores, y=y):
            return cross_entropy(y, softmax(scores))

        slopes = [(cost(z + e) - cost(z - e)) / 2e-6 for e in around]
        np.testing.assert_allclose(slopes, softmax(z) - y, atol=1e-8)


@pytest.mark.formula("eq-loss-sigmoid")
@pytest.mark.parametrize("z", [-5.0, -1.0, 0.0, 2.0])
def test_slopes_of_a_confident_mistake(z):
    assert derivative(lambda z: -np.log(sigmoid(z)), z) == pytest.approx(sigmoid(z) - 1, abs=1e-8)
    squared = (sigmoid(z) - 1) * sigmoid(z) * (1 - sigmoid(z))
    assert derivative(lambda z: (sigmoid(z) - 1) ** 2 / 2, z) == pytest.approx(squared, abs=1e-8)


@pytest.mark.formula("eq-loss-escape")
@pytest.mark.parametrize("start", [-4.0, -1.0, 1.0])
def test_clocks_run_at_the_speed_of_time(start):
    rivals = {
        lambda z: 1 - sigmoid(z): lambda z: z + np.exp(z),
        lambda z: (1 - sigmoid(z)) ** 2 * sigmoid(z): lambda z: -np.exp(-z) + 3 * z + 3 * np.exp(z) + np.exp(2 * z) / 2,
    }
    for speed, clock in rivals.items():
        t = np.array([0.5, 10.0, 80.0])
        how = {"t_eval": t, "rtol": 1e-10, "atol": 1e-12, "method": "LSODA"}
        z = integrate.solve_ivp(lambda _, z, speed=speed: speed(z), (0, 80), [start], **how).y[0]
        np.testing.assert_allclose(clock(z) - clock(start), t, rtol=1e-6)


@pytest.mark.formula("eq-loss-risk")
def test_objective_is_the_risk_on_average():
    # y = 2 x + noise of variance 1, x normal: the risk of the slope w under squares is (w - 2)^2 + 1
    problem, w, n = numbers(gd.SquaredError()), 1.5, 20
    rng = np.random.default_rng(3)
    objectives = []
    for _ in range(4000):
        x = rng.normal(size=(n, 1))
        objectives.append(problem.objective([w], x, 2 * x[:, 0] + rng.normal(size=n)))
    assert np.mean(objectives) == pytest.approx((w - 2) ** 2 + 1, abs=4 * np.std(objectives) / np.sqrt(4000))


@pytest.mark.formula("eq-loss-logsumexp")
@pytest.mark.parametrize("a", [-3.0, 0.0, 700.0])
def test_shifted_logarithm_of_a_sum(a):
    z = np.array([700.0, 699.0, 690.0])
    assert a + np.log(np.sum(np.exp(z - a))) == pytest.approx(special.logsumexp(z), rel=1e-14)


@pytest.mark.formula("eq-loss-smoothing")
@pytest.mark.parametrize(("k", "a"), [(2, 0.2), (10, 0.1)])
def test_smoothed_labels_hold_the_scores_together(k, a):
    target = (1 - a) * np.eye(k)[0] + a / k

    def cost(lead):
        return cross_entropy(target, softmax(lead * np.eye(k)[0]))

    best = optimize.minimize_scalar(cost, bounds=(0, 20), method="bounded", options={"xatol": 1e-9}).x
    assert best == pytest.approx(np.log(1 + k * (1 - a) / a), abs=1e-6)
