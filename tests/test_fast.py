"""What makes the library fast, and cannot be seen in its results: no recompiling, no copies, exact polynomials."""

import gc
import sys
import tracemalloc
from types import SimpleNamespace

import numpy as np
import pytest

import gdlearn as gd
import running
from gdlearn import compiling
from gdlearn.elementary import bits, exp, like, log1p
from gdlearn.generic import called, compiled, inlined
from gdlearn.loop import AllRows, Batches, Memory, SingleRows, cut_for, step
from gdlearn.optimizers import at_step, update
from gdlearn.problem import evaluate
from gdlearn.training import train


@compiled
def exponentials(x, y, z):
    for i in range(len(x)):
        y[i] = exp(x[i])
        z[i] = log1p(y[i])


@pytest.mark.parametrize(("dtype", "least"), [(np.float64, -708.0), (np.float32, -87.0)])
def test_polynomials_are_exact_to_two_units_in_the_last_place(dtype, least):
    rng = np.random.default_rng(0)
    x = np.concatenate([least * rng.random(20_000), -3.0 * rng.random(20_000), -(10.0 ** rng.uniform(-30, 0, 10_000))])
    x = np.append(x.astype(dtype), [dtype(0), dtype(least)])
    y, z = np.empty_like(x), np.empty_like(x)
    exponentials(x, y, z)
    for found, exact in [(y, np.exp(x.astype(np.longdouble))), (z, np.log1p(y.astype(np.longdouble)))]:
        assert (np.abs(found - exact) <= 2.0 * np.spacing(exact.astype(dtype))).all()


@pytest.mark.machine_code("plain Python has no polynomials")
def test_polynomials_at_the_ends():
    x = np.array([np.nan, -np.inf, -1e300, -709.0, -0.0])
    y, z = np.empty_like(x), np.empty_like(x)
    exponentials(x, y, z)
    np.testing.assert_array_equal(y, [np.nan, 0.0, 0.0, 0.0, 1.0])
    np.testing.assert_array_equal(z, [np.nan, 0.0, 0.0, 0.0, np.log(2.0)])


@compiled
def read_bits(x, y):
    for i in range(len(x)):
        y[i] = bits(x[i])


@pytest.mark.parametrize(("number", "whole"), [(np.float64, np.int64), (np.float32, np.int32)])
def test_bits_are_read_as_NumPy_reads_them(number, whole):
    x = np.array([0.0, -0.0, 1.0, -1.5, np.inf, np.nan, np.finfo(number).tiny, 3e38], number)
    found, back = np.empty(len(x), whole), np.empty(len(x), number)
    read_bits(x, found)
    read_bits(found, back)
    np.testing.assert_array_equal(found, x.view(whole))
    np.testing.assert_array_equal(back, x)


def test_plain_python_calls_the_library_of_c():
    assert (exp(-1.0), log1p(0.5), like(np.float32(1), 2.0)) == (np.exp(-1.0), np.log1p(0.5), 2.0)


@pytest.mark.parametrize("loss", [gd.SquaredError(), gd.BinaryCrossEntropy(), gd.Weighted(gd.SquaredError())])
@pytest.mark.parametrize("penalty", [gd.NoPenalty(), gd.L2(0.3)])
@pytest.mark.parametrize("intercept", [True, False])
@pytest.mark.parametrize("n", [2, 4, 43])
def test_rows_in_one_go_are_rows_one_by_one(loss, penalty, intercept, n):
    """A clip that never clips hides the plain optimizer, so that its rows go one by one; dense and sparse."""
    from scipy.sparse import csr_array

    rng = np.random.default_rng(1)
    X, y = rng.standard_normal((n, 5)) * (rng.random((n, 5)) < 0.6), (rng.random(n) < 0.5).astype(float)
    if isinstance(loss, gd.Weighted):
        y = np.column_stack([y, rng.random(n) + 0.5])
    problem = gd.Problem(gd.Linear(5, intercept=intercept), loss, penalty)
    method = {"batch_size": 1, "epochs": 3, "schedule": gd.InverseTime(0.1, 0.01), "seed": 3}
    with running.plainly():
        for data in (X, csr_array(X)):
            ours = gd.minimize(problem, data, y, **method)
            single = gd.minimize(problem, data, y, optimizer=gd.Clip(1e300), **method)
            np.testing.assert_allclose(ours.theta, single.theta, rtol=1e-12, atol=1e-14)
            assert ours.memory.t.tolist() == single.memory.t.tolist() == [3 * n, 4]


def test_rows_go_one_by_one_once_the_average_has_begun():
    """In the middle of the third of four epochs; the steps before it are taken in one go."""
    rng = np.random.default_rng(4)
    X, y = rng.standard_normal((10, 3)), rng.standard_normal(10)
    problem, method = gd.Problem(gd.Linear(3)), {"batch_size": 1, "epochs": 4, "schedule": 0.05, "average": 0.4}
    with running.plainly():
        ours, single = (gd.minimize(problem, X, y, optimizer=o, **method) for o in (gd.SGD(), gd.Clip(1e300)))
        last = gd.minimize(problem, X, y, **method | {"average": 0.0})
    np.testing.assert_allclose(ours.theta, single.theta, rtol=1e-12)
    np.testing.assert_allclose(ours.memory.theta, last.theta, rtol=1e-12)
    assert abs(ours.theta - last.theta).max() > 1e-3


def test_a_shrinkage_beyond_all_bounds_stays_exact():
    """With a rate of 1 / lam the weights are forgotten at every step: the sparse scale becomes 0."""
    from scipy.sparse import csr_array

    X, y = np.array([[1.0, 0.0], [0.0, 2.0], [1.0, 1.0]]), np.array([1.0, 2.0, 3.0])
    problem = gd.Problem(gd.Linear(2, intercept=False), penalty=gd.L2(2.0))
    method = {"batch_size": 1, "epochs": 2, "schedule": 0.5}
    with running.plainly():
        thetas = [gd.minimize(problem, data, y, **method).theta for data in (X, csr_array(X))]
    np.testing.assert_allclose(thetas[0], thetas[1], rtol=1e-14)


@pytest.mark.parametrize("optimizer", [gd.Adam(0.8, 0.9, 1e-6), gd.AdamW(0.1), gd.Clip(2.0, gd.Adam())])
def test_a_step_with_its_constants_ready_is_the_same_step(optimizer):
    theta = np.array([0.5])
    for t in (0, 1, 100):
        states = np.array([[[0.2], [0.7]]] * 2)
        plain = update(optimizer, 0.5, -0.3, states[0], 0, 0.1, t)
        quick = update(at_step(optimizer, theta, 0.1, t), 0.5, -0.3, states[1], 0, 0.1, t)
        assert plain == pytest.approx(quick, rel=1e-14)
        np.testing.assert_allclose(states[0], states[1], rtol=1e-15)


def test_single_precision_stays_single():
    """A step of Adam on float32 gives what float32 can hold of the step on float64."""
    rng = np.random.default_rng(2)
    theta, g = rng.standard_normal((2, 9)).astype(np.float32)
    problem, found = gd.Problem(gd.Linear(9, intercept=False)).ready(), []

    for dtype in (np.float32, np.float64):
        w, state = theta.astype(dtype), np.zeros((2, 9), dtype)
        none = np.zeros(0, np.int64), np.ones(1, np.uint64), w, np.zeros(2, np.int64)
        compiled(_one)(problem, gd.Adam(), Memory(w, w, state, *none), g.astype(dtype), 0.1)
        found.append(w)
    assert found[0].dtype == np.float32
    np.testing.assert_allclose(found[0], found[1], rtol=1e-5)


def _one(problem, optimizer, memory, g, lr):
    step(problem.model, problem.penalty, optimizer, memory, g, lr, 0)


@pytest.mark.machine_code("counts compiled signatures")
def test_hyperparameters_and_batch_sizes_share_their_machine_code():
    X, y = np.eye(3), np.ones(3)

    def fit(lam, batch_size, rate, optimizer=gd.Adam()):  # noqa: B008 (records are immutable)
        problem = gd.Problem(gd.Linear(3), penalty=gd.L2(lam))
        gd.minimize(problem, X, y, epochs=2, optimizer=optimizer, batch_size=batch_size, schedule=rate)
        return len(train.kept.signatures)

    fit(0.1, None, 0.1)
    before = fit(0.1, 2, 0.1)
    assert {fit(0.5, 1, 0.1), fit(1, 2, 0.01), fit(0.0, None, 1e-3), fit(0.0, 3, 1e-3)} == {before}
    single = fit(0.1, 1, 0.1, gd.SGD())  # plain steps along single rows go several at a time
    assert fit(0.5, 1, 0.01, gd.SGD()) == single > before


@pytest.mark.parametrize(
    ("problem", "optimizer", "batch_size", "cut"),
    [
        (gd.Problem(gd.Linear(3)), gd.SGD(), 3, AllRows()),
        (gd.Problem(gd.Linear(3)), gd.SGD(), 2, Batches()),
        (gd.Problem(gd.Linear(3), penalty=gd.L2(0.1)), gd.SGD(), 1, SingleRows()),
        (gd.Problem(gd.Linear(3), penalty=gd.L1(0.1)), gd.SGD(), 1, Batches()),
        (gd.Problem(gd.Linear(3)), gd.Momentum(), 1, Batches()),
        (gd.Problem(gd.Linear(3, 2)), gd.SGD(), 1, Batches()),
        (gd.Problem(gd.MLP(3, (2,))), gd.SGD(), 1, Batches()),
    ],
)
def test_a_loop_holds_one_way_to_cut_an_epoch(problem, optimizer, batch_size, cut):
    assert cut_for(problem, optimizer, batch_size, 3) == cut
    assert cut_for(problem, optimizer, 1, 1) == AllRows()


@pytest.mark.machine_code("counts compiled signatures")
def test_closed_forms_of_several_outputs_share_their_machine_code():
    X, y = np.eye(4), np.ones((4, 2))
    gd.closed_form(gd.Problem(gd.Linear(4, 2)), X, y)
    before = len(evaluate.kept.signatures), len(evaluate.fresh.signatures)
    for n in (5, 6, 7):
        gd.closed_form(gd.Problem(gd.Linear(4, 2)), np.eye(n, 4), np.ones((n, 2)))
    assert (len(evaluate.kept.signatures), len(evaluate.fresh.signatures)) == before


@pytest.mark.machine_code("looks at what Numba made")
def test_kernels_become_part_of_their_caller_before_they_are_optimized():
    """Each kernel would else be optimized in the code of each function around it: a third of a first fit."""
    double = compiled(_twice).fresh
    assert double(3.0) == 6.0
    (whole,) = double.overloads.values()
    ours = [library for library in whole.library._linking_libraries if library.name == "_added"]
    assert [type(library).__name__ for library in ours] == ["Part"]
    # Machine code of the part alone would be slow, and would run in place of its optimized copy in the whole.
    known = [name for name in ours[0]._codegen._engine._defined_symbols if "_added" in name]
    assert known
    assert all("NumbaEnv" in name for name in known)


@pytest.mark.machine_code("looks at what Numba made")
def test_what_is_called_is_one_piece_of_code():
    """Numba passes on to a function called that its caller is to become part of each of its own callers."""
    four = compiled(_four_times).fresh
    assert four(3.0) == 12.0
    (whole,) = four.overloads.values()
    within = next(library for library in whole.library._linking_libraries if library.name == "_doubled")
    merged = {f.name: b"alwaysinline" in [*f.attributes] for f in within._final_module.functions if f.name[0] == "_"}
    assert [inline for name, inline in merged.items() if "_doubled" in name] == [True]
    assert [inline for name, inline in merged.items() if "_far" in name] == [False]


def test_where_numba_has_moved_its_parts_its_usual_compiler_serves(monkeypatch):
    monkeypatch.setitem(sys.modules, "numba.core.codegen", None)
    assert compiling.for_kernels() is None
    monkeypatch.setitem(sys.modules, "numba.core.compiler", None)
    assert compiling.for_entries() is None


def test_the_passes_that_kernels_do_without_are_numbas():
    numba = pytest.importorskip("numba.core.compiler")
    state = SimpleNamespace(flags=numba.Flags(), func_ir=None)
    passes = numba.DefaultPassBuilder.define_nopython_pipeline(state).passes
    assert compiling.UNUSED <= {step.__name__ for step, _ in passes}


def test_flags_are_compared_as_numba_compares_them():
    Flags = pytest.importorskip("numba.core.compiler").Flags
    QuickFlags = compiling.quick_flags()
    usual, said, other = Flags(), Flags(), Flags()
    said.noalias, other.noalias = Flags().noalias, not Flags().noalias
    for a in (usual, said, other):
        for b in (usual, said, other):
            assert (QuickFlags(a) == QuickFlags(b)) is (a == b)
            assert (QuickFlags(a) == b) is (b == QuickFlags(a)) is (a == b)
            assert hash(QuickFlags(a)) == hash(a)
    assert QuickFlags(usual) != "flags"


def test_numba_gets_ready_without_a_search_for_garbage():
    looked = []
    entry = SimpleNamespace(targetctx=SimpleNamespace(refresh=lambda: looked.append(gc.isenabled())))
    assert compiling.prepared(entry) is entry
    assert (looked, gc.isenabled()) == ([False], True)


def test_records_of_somebody_else_are_seen_inside_others():
    number = SimpleNamespace()
    ours = SimpleNamespace(instance_class=gd.L2, types=[number])
    theirs = SimpleNamespace(instance_class=type("Cubic", (), {}), types=[number])
    around = [SimpleNamespace(instance_class=gd.Problem, types=[ours, inside]) for inside in (ours, theirs)]
    found = [compiling.has_strangers(kind) for kind in (number, ours, theirs, *around)]
    assert found == [False, False, True, False, True]


@inlined
def _added(x, y):
    return x + y


def _twice(x):
    return _added(x, x)


@called
def _far(x):
    return x + x


@inlined
def _doubled(x):
    return _far(x)


def _four_times(x):
    return _doubled(_doubled(x))


@pytest.mark.machine_code("a million numbers, many times")
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("batch_size", [1, 32, None])
def test_a_run_allocates_little_beside_the_data(dtype, batch_size):
    """X takes 4 MB or 8 MB; the targets are checked and the rows have numbers."""
    X, y = np.ones((20_000, 50), dtype), np.ones(20_000, dtype)
    problem, method = gd.Problem(gd.Linear(50)), {"epochs": 2, "batch_size": batch_size, "schedule": 1e-4}
    gd.minimize(problem, X, y, **method)
    tracemalloc.start()
    gd.minimize(problem, X, y, **method)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 40 * len(y)
