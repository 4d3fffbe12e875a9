"""The front door under fire: thousands of malformed calls, each refused by the name of its argument.

Every call has one or more arguments drawn from what people pass by mistake. It must end in a finite run, or in a
ValueError or TypeError that names one of the arguments that were changed.
"""

import datetime
import decimal
import fractions
import re
import warnings

import numpy as np
import pytest
from scipy import sparse

import gdlearn as gd
import running

X, Y = np.array([[1.0, 2.0], [3.0, -1.0], [0.0, 0.5], [1.0, 1.0]]), np.array([1.0, 0.0, 1.0, 0.0])
MODELS = [gd.Linear(2), gd.Linear(2, intercept=False), gd.MLP(2, (2,)), gd.MLP(2, (2, 1), activation=gd.Tanh())]
PARTS, CALLS = 12, 1_500  # about nine calls in ten are malformed

NUMBERS = [0, 1, -1, 2, 3, 7, 0.5, -0.5, 1.5, 1e-300, 1e300, -1e300, 2**31, 2**63, 10**30, 5e-324, 1e16]
NUMBERS += [np.nan, np.inf, -np.inf, np.float32(0.3), np.float64(-2.0), np.int8(3), np.uint64(2**63), np.float16(2.0)]
NUMBERS += [True, False, np.True_, 1j, np.complex64(1), decimal.Decimal("0.1"), fractions.Fraction(1, 3)]
THINGS = [None, "", "adam", "reshuffle", b"1", [], [0.1], (0.1,), {}, {"eta": 0.1}, set(), object(), len, type, int]
THINGS += [datetime.date(2020, 1, 1), Ellipsis, NotImplemented, slice(3), range(3), iter([1.0]), lambda: None, gd]
CLASSES = [gd.SGD, gd.L1, gd.Constant, gd.Linear, gd.MLP, gd.Problem, gd.Relu, gd.Run, gd.Clip, np.ndarray]
RECORDS = [
    gd.SquaredError, gd.AbsoluteError, gd.Huber, gd.BinaryCrossEntropy, gd.CrossEntropy,
    gd.NoPenalty, gd.L1, gd.L2, gd.ElasticNet,
    gd.SGD, gd.Momentum, gd.Nesterov, gd.AdaGrad, gd.RMSProp, gd.Adam, gd.AMSGrad, gd.AdamW, gd.Lion, gd.Muon, gd.Clip,
    gd.Constant, gd.Exponential, gd.LinearDecay, gd.InverseTime, gd.Step, gd.Cosine, gd.WarmupStableDecay, gd.Warmup,
    gd.Linear, gd.MLP, gd.Relu, gd.Tanh, gd.Problem,
]  # fmt: skip
GOOD_FIELDS = [0.1, 1, 2, 0.5, (2,), True, gd.SGD(), gd.Constant(0.1), gd.Relu(), gd.Adam(), gd.Linear(2)]


def choose(rng, values):
    return values[rng.integers(len(values))]


def record(rng, depth=0):
    """A record whose fields are good or bad; sometimes with another record inside."""
    cls = choose(rng, RECORDS)
    kinds = [lambda: choose(rng, GOOD_FIELDS), lambda: choose(rng, NUMBERS), lambda: choose(rng, THINGS)]
    if depth < 2:
        kinds.append(lambda: record(rng, depth + 1))
    return cls(*(choose(rng, kinds)() for _ in cls._fields))


def array(rng):
    """An array of some shape, type and layout, perhaps with entries that are no finite numbers."""
    shape = tuple(rng.integers(0, 5, rng.integers(0, 4)))
    shape = choose(rng, [shape, (4, 2), (4,), (4, 1), (2,), (3,)])
    values = np.asarray(rng.standard_normal(shape) * 10.0 ** choose(rng, [0, 0, 3, 150, 300]))
    if values.size and rng.random() < 0.3:
        values.flat[rng.integers(values.size)] = choose(rng, [np.nan, np.inf, -np.inf])
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        kind = choose(rng, ["f8", "f4", "f2", ">f8", "i4", "u1", "?", "c16", "U3", "S3", "O", "M8[s]", "m8[s]", "g"])
        values = values.astype(kind) if kind not in ("M8[s]", "m8[s]") else values.astype("i8").astype(kind)
    dress = [
        np.asarray, np.asfortranarray, lambda a: a.tolist(), lambda a: a[::-1] if a.ndim else a,
        lambda a: np.ma.masked_array(a, np.zeros(a.shape, bool)), lambda a: sparse_of(rng, a),
    ]  # fmt: skip
    return choose(rng, dress)(values)


def sparse_of(rng, a):
    """A sparse form, sometimes with an index array that lies."""
    if a.ndim != 2 or a.dtype.kind not in "fiub" or a.dtype.itemsize not in (1, 4, 8) or not a.dtype.isnative:
        return a
    made = choose(rng, [sparse.csr_array, sparse.csc_array, sparse.coo_array, sparse.csr_matrix, sparse.lil_array])(a)
    if made.format == "csr" and made.nnz and rng.random() < 0.3:
        part = choose(rng, [made.indices, made.indptr])
        part[rng.integers(len(part))] = choose(rng, [-1, 99, 2**30])
    return made


def odd(rng):
    kinds = [lambda: choose(rng, NUMBERS), lambda: choose(rng, THINGS), lambda: choose(rng, CLASSES)]
    kinds += [lambda: record(rng)] * 2 + [lambda: array(rng)] * 2
    return choose(rng, kinds)()


OPTIONS = ["optimizer", "schedule", "batch_size", "epochs", "seed", "sampling", "start", "tolerance", "average"]
OPTIONS += ["measure_every", "path", "callback", "checkpoint"]


def call(rng):
    """The arguments of one call, and the names that stand for what was changed."""
    problem = gd.Problem(choose(rng, MODELS))
    arguments = {"problem": problem, "X": X, "y": Y, "epochs": 2, "schedule": 0.01}
    changed = rng.choice(["problem", "X", "y", "model", "loss", "penalty", *OPTIONS], rng.integers(1, 3), replace=False)
    for name in changed:
        value = odd(rng)
        if name in problem._fields and isinstance(arguments["problem"], gd.Problem):
            arguments["problem"] = arguments["problem"]._replace(**{name: value})
        elif name not in problem._fields and not (name == "epochs" and is_a_long_wait(value)):
            arguments[name] = value
    return arguments, changed


def is_a_long_wait(epochs):
    """A number of epochs that is right, and that nobody has the time for."""
    return isinstance(epochs, (int, np.integer)) and epochs > 100


def outcome(arguments):
    """What the call came to, with every warning but that of a divergence as an error."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.simplefilter("ignore", gd.DivergenceWarning)
        try:
            return gd.minimize(**arguments)
        except (ValueError, TypeError) as error:
            return error


def whole(low, high=np.inf):
    return lambda v: isinstance(v, (int, np.integer, np.ndarray)) and type(v) is not bool and low <= int(v) <= high


def real(low, high=np.inf):
    return lambda v: not isinstance(v, (bool, np.bool_, str, bytes, complex)) and low <= float(v) <= high


def numeric(*shapes):
    def fits(v):
        array = v.toarray() if sparse.issparse(v) else np.asarray(v)
        return array.dtype.kind in "fiub" and array.shape in shapes and np.isfinite(array).all()

    return fits


def overflowing(changed):
    """A huge penalty or delta has an infinite objective at the start: so the message says."""
    return ["start"] if {"problem", "penalty", "loss"} & {*changed} else []


# What a call may pass, said once more and independently of the library: nothing else may be taken silently.
PERMITTED = {
    "X": numeric((4, 2), (3, 2), (2, 2), (1, 2)),
    "y": numeric((4,), (3,), (2,), (1,)),
    "start": lambda v: v is None or np.ndim(v) == 1,
    "batch_size": lambda v: v is None or whole(1, 4)(v),
    "epochs": whole(0),
    "seed": whole(0),
    "tolerance": real(0.0),
    "average": real(0.0, 1.0),
    "sampling": {"reshuffle", "replacement", "sequential"}.__contains__,
    "measure_every": whole(1),
    "path": lambda v: v in (0, 1),
    "callback": lambda v: v is None or callable(v),
    "checkpoint": lambda v: v is None or isinstance(v, (str, bytes)),
    "schedule": lambda v: hasattr(v, "_fields") or v > 0.0,
    "optimizer": lambda v: hasattr(v, "_fields"),
    "problem": lambda v: isinstance(v, gd.Problem),
}


@pytest.mark.plain
@pytest.mark.parametrize("part", range(PARTS))
def test_every_malformed_call_is_refused_by_name(part, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rng, refused, complaints = np.random.default_rng(part), 0, []
    with running.plainly():
        for trial in range(CALLS):
            arguments, changed = call(rng)
            if callable(arguments.get("callback")):
                del arguments["callback"]  # what somebody's function raises is not our message
            try:
                result = outcome(arguments)
            except Exception as error:
                complaints.append((trial, f"{type(error).__name__}: {error}", arguments))
                continue
            if isinstance(result, Exception):
                refused += 1
                names = "|".join(
                    [*changed, *(gd.Problem._fields if "problem" in changed else ["problem"]), *overflowing(changed)]
                )
                if not re.search(rf"\b({names})\b", str(result)) or len(str(result)) > 700:
                    complaints.append((trial, str(result), {name: arguments.get(name) for name in changed}))
            elif not (np.isfinite(result.theta).all() and np.isfinite(result.history.objective).all()):
                complaints.append((trial, "a run that is not finite", arguments))
            else:
                silent = [name for name in changed if name in arguments and not PERMITTED[name](arguments[name])]
                complaints += [(trial, f"{name} is taken as it is", arguments[name]) for name in silent]
    assert not complaints, "\n".join(f"{trial}: {text[:200]}  <- {str(what)[:300]}" for trial, text, what in complaints)
    assert refused > 0.8 * CALLS
