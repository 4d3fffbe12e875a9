"""What Hypothesis may draw: numbers of every scale, arrays of every layout, components, whole problems."""

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import sparse

import gdlearn as gd


def numbers(bound, dtype=np.float64):
    """Finite numbers up to ``bound``: zero, tiny and huge ones among them."""
    width = np.dtype(dtype).itemsize * 8
    return st.floats(-bound, bound, allow_subnormal=False, width=width)


def positives(low, high):
    """Positive numbers, each power of ten as likely as the next."""
    return st.floats(np.log10(low), np.log10(high)).map(lambda a: 10.0**a)


steps = positives(1e-6, 10.0)
strengths = st.one_of(st.just(0.0), positives(1e-6, 10.0))
penalties = st.one_of(
    st.just(gd.NoPenalty()),
    st.builds(gd.L2, strengths),
    st.builds(gd.L1, strengths),
    st.builds(gd.ElasticNet, strengths, st.floats(0.0, 1.0)),
)
etas = positives(1e-6, 1.0)
plain_schedules = st.one_of(
    st.builds(gd.Constant, etas),
    st.builds(gd.Exponential, etas, st.floats(0.5, 1.0)),
    st.builds(gd.LinearDecay, etas, st.integers(1, 50), st.one_of(st.just(0.0), etas)),
    st.builds(gd.InverseTime, etas, st.one_of(st.just(0.0), etas)),
    st.builds(gd.Step, etas, st.floats(0.1, 1.0), st.integers(1, 50)),
    st.builds(gd.Cosine, etas, st.integers(1, 50), st.one_of(st.just(0.0), etas)),
    st.builds(lambda eta, s, flat, d: gd.WarmupStableDecay(eta, s + flat + d, s, d), etas, *[st.integers(1, 20)] * 3),
)
schedules = st.recursive(plain_schedules, lambda then: st.builds(gd.Warmup, st.integers(1, 20), then), max_leaves=3)
cross_entropies = st.builds(gd.CrossEntropy, positives(0.1, 10.0), st.floats(0.0, 1.0))
dtypes = st.sampled_from([np.float32, np.float64])


def rows(k, bound, dtype=np.float64):
    """A vector of k numbers."""
    return hnp.arrays(dtype, k, elements=numbers(bound, dtype))


@st.composite
def probabilities(draw, k):
    """A vector of k probabilities with sum 1."""
    raw = draw(hnp.arrays(np.float64, k, elements=st.floats(1e-3, 1.0)))
    return raw / raw.sum()


LAYOUTS = {
    "as it is": lambda a: a,
    "list": lambda a: a.tolist(),
    "Fortran": np.asfortranarray,
    "every other row": lambda a: np.repeat(a, 2, axis=0)[::2],
    "backwards in memory": lambda a: a[::-1].copy()[::-1],
    "big-endian": lambda a: a.astype(a.dtype.newbyteorder(">")),
    "read-only": lambda a: np.frombuffer(a.tobytes(), a.dtype).reshape(a.shape),
}
layouts = st.sampled_from(sorted(LAYOUTS))


@st.composite
def sparse_layouts(draw):
    """A CSR matrix: entries in any order, rows without one, zeros written out, two types of indices."""
    n, d = draw(st.integers(1, 6)), draw(st.integers(1, 4))
    rows = [draw(st.permutations(range(d))) for _ in range(n)]
    rows = [row[: draw(st.integers(0, d))] for row in rows]
    columns = np.array([j for row in rows for j in row], draw(st.sampled_from([np.int32, np.int64])))
    begins = np.cumsum([0, *map(len, rows)]).astype(columns.dtype)
    return sparse.csr_array((draw(hnp.arrays(float, len(columns), elements=numbers(3.0))), columns, begins), (n, d))


@st.composite
def models(draw, d, k):
    """Linear, or a network with up to two hidden layers."""
    if draw(st.booleans()):
        return gd.Linear(d, k, draw(st.booleans()))
    hidden = tuple(draw(st.lists(st.integers(1, 3), min_size=1, max_size=2)))
    return gd.MLP(d, hidden, k, draw(st.sampled_from([gd.Relu(), gd.Tanh()])))


@st.composite
def problems(draw):
    """(problem, theta, X, Y) with Y of shape (n, k), and scores small enough for the plain formulas."""
    n, d = draw(st.integers(1, 9)), draw(st.integers(1, 4))
    loss, least = draw(
        st.one_of(
            st.sampled_from([(gd.SquaredError(), 1), (gd.AbsoluteError(), 1), (gd.BinaryCrossEntropy(), 1)]),
            st.tuples(st.builds(gd.Huber, positives(0.01, 10.0)), st.just(1)),
            st.tuples(cross_entropies, st.just(2)),
        )
    )
    k = draw(st.integers(least, 4))
    model = draw(models(d, k))
    problem = gd.Problem(model, loss, draw(penalties))
    X = draw(hnp.arrays(np.float64, (n, d), elements=numbers(3.0)))
    theta = draw(rows(gd.models.size(model), 2.0))
    if isinstance(loss, (gd.SquaredError, gd.AbsoluteError, gd.Huber)):
        return problem, theta, X, draw(hnp.arrays(np.float64, (n, k), elements=numbers(100.0)))
    if isinstance(loss, gd.BinaryCrossEntropy):
        return problem, theta, X, draw(hnp.arrays(np.float64, (n, k), elements=st.floats(0.0, 1.0)))
    return problem, theta, X, np.array([draw(probabilities(k)) for _ in range(n)])
