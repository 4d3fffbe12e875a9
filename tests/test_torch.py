"""Ten steps of every optimizer that PyTorch has, from the same state and with the same gradients.

The stored numbers serve where PyTorch is not installed; where it is, they are made anew.
"""

import importlib.util
import json
from typing import NamedTuple

import numpy as np
import pytest

import gdlearn as gd
import running
from gdlearn.loop import Memory, step
from gdlearn.optimizers import begin, slots
from reference import make_torch_optimizers as torch_optimizers

STORED = json.loads(torch_optimizers.FILE.read_text(encoding="utf-8"))
METHODS = {
    "SGD": gd.SGD(),
    "Momentum": gd.Momentum(0.9),
    "Nesterov": gd.Nesterov(0.9),
    "SGD, L2": gd.SGD(),
    "AdaGrad": gd.AdaGrad(1e-10),
    "RMSProp": gd.RMSProp(0.9, 1e-8),
    "Adam": gd.Adam(0.8, 0.9, 1e-8),
    "Adam, L2": gd.Adam(0.8, 0.9, 1e-8),
    "AMSGrad": gd.AMSGrad(0.8, 0.9, 1e-8),
    "AdamW": gd.AdamW(0.3, 0.8, 0.9, 1e-8),
    "Muon": gd.Muon(0.9),
}
PENALTIES = {"SGD, L2": gd.L2(0.3), "Adam, L2": gd.L2(0.3)}


def memory_of(optimizer, theta):
    """The state of a run at theta."""
    state = np.zeros((slots(optimizer), len(theta)))
    begin(optimizer, theta, state)
    none = np.zeros(0)
    return Memory(theta, theta.copy(), state, none, none, none, none)


@pytest.mark.parametrize("name", torch_optimizers.METHODS)
def test_ten_steps_are_those_of_pytorch(name):
    """Intercepts are left out: PyTorch decays every parameter, we spare them."""
    scale = torch_optimizers.LARGE if name == "Muon" else 1.0
    start, gradients = torch_optimizers.start_and_gradients(scale)
    model, penalty = gd.Linear(4, 3, intercept=False), PENALTIES.get(name, gd.NoPenalty())
    memory = memory_of(METHODS[name], start.ravel())
    for t, expected in enumerate(STORED[name]):
        step(model, penalty, METHODS[name], memory, gradients[t].ravel(), torch_optimizers.RATE, t)
        np.testing.assert_allclose(memory.theta, expected, rtol=1e-12, atol=1e-12)


def test_clip_is_that_of_pytorch():
    _, gradients = torch_optimizers.start_and_gradients(torch_optimizers.LARGE)
    model, shortened = gd.Linear(4, 3, intercept=False), 0
    for gradient, expected in zip(gradients, STORED["clipped"], strict=True):
        memory = memory_of(gd.SGD(), np.zeros(12))
        step(model, gd.NoPenalty(), gd.Clip(torch_optimizers.LIMIT), memory, gradient.ravel(), 1.0, 0)
        np.testing.assert_allclose(-memory.theta, expected, rtol=1e-12)
        shortened += np.linalg.norm(gradient) > torch_optimizers.LIMIT
    assert 0 < shortened < 10


class Tilt(NamedTuple):
    """The loss z y, whose gradient in theta is y x wherever theta is."""


@gd.losses.value.kernel(Tilt)
def _(loss, z, y):
    return z * y


@gd.losses.slope.kernel(Tilt)
def _(loss, z, y):
    return y


@pytest.mark.parametrize("name", [name for name in METHODS if name not in {"Muon", *PENALTIES}])
def test_ten_steps_through_the_front_door_are_those_of_pytorch(name):
    """Row t of X is the gradient of step t; one epoch in the order of the rows is ten steps."""
    start, gradients = torch_optimizers.start_and_gradients()
    problem = gd.Problem(gd.Linear(12, intercept=False), Tilt())
    method = {"optimizer": METHODS[name], "schedule": torch_optimizers.RATE, "batch_size": 1, "sampling": "sequential"}
    with running.plainly():
        X, y = gradients.reshape(10, 12), np.ones(10)
        run = gd.minimize(problem, X, y, start=start.ravel(), epochs=1, tolerance=0.0, **method)
    np.testing.assert_allclose(run.theta, STORED[name][-1], rtol=1e-12, atol=1e-12)


@pytest.mark.skipif(importlib.util.find_spec("torch") is None, reason="PyTorch is not installed; stored numbers serve")
def test_the_stored_numbers_are_those_of_the_installed_pytorch():
    found = torch_optimizers.make()
    assert found.keys() == STORED.keys()
    for name in found.keys() - {"torch"}:
        np.testing.assert_allclose(found[name], STORED[name], rtol=1e-13, atol=1e-13)
