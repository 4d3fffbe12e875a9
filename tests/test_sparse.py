"""Sparse inputs: the same numbers as dense ones, in whatever form SciPy hands them over."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse

import gdlearn as gd
import running
from gdlearn.sparse import suited
from strategies import sparse_layouts

RNG = np.random.default_rng(9)
X = RNG.standard_normal((40, 5)) * (RNG.random((40, 5)) < 0.3)
X[[0, 7, 39]] = 0.0  # rows without an entry, the first and the last among them
Y, TABLE = RNG.standard_normal(40), RNG.standard_normal((40, 3))


def with_index(dtype):
    A = sparse.csr_array(X)
    A.indices, A.indptr = A.indices.astype(dtype), A.indptr.astype(dtype)
    return A


def shuffled():
    """The entries of each row in backward order."""
    A = sparse.csr_array(X)
    for a, b in zip(A.indptr, A.indptr[1:], strict=False):
        A.indices[a:b], A.data[a:b] = A.indices[a:b][::-1].copy(), A.data[a:b][::-1].copy()
    A.has_sorted_indices = False
    return A


def with_zeros():
    """Half of the zeros are written out."""
    A = X.copy()
    A[(X == 0.0) & (RNG.random(X.shape) < 0.5)] = 1e300
    A = sparse.csr_array(A)
    A.data[A.data == 1e300] = 0.0
    return A


def doubled():
    """Every entry stands twice, half as large."""
    A = sparse.coo_array(X)
    rows, columns = np.tile(A.row, 2), np.tile(A.col, 2)
    order = np.argsort(rows, kind="stable")
    begins = np.searchsorted(rows[order], np.arange(41))
    return sparse.csr_array((np.tile(A.data / 2.0, 2)[order], columns[order], begins), shape=X.shape)


def read_only():
    A = sparse.csr_array(X)
    for part in (A.data, A.indices, A.indptr):
        part.flags.writeable = False
    return A


FORMS = {
    "int32": lambda: with_index(np.int32),
    "int64": lambda: with_index(np.int64),
    "unsorted": shuffled,
    "explicit zeros": with_zeros,
    "doubled": doubled,
    "csr_matrix": lambda: sparse.csr_matrix(X),
    "csc": lambda: sparse.csc_array(X),
    "coo": lambda: sparse.coo_array(X),
    "lil": lambda: sparse.lil_array(X),
    "read-only": read_only,
    "whole numbers": None,
}


def form(name):
    """The sparse inputs and the dense ones."""
    if name == "whole numbers":
        return sparse.csr_array((10 * X).astype(int)), (10 * X).astype(int).astype(float)
    return FORMS[name](), X


def numbers(problem, X, y, **method):
    run = gd.minimize(problem, X, y, epochs=3, seed=1, **method)
    theta = run.theta
    smooth = problem.smoothness(X) if not np.isinf(gd.losses.curvature(problem.loss)) else ()
    parts = [theta, run.history.objective, run.history.gradient_norm, problem.gradient(theta, X, y)]
    return np.concatenate([*parts, problem.scores(theta, X).ravel(), [problem.objective(theta, X, y)], smooth])


@pytest.mark.parametrize("name", FORMS)
def test_sparse_equals_dense(name):
    A, dense = form(name)
    before = A.toarray()
    for intercept, k, batch_size in [(True, 1, None), (False, 3, 7), (True, 3, 1)]:
        problem = gd.Problem(gd.Linear(5, k, intercept), gd.Huber(0.7), gd.ElasticNet(0.1))
        method = {"batch_size": batch_size, "schedule": 0.01}
        y = TABLE if k == 3 else Y
        with running.plainly():
            ours, expected = (numbers(problem, inputs, y, **method) for inputs in (A, dense))
        np.testing.assert_allclose(ours, expected, rtol=1e-12, atol=1e-12)
    np.testing.assert_array_equal(A.toarray(), before)


@pytest.mark.parametrize("name", ["int32", "int64", "unsorted"])
def test_compiled_sparse_equals_dense(name):
    problem, method = gd.Problem(gd.Linear(5), penalty=gd.L1(0.1)), {"batch_size": 7, "schedule": 0.01}
    ours = numbers(problem, FORMS[name](), Y, **method)
    np.testing.assert_allclose(ours, numbers(problem, X, Y, **method), rtol=1e-12, atol=1e-12)


@given(st.data())
def test_any_sparse_matrix_equals_its_dense_form(data):
    A = data.draw(sparse_layouts())
    n, d = A.shape
    problem = gd.Problem(gd.Linear(d, 2), gd.CrossEntropy(), gd.L2(0.1))
    theta, y = RNG.standard_normal(2 * d + 2), RNG.integers(0, 2, n)
    with running.plainly():
        sparse_numbers, dense_numbers = (
            [problem.objective(theta, B, y), *problem.gradient(theta, B, y), *problem.scores(theta, B).ravel()]
            for B in (A, A.toarray())
        )
    np.testing.assert_allclose(sparse_numbers, dense_numbers, rtol=1e-12, atol=1e-12)


def test_single_precision_stays_single():
    with running.plainly():
        run = gd.minimize(gd.Problem(gd.Linear(5)), sparse.csr_array(X.astype(np.float32)), Y, epochs=2)
    assert run.theta.dtype == np.float32


def test_muon_takes_sparse_inputs():
    problem, method = gd.Problem(gd.Linear(5, 3)), {"optimizer": gd.Muon(), "schedule": 0.01, "epochs": 3}
    with running.plainly():
        dense, compressed = (gd.minimize(problem, A, TABLE, **method).theta for A in (X, sparse.csr_array(X)))
    np.testing.assert_allclose(compressed, dense, rtol=1e-10)


# --- Refused


def broken(part, position, value):
    """A matrix whose index arrays lie; SciPy does not look at them."""
    A = sparse.csr_array(X)
    getattr(A, part)[position] = value
    return A


@pytest.mark.parametrize(
    ("A", "message"),
    [
        (broken("indices", 3, 5), "X"),
        (broken("indices", 0, -1), "X"),
        (broken("indices", 3, 10**8), "X"),
        (broken("indptr", 5, 10**6), "X"),
        (broken("indptr", 5, -2), "X"),
        (broken("data", 4, np.nan), "X.data holds nan"),
        (broken("data", 4, -np.inf), "X.data holds -inf"),
        (sparse.csr_array(X[:, :4]), "X has 4 columns"),
        (sparse.csr_array((0, 5)), "X has no rows"),
        (sparse.csr_array(X.astype(complex)), "X must be an array of real numbers"),
        (sparse.coo_array(np.ones(5)), "X must have shape"),
    ],
)
def test_a_malformed_sparse_matrix_is_refused_by_name(A, message):
    problem = gd.Problem(gd.Linear(5))
    with running.plainly():
        for call in (
            lambda: gd.minimize(problem, A, Y, epochs=1),
            lambda: problem.objective(None, A, Y),
            lambda: problem.scores(None, A),
        ):
            with pytest.raises((TypeError, ValueError), match=rf"\b{message}"):
                call()


def test_a_network_refuses_sparse_inputs_by_name():
    problem, A = gd.Problem(gd.MLP(5, (3,))), sparse.csr_array(X)
    theta = np.zeros(gd.models.size(problem.model))
    for call in (
        lambda: gd.minimize(problem, A, Y),
        lambda: problem.objective(theta, A, Y),
        lambda: problem.scores(theta, A),
    ):
        with pytest.raises(TypeError, match=r"X is sparse, but MLP takes dense inputs only; pass X.toarray\(\)"):
            call()


def test_sparse_targets_are_refused_by_name():
    with pytest.raises(TypeError, match="y must be an array of real numbers"):
        gd.minimize(gd.Problem(gd.Linear(5)), X, sparse.csr_array(Y.reshape(-1, 1)))


def test_columns_are_read_in_place_and_take_four_bytes():
    """An epoch of single rows reads each of them twice; eight bytes are for more columns than four can number."""
    problem, A = gd.Problem(gd.Linear(5)), with_index(np.int32)
    _, data = problem.load(A, Y)
    assert np.shares_memory(data.X.columns, A.indices)
    _, data = problem.load(with_index(np.int64), Y)
    assert data.X.columns.dtype == np.int32
    wide = sparse.csr_array((np.ones(1), np.array([2**31]), np.array([0, 1])), shape=(1, 2**31 + 1))
    assert suited(gd.Linear(2**31 + 1), wide)[1].columns.tolist() == [2**31]
