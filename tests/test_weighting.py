"""What a sample weight means: a number of copies of a row."""

import numpy as np
import pytest
from scipy import sparse
from sklearn.base import clone

import gdlearn as gd
from fits import CLASSES, EXACT, LABELS, RNG, WEIGHT, N, X, Y, targets
from gdlearn import weighting
from gdlearn.digests import digests
from gdlearn.estimators import GDClassifier, GDRegressor

STOCHASTIC = [
    GDRegressor(batch_size=16, epochs=20),
    GDRegressor(hidden=(6,), epochs=20),
    GDRegressor(early_stopping=True),
    GDClassifier(batch_size=16, epochs=20, early_stopping=True),
]


DENSE = [(estimator, np.asarray) for estimator in STOCHASTIC]
SPARSE = [(estimator, sparse.csr_array) for estimator in STOCHASTIC if not estimator.hidden]


@pytest.mark.parametrize(("estimator", "convert"), DENSE + SPARSE)
def test_a_weight_is_a_number_of_copies_to_the_bit(estimator, convert):
    y, copies = targets(estimator), WEIGHT.astype(int)
    shuffled = RNG.permutation(N)
    weights = clone(estimator).fit(convert(X[shuffled]), y[shuffled], sample_weight=WEIGHT[shuffled])
    repeats = clone(estimator).fit(convert(X.repeat(copies, axis=0)), y.repeat(copies))
    assert weights.run_.theta.tolist() == repeats.run_.theta.tolist()


def test_the_scale_of_the_weights_is_of_no_account():
    fits = [GDRegressor().fit(X, Y, sample_weight=c * (WEIGHT + 1.0)) for c in (1.0, 1e-3)]
    np.testing.assert_allclose(fits[0].coef_, fits[1].coef_, rtol=1e-10)


def test_weighted_least_squares_has_the_closed_form():
    ours = GDRegressor(penalty=None, **EXACT).fit(X, Y, sample_weight=WEIGHT)
    A, root = np.column_stack([X, np.ones(N)]), np.sqrt(WEIGHT)
    exact = np.linalg.lstsq(A * root[:, None], Y * root)[0]
    np.testing.assert_allclose(np.append(ours.coef_, ours.intercept_), exact, rtol=1e-8, atol=1e-9)


@pytest.mark.parametrize(
    "weight", [-np.ones(N), np.zeros(N), np.ones(3), np.ones((N, 2)), np.full(N, np.nan), "balanced", N * ["1"]]
)
def test_senseless_weights_are_refused(weight):
    with pytest.raises((ValueError, TypeError), match=r"[Ss]ample_?.?weight"):
        GDRegressor().fit(X, Y, sample_weight=weight)


@pytest.mark.parametrize("loss", [gd.SquaredError(), gd.CrossEntropy(), gd.BinaryCrossEntropy()])
def test_weighted_loss_is_the_weighted_mean(loss):
    k = 3 if loss == gd.CrossEntropy() else 1
    y = CLASSES if k == 3 else LABELS == "yes"
    problem, theta = gd.Problem(gd.Linear(4, k), loss), 0.3 * np.arange(5.0 * k)
    rows = [problem.objective(theta, X[i : i + 1], y[i : i + 1]) for i in range(N)]
    slopes = [problem.gradient(theta, X[i : i + 1], y[i : i + 1]) for i in range(N)]
    heavy, both = problem._replace(loss=gd.Weighted(loss)), np.column_stack([y, WEIGHT])
    assert heavy.objective(theta, X, both) == pytest.approx(np.dot(WEIGHT, rows) / N)
    np.testing.assert_allclose(heavy.gradient(theta, X, both), WEIGHT @ slopes / N, atol=1e-12)


@pytest.mark.parametrize(
    ("loss", "y", "error"),
    [
        (gd.Weighted(gd.SquaredError()), Y, "as its last column"),
        (gd.Weighted(gd.SquaredError()), np.column_stack([Y, -WEIGHT]), "weights of at least 0"),
        (gd.Weighted(gd.L2(1.0)), np.column_stack([Y, WEIGHT]), "must be a loss"),
        (gd.Weighted(gd.Weighted(gd.SquaredError())), np.column_stack([Y, WEIGHT, WEIGHT]), "multiply the weights"),
        (gd.Weighted(2.0), np.column_stack([Y, WEIGHT]), "then must be a record"),
    ],
)
def test_weighted_loss_refuses(loss, y, error):
    with pytest.raises((ValueError, TypeError), match=error):
        gd.minimize(gd.Problem(gd.Linear(4), loss), X, y)


def test_distinct_rows_add_their_weights():
    rows = np.array([[0.0, 1.0], [2.0, 3.0], [-0.0, 1.0], [0.0, 1.0]])
    y = np.array([1.0, 1.0, 1.0, 2.0])
    for convert in (np.asarray, sparse.csr_array):
        found, labels, weight = weighting.distinct(convert(rows), y, np.array([1.0, 2.0, 4.0, 8.0]))
        found = found.toarray() if sparse.issparse(found) else found
        table = {(*row, label): w for row, label, w in zip(found.tolist(), labels, weight, strict=True)}
        assert table == {(0.0, 1.0, 1.0): 5.0, (2.0, 3.0, 1.0): 2.0, (0.0, 1.0, 2.0): 8.0}


def test_distinct_rows_come_in_one_order_whatever_holds_them():
    rows = RNG.integers(0, 3, size=(500, 4)).astype(float)
    y, weight = RNG.integers(0, 2, size=500).astype(float), RNG.uniform(size=500)
    expected = np.unique(np.column_stack([rows, y]), axis=0)
    csr = sparse.csr_array(rows)
    halves = sparse.csr_array((csr.data.repeat(2) / 2, csr.indices.repeat(2), 2 * csr.indptr), csr.shape)
    for inputs, labels in [
        (rows, y),
        (rows.astype(np.float32), y.astype(np.float32)),
        (np.asfortranarray(np.where(rows == 0, -0.0, rows)), y),
        (csr, y[:, None]),
        (halves, y),
        (sparse.csr_matrix(rows), y),
    ]:
        found, kept, total = weighting.distinct(inputs, labels, weight)
        found = found.toarray() if sparse.issparse(found) else found
        table = np.column_stack([found, kept])
        assert table.tolist() == np.column_stack(weighting.distinct(rows, y, weight)[:2]).tolist()
        assert np.unique(table, axis=0).tolist() == expected.tolist()
        assert total.sum() == pytest.approx(weight.sum())
    shuffled = RNG.permutation(500)
    again = weighting.distinct(rows[shuffled], y[shuffled], weight[shuffled])
    assert np.column_stack(again[:2]).tolist() == table.tolist()


def splitmix(bits):
    bits = (bits ^ bits >> 30) * 0xBF58476D1CE4E5B9 % 2**64
    bits = (bits ^ bits >> 27) * 0x94D049BB133111EB % 2**64
    return bits ^ bits >> 31


def digest(row, part):
    """By the definition, entry by entry."""
    keys = [[splitmix(column + (seed << 32)) for column in range(len(row))] for seed in (part, 2 + part)]
    bits = [int(np.float64(number).view(np.uint64)) for number in row]
    return [sum(splitmix(b ^ k) for b, k, z in zip(bits, ks, row, strict=True) if z) % 2**64 for ks in keys]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_digests_are_those_of_the_definition_whatever_holds_the_rows(dtype):
    rows = RNG.standard_normal((7, 300)).astype(dtype)  # fewer than a block
    rows[RNG.random(rows.shape) < 0.3] = 0.0
    rows[0], rows[1, :3] = -0.0, [5e-324, -5e-324, np.finfo(dtype).max]
    wide = np.zeros((300, 300), dtype)
    wide[-7:] = rows
    stored = sparse.csr_array(rows)
    stored.data[2:9] = 0.0  # stored, and still 0
    rows.setflags(write=False)
    for part in (0, 1):
        expected = [digest(row, part) for row in rows.tolist()]
        for held in (rows, np.asfortranarray(rows), rows.repeat(2, axis=0)[::2], sparse.csr_matrix(rows)):
            assert digests(held, part).tolist() == expected
        assert digests(wide, part)[-7:].tolist() == expected
        assert digests(stored, part).tolist() == digests(stored.toarray(), part).tolist()


@pytest.mark.parametrize("scale", [1e308, 1e-308, 5e-324])
def test_weights_of_any_size_count_by_their_shares(scale):
    shares = np.array([1.0, 3.0]) if scale < 1 else np.array([0.25, 0.75])
    assert weighting.relative(scale * shares).tolist() == pytest.approx([0.5, 1.5], rel=1e-12)
    assert weighting.relative(np.full(3, scale)).tolist() == [1.0] * 3
