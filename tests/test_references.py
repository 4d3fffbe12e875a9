"""Compiled kernels count no references to arrays, for whoever calls holds them; those that make arrays do."""

import gc
import re
import sys
from typing import NamedTuple

import numpy as np
import pytest

import gdlearn as gd
from gdlearn.generic import compiled, inlined
from gdlearn.models import forward, pullback, size, weights
from gdlearn.optimizers import at_step, update
from gdlearn.problem import evaluate

pytestmark = pytest.mark.machine_code("plain Python counts for itself")
RNG = np.random.default_rng(0)
X, Y = RNG.standard_normal((30, 3)), RNG.standard_normal(30)


class Doubled(NamedTuple):
    """A linear model that makes arrays of its own, and calls kernels of the library."""

    inputs: int
    outputs: int = 1


weights.kernel(Doubled)(lambda model: model.inputs)
size.kernel(Doubled)(lambda model: model.inputs)


@forward.kernel(Doubled)
def _(model, theta, X, order, start, stop, Z, H):
    twice = 2.0 * theta
    forward(gd.Linear(model.inputs, 1, False), twice[::1], X, order, start, stop, Z, H)


@pullback.kernel(Doubled)
def _(model, theta, X, order, start, stop, S, share, g, H):
    part = np.zeros(len(g), g.dtype)
    pullback(gd.Linear(model.inputs, 1, False), theta, X, order, start, stop, S, 2.0 * share, part, H)
    for j in range(len(g)):
        g[j] += part[j]


class Scaled(NamedTuple):
    """Steps of a rate for each parameter, which the record holds."""

    scales: np.ndarray


class Within(NamedTuple):
    """An optimizer that asks another for its record at each step, which is that itself by default."""

    then: Scaled


@update.kernel(Scaled)
def _(optimizer, w, g, state, j, lr, t):
    return w - lr * optimizer.scales[j] * g, lr


@at_step.kernel(Within)
def _(optimizer, theta, lr, t):
    return at_step(optimizer.then, theta, lr, t)


@update.kernel(Within)
def _(optimizer, w, g, state, j, lr, t):
    return update(optimizer.then, w, g, state, j, lr, t)


def balance():
    """Arrays made by compiled code that are still alive."""
    from numba.core.runtime import _nrt_python as counts

    counts.memsys_enable_stats()
    gc.collect()
    return counts.memsys_get_stats_mi_alloc() - counts.memsys_get_stats_mi_free()


@pytest.mark.parametrize("batch_size", [1, 7, None])
def test_a_kernel_that_makes_arrays_frees_them(batch_size):
    method = {"schedule": 0.05, "batch_size": batch_size, "epochs": 40, "tolerance": 0.0}
    plain = gd.minimize(gd.Problem(gd.Linear(3, intercept=False)), X, Y, **(method | {"schedule": 0.2}))
    before = balance()
    run = gd.minimize(gd.Problem(Doubled(3)), X, Y, **method)
    np.testing.assert_allclose(2.0 * run.theta, plain.theta, rtol=1e-12)
    assert balance() == before


@pytest.mark.parametrize("optimizer", [Scaled, lambda scales: Within(Scaled(scales))])
def test_a_record_of_arrays_goes_through_a_kernel_of_ours_and_is_still_there(optimizer):
    """``at_step`` returns it; its caller must not think that it was given a reference of its own."""
    scales = np.array([1.0, 2.0, 3.0])
    optimizer, count = optimizer(scales), sys.getrefcount(scales)
    for _ in range(5):
        gd.minimize(gd.Problem(gd.Linear(3, intercept=False)), X, Y, optimizer=optimizer, epochs=20, schedule=0.01)
    assert sys.getrefcount(scales) == count
    assert scales.tolist() == [1.0, 2.0, 3.0]


def test_an_orthogonal_step_frees_its_arrays():
    problem, before = gd.Problem(gd.MLP(3, (4,))), balance()
    gd.minimize(problem, X, Y, optimizer=gd.Muon(), schedule=0.01, epochs=5)
    assert balance() == before


def test_no_kernel_of_ours_counts():
    """The code around them does, once for each array that it is given."""
    problem, data = gd.Problem(gd.MLP(3, (4,))).ready().load(X, Y)
    work, whole = problem.workspace(data.Y.dtype), compiled(evaluate.function).fresh
    theta = np.zeros(len(work.g))
    whole(problem, theta, *data, *work)
    (code,) = whole.inspect_llvm().values()
    assert len(re.findall(r"call.*@NRT_incref", code)) <= len([theta, *data, *work])


@inlined
def first_half(values):
    return values[: len(values) // 2]


first_half.__module__ = "gdlearn.somewhere"


def test_a_kernel_of_ours_that_returns_an_array_is_refused():
    """Its caller may count, and would give back a reference that it was never given."""
    with pytest.raises(TypeError, match="first_half returns an array"):
        compiled(lambda values: first_half(values)[0]).fresh(np.ones(4))
