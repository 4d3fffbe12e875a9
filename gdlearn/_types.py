"""Names of types for the signatures of the front door (the kernels need none), and looks at the type of a value."""

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias, TypeVar

import numpy as np
from numpy.typing import ArrayLike

if TYPE_CHECKING:
    from scipy import sparse

Matrix: TypeAlias = "ArrayLike | sparse.sparray | sparse.spmatrix"
Weights: TypeAlias = ArrayLike | None  # one per row; None where all are 1
Record: TypeAlias = tuple[Any, ...]  # a NamedTuple with kernels
Seed: TypeAlias = int | np.random.Generator
Kernel: TypeAlias = Callable[..., Any]
Function = TypeVar("Function", bound=Kernel)
strangers: set[type] = set()  # the classes of somebody else's records that came in at the front door


class GenericFunction(Protocol):
    """What :func:`gdlearn.generic.generic` makes of a function."""

    def __call__(self, record: Record, /, *arguments: Any) -> Any: ...

    def kernel(self, record: type) -> Callable[[Kernel], Kernel]: ...

    def dispatch(self, cls: type) -> Kernel: ...


def issparse(X):
    """Whether X is a sparse matrix, without the import of scipy.sparse: where that was not imported, nothing is."""
    module = sys.modules.get("scipy.sparse")
    return module is not None and module.issparse(X)


def is_ours(cls):
    """Whether the library defines the class."""
    return cls.__module__.startswith(__package__ + ".")


def holds_stranger(value):
    """Whether a record in ``value`` is of somebody else's class."""
    return hasattr(value, "_fields") and (not is_ours(type(value)) or any(map(holds_stranger, value)))
