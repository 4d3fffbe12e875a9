"""What the fields of records may hold, and the check of a record at the front door.

A field's annotation says its type and range: ``lam: NonNegative``. :func:`ready` turns the values
into exactly these types, so that ``L2(1)`` and ``L2(1.0)`` share their machine code, and refuses
what is out of range before anything is compiled.
"""

import math
import operator
import sys
import typing
from functools import cache, wraps
from typing import Annotated, Any, NamedTuple

import numpy as np

from ._types import Function, is_ours, strangers
from .generic import generic, has_kernel


class Range(NamedTuple):
    """The interval a number must lie in; an open end excludes its bound."""

    low: float
    high: float = math.inf
    open_low: bool = False
    open_high: bool = False

    def __contains__(self, x):
        above = self.low < x if self.open_low else self.low <= x
        below = x < self.high if self.open_high else x <= self.high
        return above and below and math.isfinite(x)

    def __str__(self):
        if math.isinf(self.low):
            return "finite"
        low = f"{'greater than' if self.open_low else 'at least'} {self.low:g}"
        if math.isinf(self.high):
            return f"finite and {low}"
        return f"{low} and {'less than' if self.open_high else 'at most'} {self.high:g}"


Positive = Annotated[float, Range(0.0, open_low=True)]
NonNegative = Annotated[float, Range(0.0)]
Share = Annotated[float, Range(0.0, 1.0)]
Decay = Annotated[float, Range(0.0, 1.0, open_low=True)]
Memory = Annotated[float, Range(0.0, 1.0, open_high=True)]
Count = Annotated[int, Range(1, 2**53)]  # beyond, not each whole number is a float, and some fit no integer
Counts = Annotated[tuple, Range(1)]
MANY = 256  # so many answers are remembered at a time


@generic
def check(record):
    """Raise ValueError where fields that are right one by one do not fit together; by default they do.

    Examples
    --------
    >>> import gdlearn as gd
    >>> check(gd.WarmupStableDecay(0.1, steps=10, warmup=8, decay=4))
    Traceback (most recent call last):
    ValueError: warmup + decay must be at most steps=10, not 12
    """


def remembered(function: Function) -> Function:
    """A function that looks at equal records once: those that have a hash never change."""
    answers: dict[Any, Any] = {}

    @wraps(function)
    def run(record, *functions, **name):
        if (found := answers.get((id(record), functions))) is not None:
            return found[1]
        key = record, _kinds(record), functions
        try:
            found = answers.get(key)
        except TypeError:  # it has no hash
            return function(record, *functions, **name)
        if found is None:
            found = record, function(record, *functions, **name)
            if len(answers) >= MANY:
                answers.clear()
            answers[key] = answers[id(record), functions] = found  # while the record is held, its id is its own
        return found[1]

    return typing.cast(Function, run)


def _kinds(value):
    """The types in a record: equal numbers of other types are not the same, for one may be refused."""
    return (type(value), *map(_kinds, value)) if isinstance(value, tuple) else type(value)


@remembered
def ready(record, *functions, name):
    """The record with its fields made exact, after a check of their ranges and of its kernels.

    Parameters
    ----------
    record : NamedTuple
        A component, possibly with components inside.
    *functions : generic functions
        Those the record must have a kernel for.
    name : str
        The argument's name, for the error messages.

    Raises
    ------
    TypeError
        If it is no record, lacks a kernel, or holds a value of the wrong type.
    ValueError
        If a field is out of range.
    """
    cls = type(record)
    if not hasattr(cls, "_fields"):
        hint = f"; write {record.__name__}(...) with parentheses" if isinstance(record, type) else ""
        raise TypeError(f"{name} must be a record such as gd.{_able(functions)}, not {shown(record)}{hint}")
    for function in functions:
        if not has_kernel(function, cls):
            raise TypeError(f"{name}={cls.__name__} has no {function.__name__} kernel; {_able([function])} have one")
    if not is_ours(cls):
        strangers.add(cls)
    hints = _hints(cls)
    if untyped := [field for field in cls._fields if field not in hints]:
        raise TypeError(f"{name}={cls.__name__} must be a typing.NamedTuple, which says types: {untyped[0]}: float")
    values = (_exact(v, hints[f], functions, f"{name}.{f}") for f, v in zip(cls._fields, record, strict=True))
    made = cls(*values)
    check(made)
    return made


def number(value, name, allowed, kind=float):
    """``value`` as a float (or int) in the range ``allowed``; the error names the argument otherwise."""
    try:
        if isinstance(value, (bool, np.bool_, str, bytes, complex, np.complexfloating)):
            raise TypeError
        exact = operator.index(value) if kind is int else float(value)
    except (TypeError, ValueError, OverflowError):
        wanted = "a whole number" if kind is int else "a number"
        raise TypeError(f"{name} must be {wanted} {allowed}, not {shown(value)}") from None
    if exact not in allowed:
        raise ValueError(f"{name} must be {allowed}, not {shown(value)}")
    return exact


def shown(value):
    """The value as an error message shows it: the beginning, if it is long."""
    text = repr(value)
    return text if len(text) <= 80 else text[:77] + "..."


@cache
def _hints(cls):
    return typing.get_type_hints(cls, include_extras=True)


def _exact(value, hint, functions, name):
    if hint is bool:
        if not isinstance(value, (bool, int)) or value not in (0, 1):
            raise TypeError(f"{name} must be True or False, not {shown(value)}")
        return bool(value)
    if hint in (float, int):
        return number(value, name, Range(-math.inf), hint)
    if typing.get_origin(hint) is Annotated:
        kind, allowed = typing.get_args(hint)
        if kind is tuple:
            return _counts(value, allowed, name)
        if kind is Any:  # a component of another kind, annotated with the functions it must have
            return ready(value, *allowed, name=name)
        return number(value, name, allowed, kind)
    if hint is Any:
        return ready(value, *functions, name=name)
    if isinstance(value, (dict, set)):
        raise TypeError(f"{name} must be a number, an array, a tuple or a record, not {shown(value)}")
    return value


def _counts(values, allowed, name):
    if not isinstance(values, (tuple, list)) or not values:
        raise TypeError(f"{name} must be a tuple of whole numbers such as (32,), not {shown(values)}")
    return tuple(number(v, f"{name}[{i}]", allowed, int) for i, v in enumerate(values))


def _able(functions):
    """The names of the library's records that have a kernel for each of ``functions``."""
    public = vars(sys.modules[__package__])
    classes = [cls for cls in functions[0].registry if all(has_kernel(f, cls) for f in functions)] if functions else []
    return ", ".join(cls.__name__ for cls in classes if cls.__name__ in public) or "SquaredError()"
