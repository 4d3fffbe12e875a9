"""Generic functions: which kernel is picked, when it may be replaced, and that none is compiled twice."""

import gc
import inspect
import subprocess
import sys
from contextlib import nullcontext
from typing import NamedTuple

import numpy as np
import pytest

import gdlearn as gd
from gdlearn import garbage, generic, training
from gdlearn._types import is_ours

X, Y = np.array([[1.0, 2.0], [3.0, 5.0], [0.5, -1.0], [2.0, 0.0]]), np.array([1.0, 0.0, 2.0, -1.0])
PROBLEM = gd.Problem(gd.Linear(2))


@generic.generic
def area(shape):
    return 0.0


class Square(NamedTuple):
    side: float


@area.kernel(Square)
def _(shape):
    return shape.side**2


class Dot(NamedTuple):
    pass


# --- Registration


def test_the_class_of_the_first_argument_picks_the_kernel():
    assert (area(Square(3.0)), area(Dot())) == (9.0, 0.0)
    assert generic.has_kernel(area, Square)
    assert not generic.has_kernel(area, Dot)


def test_source_is_the_text_of_the_kernel():
    assert generic.source(area, Square) == "@area.kernel(Square)\ndef _(shape):\n    return shape.side**2"
    assert generic.source(gd.schedules.rate, gd.Constant) in inspect.getsource(gd.schedules)


CLASS = "class Cubic(NamedTuple):\n    lam: float\n"
CLOSURE = (
    "@gd.penalties.cost.kernel(Cubic)\n"
    "def _(penalty, w):\n"
    "    cube = lambda size: size**3\n"
    "    return penalty.lam * (np.array([0.0, cube(abs(w))]) + np.zeros(2)).sum()\n"
)
KERNEL = "@gd.penalties.cost.kernel(Cubic)\ndef _(penalty, w):\n    return {} * penalty.lam * abs(w) ** 3\n"
THETA = [1.0, 2.0, 0.0]  # the sum of cubes of the weights is 9


def cell(source, namespace):
    exec(compile(source, "<cell>", "exec"), namespace)


def added_cost(namespace):
    """What the penalty Cubic(0.5) adds to the objective."""
    penalized = PROBLEM._replace(penalty=namespace["Cubic"](0.5))
    return penalized.objective(THETA, X, Y) - PROBLEM.objective(THETA, X, Y)


@pytest.fixture
def notebook():
    return {"__name__": "__main__", "gd": gd, "np": np, "NamedTuple": NamedTuple}


def test_a_cell_that_defines_a_record_and_its_kernel_can_be_run_again(notebook):
    for factor in (1.0, 3.0):
        cell(CLASS + KERNEL.format(factor), notebook)
        assert added_cost(notebook) == pytest.approx(4.5 * factor, rel=1e-12)


def test_a_kernel_of_yours_may_hold_what_ours_do_without(notebook):
    """Functions of its own and arithmetic on whole arrays, which the compiler of our kernels passes by."""
    cell(CLASS + CLOSURE, notebook)
    assert added_cost(notebook) == pytest.approx(4.5, rel=1e-12)


@pytest.mark.machine_code("plain Python takes any kernel at any time")
def test_a_kernel_can_be_replaced_before_it_is_compiled_and_not_after(notebook):
    cell(CLASS + KERNEL.format(1.0) + KERNEL.format(2.0), notebook)
    assert added_cost(notebook) == pytest.approx(9.0, rel=1e-12)
    with pytest.raises(TypeError, match=r"Cubic was already compiled with its cost kernel.*run the cell"):
        cell(KERNEL.format(5.0), notebook)
    assert gd.penalties.cost(notebook["Cubic"](0.5), 1.0) == 1.0
    assert added_cost(notebook) == pytest.approx(9.0, rel=1e-12)


@pytest.mark.machine_code("plain Python takes any kernel at any time")
def test_a_default_kernel_that_was_compiled_cannot_be_replaced_either(notebook):
    cell(CLASS + KERNEL.format(1.0), notebook)
    added_cost(notebook)
    with pytest.raises(TypeError, match="Cubic was already compiled with its pull kernel"):
        cell("@gd.penalties.pull.kernel(Cubic)\ndef _(penalty, w):\n    return w\n", notebook)


def test_kernels_of_our_own_records_cannot_be_replaced_from_outside():
    with pytest.raises(TypeError, match="L2 is gdlearn's; define a record of your own"):

        @gd.penalties.cost.kernel(gd.L2)
        def _(penalty, w):
            return 0.0


@pytest.mark.parametrize("record", [object, tuple, "Square", Square(1.0)])
def test_only_record_classes_have_kernels(record):
    with pytest.raises(TypeError, match=r"area.kernel takes a NamedTuple class"):
        area.kernel(record)


def test_a_kernel_has_the_parameters_of_its_function():
    with pytest.raises(TypeError, match=r"area for Dot must take \(shape\), not \(shape, scale\)"):
        area.kernel(Dot)(lambda shape, scale: 0.0)


def kernels():
    """Each kernel of the library, beside the function that it is registered under."""
    modules = [module for name, module in sys.modules.items() if name.startswith("gdlearn.")]
    functions = {id(f): f for module in modules for f in vars(module).values() if hasattr(f, "compiled_for")}
    for function in functions.values():
        for record, body in function.registry.items():
            if is_ours(record) and is_ours(body):
                yield pytest.param(function, record, body, id=f"{function.__name__}-{record.__name__}")


@pytest.mark.parametrize(("function", "record", "body"), [*kernels()])
def test_our_kernels_have_the_parameters_of_their_functions(function, record, body):
    """These are not looked at when they are registered."""
    assert hasattr(record, "_fields")
    assert [*inspect.signature(body).parameters] == [*inspect.signature(function.dispatch(object)).parameters]


def test_a_kernel_of_ours_under_a_record_of_yours_is_looked_at():
    with pytest.raises(TypeError, match=r"area for Dot must take \(shape\), not \(penalty, w\)"):
        area.kernel(Dot)(gd.penalties.cost.dispatch(gd.L2))


# --- One machine code for all values


@pytest.mark.parametrize(
    ("component", "function", "able"),
    [
        ("loss", "value", "SquaredError, AbsoluteError, Huber, BinaryCrossEntropy"),
        ("penalty", "cost", "NoPenalty, L2, L1, ElasticNet"),
        ("model", "forward", "Linear, MLP"),
        ("optimizer", "update", "SGD, Momentum, Nesterov, Clip, AdaGrad, RMSProp, Adam, AMSGrad, AdamW, Lion, Muon"),
        ("schedule", "rate", "Constant, Exponential, LinearDecay, InverseTime, Step, Cosine, WarmupStableDecay"),
    ],
)
def test_a_missing_kernel_is_one_short_sentence(component, function, able):
    part_of_problem = component in PROBLEM._fields
    problem = PROBLEM._replace(**{component: Dot()}) if part_of_problem else PROBLEM
    method = {} if part_of_problem else {component: Dot()}
    with pytest.raises(TypeError) as caught:
        gd.minimize(problem, X, Y, **method)
    message = str(caught.value)
    assert message.startswith(f"{component}=Dot has no {function} kernel; {able}")
    assert message.endswith("have one")
    assert len(message) < 200


def compilations(*functions):
    return sum(len(f.kept.signatures) + len(f.fresh.signatures) for f in functions)


@pytest.mark.machine_code("plain Python has nothing to get ready")
def test_numba_hears_of_an_entry_point_at_its_first_call():
    """Its preparations would else be a third of the import."""
    nothing = generic.compiled(_nothing)
    assert not vars(nothing).keys() & {"kept", "fresh"}
    nothing()
    assert "kept" in vars(nothing)


def _nothing():
    pass


@pytest.mark.parametrize("state", ["on", "off", "frozen"])
@pytest.mark.parametrize("compiles", [True, False])
def test_compiling_leaves_the_search_for_garbage_as_it_was(state, compiles):
    """On, switched off by the user, or with objects set aside, as servers do before they fork; errors or not."""
    before = gc.isenabled(), gc.get_freeze_count()
    try:
        gc.collect()
        {"on": gc.enable, "off": gc.disable, "frozen": gc.freeze}[state]()
        expected = gc.isenabled(), gc.get_freeze_count() > 0
        with nullcontext() if compiles else pytest.raises(ValueError, match="no code"), garbage.garbage_left():
            assert gc.isenabled() is (state == "frozen")
            if not compiles:
                raise ValueError("no code")
        assert (gc.isenabled(), gc.get_freeze_count() > 0) == expected
    finally:
        gc.unfreeze()
        gc.enable()
    assert (gc.isenabled(), gc.get_freeze_count()) == before


@pytest.mark.parametrize("state", ["gc.enable()", "gc.disable()", "gc.freeze()"])
def test_the_import_leaves_the_search_for_garbage_as_it_was(state):
    """And where it is on, nothing is searched meanwhile, but perhaps as Python reads the package itself."""
    code = f"""if True:
        import contextlib, gc, importlib
        gc.collect()
        {state}
        before, searches = (gc.isenabled(), gc.get_freeze_count() > 0), []
        gc.callbacks.append(lambda phase, about: searches.append(phase))
        import gdlearn
        print((gc.isenabled(), gc.get_freeze_count() > 0) == before, len(searches))"""
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True).stdout.split()
    assert out[0] == "True"
    assert (int(out[1]) > 10) is (state == "gc.freeze()")


@pytest.mark.machine_code("nothing is compiled")
def test_no_search_for_garbage_while_numba_compiles():
    searches, entry = [], generic.compiled(_nothing).fresh
    gc.callbacks.append(lambda phase, found: searches.append(found))
    try:
        entry()
    finally:
        gc.callbacks.pop()
    assert entry.signatures
    assert len(searches) <= 1  # on the way to the compiler


@pytest.mark.machine_code("it counts compilations")
def test_a_new_hyperparameter_never_recompiles():
    rng = np.random.default_rng(0)

    def fit(lam, beta, eta, decay, n=4, d=2, intercept=True, **settings):
        problem = gd.Problem(gd.Linear(d, intercept=intercept), gd.BinaryCrossEntropy(), gd.L2(lam))
        A, b = 0.1 * rng.standard_normal((n, d)), rng.integers(0, 2, n)
        method = {"optimizer": gd.Momentum(beta), "schedule": gd.Exponential(eta, decay)}
        gd.minimize(problem, A, b, **method, **settings)

    fit(1.0, 0.5, 0.1, 0.9)
    fit(1.0, 0.5, 0.1, 0.9, batch_size=2)  # batches have a loop of their own
    before = compilations(training.train)
    fit(1, 0, 1, 1)
    fit(np.float32(0.5), np.float64(0.25), np.int64(1), np.array(0.5))
    fit(0, 0.9, 0.01, 0.999, n=50, d=7, intercept=False, batch_size=8, epochs=3, seed=11, path=True)
    fit(0.1, 0.3, 0.2, 0.5, batch_size=np.int32(1), epochs=0, sampling="replacement", tolerance=1, start=[1, 2, 3])
    fit(2, 0.3, 0.2, 0.5, sampling="sequential", seed=np.random.default_rng(1))
    assert compilations(training.train) == before


@pytest.mark.machine_code("it counts compilations")
def test_the_layout_of_the_data_never_recompiles():
    gd.minimize(PROBLEM, X, Y, epochs=1)
    before = compilations(training.train)
    frozen = X.copy()
    frozen.flags.writeable = False
    for A in (np.asfortranarray(X), X[::-1], X.tolist(), X.astype(int), X.astype(">f8"), frozen):
        gd.minimize(PROBLEM, A, Y, epochs=1)
    assert compilations(training.train) == before


def test_records_of_different_classes_are_different():
    assert gd.Momentum(0.5) != gd.Nesterov(0.5)
    assert len({gd.Momentum(0.5), gd.Nesterov(0.5), gd.Momentum(0.5)}) == 2
    assert gd.Momentum(0.5) == gd.Momentum(0.5)
