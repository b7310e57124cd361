"""What may be asked of the records behind a number, and by whom."""

from __future__ import annotations

from dataclasses import dataclass

from fieldstone.base.errors import Problem, RefusedError
from fieldstone.base.label import Label
from fieldstone.changes.nouns import Context
from fieldstone.model.site_model import Model
from fieldstone.site import Site


@dataclass(frozen=True)
class Asked:
    """Who asks, of which site and model."""

    site: Site
    ctx: Context
    model: Model


@dataclass(frozen=True)
class Number:
    """Which number of a board: `chart` is its part, `key` the line in it, `period` what it is counted over."""

    figure: str
    chart: str = ""
    key: str | None = None
    period: str = ""


def nothing(what: str, name: str, cure: str) -> RefusedError:
    """Return the refusal of what there is not."""
    text = f"There is no {what} {name[:40]!r}."
    return RefusedError([Problem("not_found", what, text, cure)], 404)


def hidden_among(count: int, seen: int) -> Label:
    """Return what is said where a number counts records that who asks may not open."""
    return Label(
        f"{count} in all, of which you may open {seen}.",
        f"共 {count} 条，其中您可打开 {seen} 条。",
    )
