"""Column types that keep every value exact and in one order on SQLite and PostgreSQL."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any, Final

import orjson
from sqlalchemy import BigInteger, Date, Numeric, Text, Time
from sqlalchemy.dialects.postgresql import JSONB, TIMESTAMP
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator, TypeEngine

from fieldstone.expressions.numbers import decoded, encoded, scaled, unscaled

Processor = Callable[[Any], Any]
BIGGEST: Final = 2**63 - 1
MICROSECOND: Final = timedelta(microseconds=1)


# One moment stands in many columns of a write.
@lru_cache(maxsize=4096)
def instant_text(value: datetime) -> str:
    """Return an instant as text whose order is the order of time; a naive one raises."""
    plain = _aware(value).astimezone(UTC).replace(tzinfo=None)
    return plain.isoformat(timespec="microseconds") + "Z"


def _aware(value: datetime) -> datetime:
    if value.tzinfo is None:
        raise ValueError(f"{value!r} has no time zone")
    return value


def _in_utc(value: datetime | None) -> datetime | None:
    if value is None or value.tzinfo is UTC:
        return value
    return _aware(value).astimezone(UTC)


def _as_text(value: datetime | None) -> str | None:
    return None if value is None else instant_text(value)


def instant_from(text: str) -> datetime:
    """Return the instant that `instant_text` wrote."""
    return datetime.fromisoformat(text)


def list_text(value: object) -> str:
    """Return a list of texts as the one JSON text that stands for it."""
    return json.dumps(list(value), ensure_ascii=False)  # type: ignore[call-overload]


class _Kept(TypeDecorator[Any]):
    """A type with one form for SQLite and one for PostgreSQL."""

    impl = Text
    cache_ok = True  # SQLAlchemy asks the class itself: each subclass has to say it again
    on_sqlite: TypeEngine[Any] = Text()
    on_postgresql: TypeEngine[Any] = Text(collation="C")

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Return the column type of the database at hand."""
        ours = self.on_postgresql if dialect.name == "postgresql" else self.on_sqlite
        return dialect.type_descriptor(ours)


class PlainText(_Kept):
    """Text in code point order on both databases."""

    cache_ok = True


class WholeNumber(TypeDecorator[int]):
    """A whole number of 64 bits."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> int | None:
        """Refuse what is no whole number of 64 bits, with a ValueError."""
        if value is None:
            return None
        if value != int(value) or abs(value) > BIGGEST:
            raise ValueError(f"{value!r} is not a whole number of 64 bits")
        return int(value)


class ExactNumber(TypeDecorator[Decimal]):
    """A decimal with a fixed number of decimals: scaled BIGINT on SQLite, NUMERIC elsewhere."""

    impl = Numeric
    cache_ok = True

    def __init__(self, scale: int = 2) -> None:
        """Make the type with `scale` decimals, 0 to 10."""
        super().__init__(38, scale)
        self.scale = scale

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Return the column type of the database at hand."""
        if dialect.name == "postgresql":
            return dialect.type_descriptor(Numeric(38, self.scale))
        return dialect.type_descriptor(BigInteger())

    def process_bind_param(self, value: Any, dialect: Dialect) -> Decimal | int | None:
        """Refuse too many decimals and too large a number, with a ValueError."""
        if value is None:
            return None
        whole = scaled(value, self.scale)
        if whole is None:
            raise ValueError(f"{value!r} has more than {self.scale} decimals")
        if abs(whole) > BIGGEST:
            # The limit is the same on both databases, so that data can move between them.
            raise ValueError(f"{value!r} is too large")
        return Decimal(value) if dialect.name == "postgresql" else whole

    def result_processor(self, dialect: Dialect, coltype: object) -> Processor | None:
        """Return what makes the decimal with its `scale` decimals; PostgreSQL's driver gives it as it is."""
        if dialect.name == "postgresql":
            return None
        return lambda value: None if value is None else unscaled(int(value), self.scale)


class ComputedNumber(TypeDecorator[Any]):
    """A number an expression computed: text in number order on SQLite, NUMERIC elsewhere."""

    impl = Numeric
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Return the column type of the database at hand."""
        if dialect.name == "postgresql":
            return dialect.type_descriptor(Numeric())
        return dialect.type_descriptor(Text())

    def process_bind_param(self, value: Any, dialect: Dialect) -> object:
        """Return the number as the database holds it."""
        if value is None:
            return None
        return Decimal(value) if dialect.name == "postgresql" else encoded(value)

    def result_processor(self, dialect: Dialect, coltype: object) -> Processor | None:
        """Return what makes a Decimal of the number."""
        if dialect.name == "postgresql":
            return None
        return lambda value: decoded(value) if isinstance(value, str) else value


class Instant(_Kept):
    """A moment, aware, in UTC; text of fixed width on SQLite, timestamptz elsewhere."""

    cache_ok = True
    on_postgresql = TIMESTAMP(timezone=True)

    def process_bind_param(self, value: Any, dialect: Dialect) -> object:
        """Refuse a naive datetime, with a ValueError: it could mean any moment."""
        return self.bind_processor(dialect)(value)

    def bind_processor(self, dialect: Dialect) -> Processor:
        """Return the same as a bare function: a new record has a score of instants."""
        return _in_utc if dialect.name == "postgresql" else _as_text

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """Return the moment in UTC."""
        if value is None:
            return None
        if isinstance(value, str):
            return instant_from(value)
        found: datetime = value if value.tzinfo is UTC else value.astimezone(UTC)
        return found


class Day(_Kept):
    """A date without a time; text of fixed width on SQLite."""

    cache_ok = True
    on_postgresql = Date()

    def process_bind_param(self, value: Any, dialect: Dialect) -> object:
        """Refuse a datetime, with a ValueError: its day depends on the zone."""
        if value is None:
            return None
        if isinstance(value, datetime) or not isinstance(value, date):
            raise ValueError(f"{value!r} is not a date")  # noqa: TRY004 - a value, not a caller's slip
        return value if dialect.name == "postgresql" else value.isoformat()

    def process_result_value(self, value: Any, dialect: Dialect) -> date | None:
        """Return the date."""
        return date.fromisoformat(value) if isinstance(value, str) else value


class ClockTime(_Kept):
    """A time of day without a zone; text of fixed width on SQLite."""

    cache_ok = True
    on_postgresql = Time()

    def process_bind_param(self, value: Any, dialect: Dialect) -> object:
        """Refuse a time with a zone, with a ValueError."""
        if value is None:
            return None
        if not isinstance(value, time) or value.tzinfo is not None:
            raise ValueError(f"{value!r} is not a time of day without a zone")
        return value if dialect.name == "postgresql" else value.isoformat("microseconds")

    def process_result_value(self, value: Any, dialect: Dialect) -> time | None:
        """Return the time."""
        return time.fromisoformat(value) if isinstance(value, str) else value


class Span(TypeDecorator[timedelta]):
    """A duration, as whole microseconds."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> int | None:
        """Return the microseconds; more than 64 bits of them raise ValueError."""
        if value is None:
            return None
        count = value // MICROSECOND
        if abs(count) > BIGGEST:
            raise ValueError(f"{value!r} is too long")
        return int(count)

    def process_result_value(self, value: Any, dialect: Dialect) -> timedelta | None:
        """Return the duration."""
        return None if value is None else timedelta(microseconds=int(value))


class StringList(_Kept):
    """A list of texts, read back as a tuple; JSON text on SQLite, JSONB elsewhere."""

    cache_ok = True
    on_postgresql = JSONB(none_as_null=True)

    def process_bind_param(self, value: Any, dialect: Dialect) -> object:
        """Refuse what is not a list of texts, with a ValueError."""
        if value is None:
            return None
        if isinstance(value, str) or not all(isinstance(item, str) for item in value):
            raise ValueError(f"{value!r} is not a list of texts")
        return list(value) if dialect.name == "postgresql" else list_text(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> tuple[str, ...] | None:
        """Return the texts as a tuple."""
        if value is None:
            return None
        return tuple(orjson.loads(value) if isinstance(value, str) else value)


class JsonValue(_Kept):
    """Any JSON value; text with sorted keys on SQLite, JSONB elsewhere."""

    cache_ok = True
    on_postgresql = JSONB(none_as_null=True)

    def process_bind_param(self, value: Any, dialect: Dialect) -> object:
        """Return the JSON the database holds."""
        if value is None or dialect.name == "postgresql":
            return value
        return json.dumps(value, ensure_ascii=False, sort_keys=True, allow_nan=False)

    def process_result_value(self, value: Any, dialect: Dialect) -> object:
        """Return the value as Python holds it."""
        if value is None or dialect.name == "postgresql":
            return value
        return json.loads(value)
