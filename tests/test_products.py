"""Products of matrices, as the models take them: against NumPy, whatever the shapes and the layouts."""

import numpy as np
import pytest

from gdlearn.generic import compiled
from gdlearn.products import add_transposed_times, gemm, times, times_transposed


@compiled
def by_blas(A, B, C, keep):
    gemm(A, B, C, keep)


@compiled
def by_size(A, W, S, Z, back, G):
    times_transposed(A, W, Z)
    times(S, W, back)
    add_transposed_times(S, A, G)


def to_rounding(dtype):
    """The tolerances for sums of up to 65 products of numbers near 1."""
    return {"rtol": 65 * np.finfo(dtype).eps, "atol": 65 * np.finfo(dtype).eps}


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("layouts", ["CC", "CF", "FC", "FF"])
@pytest.mark.parametrize("shape", [(1, 1, 1), (1, 5, 3), (4, 1, 2), (3, 2, 1), (17, 9, 33)])
def test_blas_multiplies_and_adds(dtype, layouts, shape):
    m, p, n = shape
    rng = np.random.default_rng(0)
    A, B = (rng.standard_normal(s).astype(dtype, order=k) for s, k in zip(((m, p), (p, n)), layouts, strict=True))
    C, close = (
        rng.standard_normal((m, n)).astype(dtype),
        {"rtol": 50 * np.finfo(dtype).eps, "atol": 50 * np.finfo(dtype).eps},
    )
    for keep in (1.0, 0.5, np.float32(-2.0)):
        expected = A.astype(float) @ B.astype(float) + float(keep) * C
        by_blas(A, B, C, keep)
        np.testing.assert_allclose(C, expected, **close)
    C[:] = np.nan  # what a new workspace may hold
    by_blas(A, B, C, 0.0)
    np.testing.assert_allclose(C, A.astype(float) @ B.astype(float), **close)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("m", [1, 3, 4, 64, 65])
@pytest.mark.parametrize(("q", "p"), [(1, 1), (2, 3), (5, 4), (16, 7), (17, 30)])
def test_small_and_large_products_are_the_same(dtype, m, q, p):
    """On both sides of the sizes from which on BLAS multiplies; S, Z and A are parts of longer arrays."""
    rng = np.random.default_rng(1)
    A, S, back = (rng.standard_normal((m + 2, k)).astype(dtype)[:m] for k in (p, q, p))
    W, G = rng.standard_normal((2, q, p)).astype(dtype)
    Z, before, double = np.full((m, q), np.nan, dtype), G.copy(), (A.astype(float), W.astype(float), S.astype(float))
    by_size(A, W, S, Z, back, G)
    A, W, S = double
    close = to_rounding(dtype)
    np.testing.assert_allclose(Z, A @ W.T, **close)
    np.testing.assert_allclose(back, S @ W, **close)
    np.testing.assert_allclose(G, before + S.T @ A, **close)
