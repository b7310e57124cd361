"""Installs on a SQLite connection the functions that the SQL of expressions calls."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import date, time, timedelta
from decimal import Decimal
from typing import Any, Final, Protocol

from fieldstone.expressions.env import Env
from fieldstone.expressions.function import Form
from fieldstone.expressions.functions import TABLE
from fieldstone.expressions.moments import MICROSECOND
from fieldstone.expressions.numbers import Number, added, decoded, divided, encoded, unscaled
from fieldstone.expressions.sqltypes import instant_from, instant_text, list_text
from fieldstone.expressions.types import Kind


class Connection(Protocol):
    """The part of sqlite3.Connection that takes functions."""

    def create_function(
        self, name: str, narg: int, func: Any, /, *, deterministic: bool = False
    ) -> None:
        """Install a function."""

    def create_aggregate(self, name: str, n_arg: int, aggregate_class: Any, /) -> None:
        """Install an aggregate."""


def _number(value: int | str) -> Number:
    return decoded(value) if isinstance(value, str) else value


_FROM_SQLITE: Final[dict[Kind, Callable[[Any], object]]] = {
    Kind.TEXT: str,
    Kind.RECORD: str,
    Kind.NUMBER: _number,
    Kind.BOOLEAN: bool,
    Kind.DATE: date.fromisoformat,
    Kind.DATETIME: instant_from,
    Kind.TIME: time.fromisoformat,
    Kind.DURATION: lambda value: timedelta(microseconds=value),
    Kind.LIST: lambda value: tuple(json.loads(value)),
}
_TO_SQLITE: Final[dict[Kind, Callable[[Any], object]]] = {
    Kind.TEXT: str,
    Kind.NUMBER: encoded,
    Kind.BOOLEAN: int,
    Kind.DATE: date.isoformat,
    Kind.DATETIME: instant_text,
    Kind.TIME: lambda value: value.isoformat("microseconds"),
    Kind.DURATION: lambda value: value // MICROSECOND,
    Kind.LIST: list_text,
}


def sqlite_name(name: str, form: int) -> str:
    """Return the name under which SQLite knows a form."""
    return f"fs_{name}_{form}"


def register(dbapi_connection: Connection) -> None:
    """Install all functions; storage calls it for each new SQLite connection."""
    for name, function in TABLE.items():
        for index, form in enumerate(function.forms):
            if form.sqlite is None and form.gives is not None:
                called = _called_with_env(form) if form.clock else _called(form)
                dbapi_connection.create_function(
                    sqlite_name(name, index), -1, called, deterministic=True
                )
    for name, plain in _PLAIN.items():
        dbapi_connection.create_function(name, -1, plain, deterministic=True)
    dbapi_connection.create_aggregate("fs_sum", 1, _Sum)
    dbapi_connection.create_aggregate("fs_avg", 1, _Mean)


def _readers(form: Form) -> list[Callable[[Any], object]]:
    return [_FROM_SQLITE[min(shape)] for shape in form.takes]


def _called(form: Form) -> Callable[..., object]:
    readers, python, write = _readers(form), form.python, _TO_SQLITE[form.gives or Kind.TEXT]

    def call(*args: Any) -> object:
        if None in args:
            return None
        answer = python(*[read(value) for read, value in zip(readers, args, strict=False)])
        return None if answer is None else write(answer)

    return call


def _called_with_env(form: Form) -> Callable[..., object]:
    readers, python, write = _readers(form), form.python, _TO_SQLITE[form.gives or Kind.TEXT]
    known: dict[tuple[str, str], Env] = {}

    def call(now: str, zone: str, *args: Any) -> object:
        if None in args:
            return None
        env = known.get((now, zone))
        if env is None:
            known.clear()
            env = known[now, zone] = Env(instant_from(now), zone)
        answer = python(env, *[read(value) for read, value in zip(readers, args, strict=False)])
        return None if answer is None else write(answer)

    return call


def _numbered(whole: int | None, scale: int) -> str | None:
    return None if whole is None else encoded(unscaled(whole, scale))


def _list_has(values: str | None, item: str | None) -> int | None:
    return None if values is None or item is None else int(item in json.loads(values))


def _present(values: Sequence[Any]) -> list[Any]:
    return [value for value in values if value is not None]


_PLAIN: Final[dict[str, Callable[..., object]]] = {
    "fs_number": _numbered,
    "fs_list_has": _list_has,
    "fs_least": lambda *values: min(_present(values), default=None),
    "fs_greatest": lambda *values: max(_present(values), default=None),
}


class _Sum:
    """The exact sum of numbers, 0 for none."""

    def __init__(self) -> None:
        self.total: Number = Decimal(0)
        self.count = 0

    def step(self, value: int | str | None) -> None:
        """Take one value."""
        if value is not None:
            self.total = added(self.total, _number(value))
            self.count += 1

    def finalize(self) -> str | None:
        """Return the sum."""
        return encoded(self.total)


class _Mean(_Sum):
    """The mean with 10 decimals half up, missing for none."""

    def finalize(self) -> str | None:
        """Return the mean."""
        mean = divided(self.total, self.count)
        return None if mean is None else encoded(mean)
