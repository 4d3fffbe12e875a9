"""Optimizers: closed forms on a quadratic, sharp limits of the learning rate, right fixed points."""

import cmath

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import gdlearn as gd
from gdlearn.optimizers import stability_limit

BOWL = gd.Problem(gd.Linear(3, intercept=False))
H, CENTER = np.array([0.5, 2.0, 8.0]), np.array([3.0, -1.0, 0.25])
X, Y = gd.datasets.quadratic(H, center=CENTER)
OPTIMIZERS = [gd.SGD(), gd.Momentum(0.5), gd.Momentum(0.9), gd.Nesterov(0.5), gd.Nesterov(0.9)]


def distances(optimizer, eta, epochs):
    """theta_k - center of every epoch, for gradient descent from 0."""
    method = {"optimizer": optimizer, "schedule": eta, "epochs": epochs, "tolerance": 0.0, "path": True}
    return gd.minimize(BOWL, X, Y, **method).history.theta - CENTER


# --- Closed forms


def test_gradient_descent_shrinks_each_coordinate_by_its_own_factor():
    k = np.arange(41).reshape(-1, 1)
    for eta in (0.01, 0.125, 0.2):
        np.testing.assert_allclose(distances(gd.SGD(), eta, 40), -CENTER * (1.0 - eta * H) ** k, atol=1e-13)


def two_step(a, b, start, k):
    """e_k of e_{k+1} = a e_k - b e_{k-1} with e_0 = e_{-1} = start, from the roots of x^2 - a x + b."""
    root = cmath.sqrt(a * a - 4.0 * b)
    x, y = (a + root) / 2.0, (a - root) / 2.0
    u = start * (1.0 - 1.0 / y) / (1.0 / x - 1.0 / y)  # u + v = e_0 and u / x + v / y = e_{-1}
    return (u * x**k + (start - u) * y**k).real


def test_momentum_follows_its_recurrence():
    """e_{k+1} = (1 - eta h + beta) e_k - beta e_{k-1} (Polyak 1964)."""
    beta, eta, k = 0.5, 0.1, np.arange(41)
    expected = [two_step(1.0 - eta * h + beta, beta, -c, k) for h, c in zip(H, CENTER, strict=True)]
    np.testing.assert_allclose(distances(gd.Momentum(beta), eta, 40), np.transpose(expected), atol=1e-13)


def test_nesterov_follows_its_recurrence():
    """The point ahead obeys e_{k+1} = (1 + beta) (1 - eta h) e_k - beta (1 - eta h) e_{k-1} from k = 1 on."""
    beta, eta = 0.5, 0.1
    e, shrink = distances(gd.Nesterov(beta), eta, 40), 1.0 - eta * H
    np.testing.assert_allclose(e[1], ((1.0 + beta) * shrink - beta) * e[0], atol=1e-14)
    np.testing.assert_allclose(e[2:], (1.0 + beta) * shrink * e[1:-1] - beta * shrink * e[:-2], atol=1e-13)


def test_without_memory_all_are_gradient_descent():
    expected = distances(gd.SGD(), 0.1, 20)
    for optimizer in (gd.Momentum(0.0), gd.Nesterov(0.0)):
        np.testing.assert_allclose(distances(optimizer, 0.1, 20), expected, atol=1e-15)


def test_momentum_is_faster_where_the_bowl_is_narrow():
    """At the best rate gradient descent shrinks both coordinates by (kappa - 1) / (kappa + 1) a step, momentum
    by sqrt(kappa) in place of kappa.
    """
    X, y = gd.datasets.quadratic([1.0, 100.0], center=[1.0, 1.0])
    problem = gd.Problem(gd.Linear(2, intercept=False))

    def fit(optimizer, eta):
        return gd.minimize(problem, X, y, optimizer=optimizer, schedule=eta, epochs=5000, tolerance=1e-6)

    plain = fit(gd.SGD(), 2.0 / 101.0)
    first = plain.history.gradient_norm[0]
    assert plain.epochs == np.ceil(np.log(first / 1e-6) / np.log(101.0 / 99.0))
    assert fit(gd.Momentum((9.0 / 11.0) ** 2), 4.0 / 121.0).epochs < plain.epochs / 5
    assert fit(gd.Nesterov(9.0 / 11.0), 0.01).epochs < plain.epochs / 3


# --- The limit of the learning rate


@pytest.mark.parametrize("optimizer", OPTIMIZERS, ids=repr)
def test_the_stability_limit_is_sharp(optimizer):
    """At 0.999 of the limit the objective falls to its minimum, at 1.001 it grows, from the same start."""
    limit = stability_limit(optimizer, BOWL.smoothness(X).L)
    method = {"optimizer": optimizer, "epochs": 50_000}
    below = gd.minimize(BOWL, X, Y, schedule=0.999 * limit, **method)
    assert below.status == "converged"
    np.testing.assert_allclose(below.theta, CENTER, atol=1e-7)
    with pytest.warns(gd.DivergenceWarning):
        above = gd.minimize(BOWL, X, Y, schedule=1.001 * limit, **method)
    assert above.status == "diverged"
    assert above.history.objective[-1] > 1e3 * above.history.objective[0]


def test_gradient_descent_below_two_over_l_never_rises():
    run = gd.minimize(BOWL, X, Y, schedule=0.999 * BOWL.smoothness(X).limit, epochs=500)
    assert (np.diff(run.history.objective) < 0.0).all()


@given(st.floats(0.0, 0.99), st.floats(0.1, 10.0), st.sampled_from([0.99, 1.01]))
def test_the_limits_are_where_a_root_leaves_the_unit_circle(beta, L, share):
    """The recurrences above are stable where both roots of x^2 - a x + b lie inside."""
    heavy, ahead = gd.Momentum(beta), gd.Nesterov(beta)
    step = 1.0 - share * stability_limit(heavy, L) * L
    assert (np.abs(np.roots([1.0, -(step + beta), beta])).max() < 1.0) == (share < 1.0)
    step = 1.0 - share * stability_limit(ahead, L) * L
    assert (np.abs(np.roots([1.0, -(1.0 + beta) * step, beta * step])).max() < 1.0) == (share < 1.0)


# --- Fixed points

RNG = np.random.default_rng(11)
ROWS = RNG.standard_normal((60, 5))
TARGETS = ROWS @ [2.0, -1.0, 0.0, 0.0, 0.5] + 0.3 * RNG.standard_normal(60) + 4.0


@pytest.mark.parametrize(
    ("penalty", "optimizer"),
    [
        (gd.L1(0.5), gd.Momentum(0.8)),
        (gd.L1(0.5), gd.Nesterov(0.8)),
        (gd.ElasticNet(0.6, 0.7), gd.Nesterov(0.8)),
    ],
)
def test_every_optimizer_finds_the_same_sparse_optimum(penalty, optimizer):
    """The certificate: the gradient is -kink * sign(w) where w is not 0, within +-kink where it is, 0 for b."""
    problem = gd.Problem(gd.Linear(5), penalty=penalty)
    method = {"schedule": 0.1, "epochs": 5000, "tolerance": 1e-12}
    run = gd.minimize(problem, ROWS, TARGETS, optimizer=optimizer, **method)
    w, g = run.theta[:5], problem.gradient(run.theta, ROWS, TARGETS)
    kink = penalty.lam if isinstance(penalty, gd.L1) else penalty.lam * penalty.ratio
    assert run.status == "converged"
    assert 0 < np.count_nonzero(w) < 5
    np.testing.assert_allclose(g[:5][w != 0], -kink * np.sign(w[w != 0]), atol=1e-11)
    assert (np.abs(g[:5][w == 0]) < kink).all()
    assert abs(g[5]) < 1e-11
    if isinstance(penalty, gd.L1):
        plain = gd.minimize(problem, ROWS, TARGETS, **method)
        assert plain.status == "converged"
        np.testing.assert_allclose(run.theta, plain.theta, atol=1e-11)


# --- A peer


def torch_sgd(gradient, theta, lr, momentum, nesterov, weight_decay, steps):
    """torch.optim.SGD with dampening 0, as its documentation states the algorithm (PyTorch 2.x)."""
    b, path = None, [theta]
    for _ in range(steps):
        g = gradient(theta) + weight_decay * theta
        b = g if b is None else momentum * b + g
        theta = theta - lr * (g + momentum * b if nesterov else b)
        path.append(theta)
    return np.array(path)


@pytest.mark.parametrize("optimizer", [gd.SGD(), gd.Momentum(0.9), gd.Nesterov(0.9)], ids=repr)
def test_a_constant_rate_gives_the_steps_of_pytorch(optimizer):
    """PyTorch's buffer is our displacement over -eta; with a rate that changes the two differ."""
    lam, beta = 0.05, getattr(optimizer, "beta", 0.0)
    free = gd.Problem(gd.Linear(5, intercept=False))
    expected = torch_sgd(
        lambda theta: free.gradient(theta, ROWS, TARGETS),
        theta=np.zeros(5),
        lr=0.05,
        momentum=beta,
        nesterov=isinstance(optimizer, gd.Nesterov),
        weight_decay=lam,
        steps=60,
    )
    ridge = free._replace(penalty=gd.L2(lam))
    run = gd.minimize(ridge, ROWS, TARGETS, optimizer=optimizer, schedule=0.05, epochs=60, path=True)
    np.testing.assert_allclose(run.history.theta, expected, rtol=1e-11, atol=1e-12)
