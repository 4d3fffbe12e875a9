"""Names of types for the signatures of the front door (the kernels need none), and looks at the type of a value."""

import sys
import typing
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

import numpy as np
from numpy.typing import ArrayLike

if TYPE_CHECKING:
    from scipy import sparse

Matrix: TypeAlias = "ArrayLike | sparse.sparray | sparse.spmatrix"
Weights: TypeAlias = ArrayLike | None  # one per row; None where all are 1
Record: TypeAlias = tuple[Any, ...]  # a NamedTuple with kernels
Seed: TypeAlias = int | np.random.Generator
Kernel: TypeAlias = Callable[..., Any]
PLAIN = (float, int, bool, tuple, np.ndarray)  # what a field holds if it is no record


class GenericFunction(Protocol):
    """What :func:`gdlearn.generic.generic` makes of a function."""

    def __call__(self, record: Record, /, *arguments: Any) -> Any: ...

    def kernel(self, record: type) -> Callable[[Kernel], Kernel]: ...

    def dispatch(self, cls: type) -> Kernel: ...


def issparse(X):
    """Whether X is a sparse matrix, without the import of scipy.sparse: where that was not imported, nothing is."""
    module = sys.modules.get("scipy.sparse")
    return module is not None and module.issparse(X)


def is_ours(value):
    """Whether no record in ``value`` is of somebody else's class."""
    places = _places_of_records(type(value))
    if places is None:
        return False
    for k in places:  # noqa: SIM110 (all() takes twice as long, and each call of compiled code passes here)
        if not is_ours(value[k]):
            return False
    return True


@cache
def _places_of_records(cls):
    """The numbers of the fields that can hold a record, none for what is no record; None for somebody else's record."""
    if not hasattr(cls, "_fields"):
        return ()
    if not cls.__module__.startswith(__package__ + "."):
        return None
    hints = typing.get_type_hints(cls)
    return tuple(k for k, field in enumerate(cls._fields) if hints.get(field, Any) not in PLAIN)
