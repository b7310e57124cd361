"""A property worked out once per instance, without a lock.

In Python 3.11 functools.cached_property holds one lock for all instances of a class while the value is worked
out. A value that waits for the database would make every other thread wait, and two threads that wait for each
other's row would wait for ever.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, Self, TypeVar, overload

Value = TypeVar("Value")


class cached_property(Generic[Value]):  # noqa: N801 - reads as the one it replaces
    """Works like functools.cached_property of Python 3.12."""

    def __init__(self, made: Callable[[Any], Value]) -> None:
        """Work the value out with `made`, which has its docstring."""
        self._made = made
        self._name = made.__name__
        self.__doc__ = made.__doc__

    def __set_name__(self, owner: type, name: str) -> None:
        """Remember under which name the value is kept."""
        self._name = name

    @overload
    def __get__(self, instance: None, owner: type | None = None) -> Self: ...
    @overload
    def __get__(self, instance: object, owner: type | None = None) -> Value: ...
    def __get__(self, instance: object | None, owner: type | None = None) -> Self | Value:
        """Return the value; the instance's own dict has it from now on, so this is called once."""
        if instance is None:
            return self
        value = self._made(instance)
        vars(instance)[self._name] = value
        return value
