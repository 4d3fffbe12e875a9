"""Records and generic functions: the class of the first argument picks the kernel.

A *component* (a loss, a penalty, a schedule, ...) is a ``NamedTuple`` of its hyperparameters. What
it does is a set of small kernels, each registered for its class under a *generic function*::

    @generic
    def prox(penalty, w, step):
        return w

    @prox.kernel(L1)
    def _(penalty, w, step):
        return math.copysign(max(abs(w) - penalty.lam * step, 0.0), w)

Called from Python, ``prox`` goes through :func:`functools.singledispatch`. Called from a compiled
loop, Numba resolves the same call while compiling, so that it costs nothing at run time.

Only this module, ``compiling`` and ``instructions`` know Numba. Without it, or with
``NUMBA_DISABLE_JIT=1``, everything runs as plain Python with the same results.
"""

import hashlib
import inspect
import os
import sys
import textwrap
from functools import cache, cached_property, partial, singledispatch, update_wrapper, wraps
from pathlib import Path
from typing import Any

import numpy as np

from ._types import GenericFunction, Kernel, holds_stranger, is_ours, strangers
from .compiling import for_entries, for_kernels, prepared

try:
    import numba
except ImportError:  # the library runs without Numba, slowly
    numba = None

# Sums may be reordered and products fused. NaN and infinity keep their meaning: a diverging run must show them.
FASTMATH = {"reassoc", "contract", "nsz", "arcp"}
ENTRY = {"fastmath": FASTMATH, "error_model": "numpy", "nogil": True, "no_cfunc_wrapper": True}
ENTRY |= {"pipeline_class": numba and for_entries()}
# Kernels become part of the loop that calls them: a step of batch size 1 is shorter than a few calls.
CALLED = ENTRY | {"no_cpython_wrapper": True, "pipeline_class": numba and for_kernels(), "forceinline": False}
INLINE = CALLED | {"forceinline": True}
APART = INLINE | {"pipeline_class": numba and for_kernels(apart=True)}
MAKER = INLINE | {"pipeline_class": numba and for_kernels(makes_arrays=True)}
EXACT = INLINE | {"fastmath": {"contract"}}  # where the order of the operations carries the last digits
HERE = Path(__file__).parent


def generic(stub: Kernel) -> GenericFunction:
    """Make ``stub`` a generic function over records, with ``stub`` itself as the default kernel.

    Parameters
    ----------
    stub : function
        Its first parameter is the record. Every kernel must take the same parameters.

    Returns
    -------
    function
        With a decorator ``.kernel(Record)`` that registers the kernel of one class.

    Examples
    --------
    >>> from typing import NamedTuple
    >>> from gdlearn.generic import generic
    >>> @generic
    ... def area(shape):
    ...     raise NotImplementedError
    >>> class Square(NamedTuple):
    ...     side: float
    >>> @area.kernel(Square)
    ... def _(shape):
    ...     return shape.side**2
    >>> area(Square(3.0))
    9.0
    """
    function: Any = singledispatch(stub)
    function.compiled_for = set()

    def kernel(record):
        if not (isinstance(record, type) and hasattr(record, "_fields")):
            raise TypeError(f"{stub.__name__}.kernel takes a NamedTuple class, not {record!r}")

        def register(body):
            if not (is_ours(record) and is_ours(body)):  # a test looks at ours: it would take a tenth of the import
                _check_registration(function, stub, record, body)
            record.__eq__, record.__hash__ = _same, lambda one: hash((type(one), *one))
            record.__ne__ = lambda one, other: not _same(one, other)
            return function.register(record, body)

        return register

    function.kernel = kernel

    @in_machine_code(function, INLINE)
    @wraps(stub)
    def choose(record, *arguments):
        cls = getattr(record, "instance_class", object)
        function.compiled_for.add(cls)
        return function.dispatch(cls)

    return function


def _same(one, other):
    """Equal records have equal fields and one class: Momentum(0.5) is not Nesterov(0.5)."""
    return type(one) is type(other) and tuple.__eq__(one, other)


def _check_registration(function, stub, record, body):
    """Refuse what Numba would ignore or misread: other parameters, or a class whose kernel is settled."""
    name, expected, found = stub.__name__, inspect.signature(stub), inspect.signature(body)
    if [*found.parameters] != [*expected.parameters]:
        raise TypeError(f"{name} for {record.__name__} must take {expected}, not {found}")
    if is_ours(record):
        raise TypeError(f"{record.__name__} is gdlearn's; define a record of your own to give it another {name} kernel")
    if record in function.compiled_for:
        raise TypeError(
            f"{record.__name__} was already compiled with its {name} kernel, and compiled code would go on using it; "
            f"run the cell that defines class {record.__name__} again, then the cell with the kernel"
        )


def has_kernel(function: GenericFunction, cls: type) -> bool:
    """Whether ``cls`` has a kernel of its own under ``function``."""
    return function.dispatch(cls) is not function.dispatch(object)


def source(function: GenericFunction, cls: type) -> str:
    """The source text of the kernel that ``function`` runs for records of class ``cls``.

    Examples
    --------
    >>> import gdlearn as gd
    >>> print(gd.generic.source(gd.losses.slope, gd.SquaredError))
    @slope.kernel(SquaredError)
    def _(loss, z, y):
        return 2.0 * (z - y)
    """
    body = function.dispatch(cls)
    return textwrap.dedent(inspect.getsource(getattr(body, "py_func", body))).rstrip()


def inlined(function, options=INLINE):
    """Compile ``function`` into each caller."""
    return function if numba is None else numba.extending.register_jitable(**options)(function)


# Compiled beside their callers, for work long against a call; apart, if what they write to overlaps with nothing; with
# arrays of their own.
called, apart, makes_arrays = (partial(inlined, options=options) for options in (CALLED, APART, MAKER))


def in_machine_code(plain, options=EXACT):
    """Decorate the function that picks, by the types of the arguments, what compiled code runs for ``plain``."""
    return (lambda pick: pick) if numba is None else numba.extending.overload(plain, jit_options=options)


def compiled(function):
    """Compile an entry point, kept on disk for the library's own records.

    Machine code that holds a kernel of somebody else's is never kept: its source may change without
    our noticing. The result has ``py_func``, the plain function.
    """
    return _as_quiet_as_compiled(function) if numba is None or numba.config.DISABLE_JIT else EntryPoint(function)


class EntryPoint:
    """A function that Numba compiles; Numba hears of it at the first call, for it takes its time to get ready."""

    def __init__(self, function):
        update_wrapper(self, function)
        self.function, self.py_func = function, _as_quiet_as_compiled(function)

    def __call__(self, *arguments):
        if not (strangers and any(map(holds_stranger, arguments))):
            return self.kept(*arguments)
        # Numba's quick look at its arguments tells records apart by name only; a class defined anew has the old name.
        return self.fresh.compile(tuple(map(numba.typeof, arguments)))(*arguments)

    @cached_property
    def kept(self):
        return prepared(_kept_on_disk(self.function))

    @cached_property
    def fresh(self):
        return prepared(numba.njit(**ENTRY)(self.function))


def _as_quiet_as_compiled(function):
    """The plain function, in which numbers overflow without a warning, as they do in machine code."""

    @wraps(function)
    def run(*arguments):
        with np.errstate(all="ignore"):
            return function(*arguments)

    run.py_func = run
    return run


def _kept_on_disk(function):
    """``njit`` with a disk cache whose folder carries the stamp of *all* our sources.

    Numba's own stamp covers only the file that holds ``function``: without ours, an edit of a kernel
    in another file would leave the old machine code in use.
    """
    if (folder := cache_folder()) is None:
        return numba.njit(**ENTRY)(function)
    before, numba.config.CACHE_DIR = numba.config.CACHE_DIR, folder
    try:
        return numba.njit(cache=True, **ENTRY)(function)
    finally:
        numba.config.CACHE_DIR = before


@cache
def cache_folder():
    """The folder of the compiled code, or None where no place can be written to."""
    name = f"gdlearn-{sources_stamp()}"
    places = [HERE / "__pycache__", Path(os.path.expanduser("~")) / ".cache" / "gdlearn"]
    if numba.config.CACHE_DIR:
        places = [Path(numba.config.CACHE_DIR), *places]
    return next((str(place / name) for place in places if _is_writable(place / name)), None)


def _is_writable(folder):
    probe = folder / f"probe-{os.getpid()}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe.touch()
        probe.unlink()
    except OSError:
        return False
    return True


def sources_stamp():
    """A short hash of every source file of the library and of the Python that runs it."""
    digest = hashlib.sha256(sys.version.encode())
    for path in sorted(HERE.rglob("*.py")):
        digest.update(path.relative_to(HERE).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:12]
