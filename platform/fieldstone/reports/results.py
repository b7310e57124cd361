"""What a dashboard shows, as plain numbers: pages draw it, REST sends it."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from fieldstone.base.label import Label

Number = int | Decimal | None


@dataclass(frozen=True)
class Figure:
    """One key figure; `before` is the same of the period before, `spark` the figure by month."""

    code: str
    label: Label
    value: Number
    before: Number = None
    format: str = "number"
    good: str = ""  # up or down: which way is good
    list_filter: str = ""
    spark: tuple[Number, ...] = ()


@dataclass(frozen=True)
class Column:
    """One column of a chart or table."""

    code: str
    label: Label
    format: str = "number"


@dataclass(frozen=True)
class Branch:
    """Where a line of a tree stands, and which record it is; without an object it is an option of the first level."""

    depth: int
    object_name: str = ""
    record: str = ""
    below: bool = False  # a part of its node, not a node of the tree


@dataclass(frozen=True)
class Line:
    """One mark or row: a stage, a group's value, a month ("2026-03") or a bin ("10"), and its figures."""

    key: object
    values: Mapping[str, Number]
    branch: Branch | None = None


@dataclass(frozen=True)
class Chart:
    """One chart; `marks` are figures beside its lines, such as the median of a histogram."""

    code: str
    label: Label
    kind: str
    wide: int
    object_name: str
    group: str
    columns: tuple[Column, ...]
    lines: tuple[Line, ...]
    note: Label | None = None
    marks: Mapping[str, Number] = field(default_factory=dict)
    day: str = ""
    basis: Label | None = None  # which records, whose days, whose owner
    # The object whose records the groups are, where no field of the chart's object says so.
    names: str = ""
    top: str = ""  # of a tree: the field of its records whose options are the first level


@dataclass(frozen=True)
class Dashboard:
    """All figures of a dashboard in one period; `first` and `after` are None for all time."""

    code: str
    label: Label
    icon: str
    object_name: str
    day: str
    period: str
    first: datetime.date | None
    after: datetime.date | None
    figures: tuple[Figure, ...]
    charts: tuple[Chart, ...]
