"""Roles, navigation, calendars and reports of the site."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

from fieldstone.base.label import Label, label_of
from fieldstone.base.workdays import (
    ALWAYS,
    WEEKDAYS,
    Calendar,
    CalendarError,
    parse_slot,
    public_holidays,
    week_of,
    zone_of,
)
from fieldstone.compiler.merging import ordered
from fieldstone.compiler.problems import Spot
from fieldstone.compiler.report_parts import settle_names
from fieldstone.compiler.resolving import Resolver
from fieldstone.compiler.schema_check import shape_of
from fieldstone.compiler.site_shapes import NAMING, report_shape
from fieldstone.compiler.tree import earlier_codes, plain
from fieldstone.compiler.words import known_code, label_from, own_label, report_given_up
from fieldstone.model.objects import ObjectType
from fieldstone.model.site_model import NavGroup, NavItem, Report, Role

YEARS_BEFORE, YEARS_AHEAD = 3, 3  # holidays that a model carries
ADMINISTRATOR = Role("admin", Label("Administrator", "管理员"), administrator=True)
RECORDS = Label("Records", "业务")
OFF, WORK = "off", "work"
NAMELESS = Label("")


def roles_of(spot: Spot, raw: Mapping[str, Any]) -> dict[str, Role]:
    """Return the roles in order; a site without an administrator gets one, so that it can be set up."""
    roles = {
        code: Role(
            code,
            own_label(code, settings),
            administrator=isinstance(settings, Mapping) and settings.get("administrator", False),
            renamed_from=earlier_codes(settings) if isinstance(settings, Mapping) else (),
        )
        for code, settings in ordered(spot, raw).items()
    }
    report_given_up(spot, roles, "role")
    if not any(role.administrator for role in roles.values()):
        roles = {
            "admin": ADMINISTRATOR,
            **{code: role for code, role in roles.items() if code != "admin"},
        }
    return roles


def calendars_of(spot: Spot, raw: Mapping[str, Any], default: object) -> dict[str, Calendar]:
    """Return the calendars by code; the site's default also stands under ""."""
    calendars: dict[str, Calendar] = {}
    for code, settings in raw.items():
        try:
            calendars[code] = _calendar(code, settings)
        except (CalendarError, ValueError) as error:
            spot.under(code).problem(
                "bad_calendar",
                f"{error}.",
                "Correct the hours, the zone, the country or the days of this calendar.",
            )
    fallback = ALWAYS
    if isinstance(default, str) and known_code(
        Spot(spot.problems, spot.root, "default_calendar"), "calendar", default, raw
    ):
        fallback = calendars.get(default, ALWAYS)
    elif calendars:
        fallback = next(iter(calendars.values()))
    return {**calendars, "": fallback}


def _calendar(code: str, raw: Mapping[str, Any]) -> Calendar:
    zone = raw.get("zone", "UTC")
    zone_of(zone)
    off, made_up = frozenset[date](), frozenset[date]()
    if "country" in raw:
        year = datetime.now(UTC).year
        off, made_up = public_holidays(raw["country"], year - YEARS_BEFORE, year + YEARS_AHEAD)
    own = {
        date.fromisoformat(day): _exception(one)
        for day, one in raw.get("exceptions", {}).items()
        if one is not None
    }
    further = frozenset(date.fromisoformat(day) for day in raw.get("holidays", ()))
    further |= {day for day, (hours, _) in own.items() if hours == OFF}
    worked = frozenset(date.fromisoformat(day) for day in raw.get("workdays", ()))
    worked |= {day for day, (hours, _) in own.items() if hours == WORK}
    return Calendar(
        code,
        zone,
        week_of(_by_day(raw["hours"])),
        (off | further) - worked,
        made_up | worked,
        raw.get("country", ""),
        tuple(
            (day, tuple(sorted(parse_slot(slot) for slot in hours)))
            for day, (hours, _) in sorted(own.items())
            if not isinstance(hours, str)
        ),
        tuple((day, label) for day, (_, label) in sorted(own.items()) if label is not None),
        own_label(code, raw),
    )


def _exception(raw: Any) -> tuple[str | Sequence[str], Label | None]:
    """Return the hours of a single day (off, work, or slots) and what it is called."""
    if isinstance(raw, Mapping):
        label = raw.get("label")
        return raw["hours"], label_from(label, NAMELESS) if label is not None else None
    return raw, None


def _by_day(raw: Mapping[str, Sequence[str]]) -> dict[str, Sequence[str]]:
    """Return hours by single weekday; "mon-fri" stands for five of them, a single day wins over a span."""
    days: dict[str, Sequence[str]] = {}
    for written in sorted(raw, key=lambda key: "-" not in key):
        first, _, last = written.partition("-")
        start, end = WEEKDAYS.index(first), WEEKDAYS.index(last or first)
        span = (
            WEEKDAYS[start : end + 1] if start <= end else (*WEEKDAYS[start:], *WEEKDAYS[: end + 1])
        )
        days.update(dict.fromkeys(span, raw[written]))
    return days


def _above(objects: Sequence[ObjectType], layer: str) -> list[ObjectType]:
    """Return the objects of the layers above one that has objects; those of lower layers come first."""
    own = [place for place, one in enumerate(objects) if one.origin.layer == layer]
    return [one for one in objects[own[-1] :] if one.origin.layer != layer] if own else []


class Navigation:
    """Reads the side bar: groups of objects, pools, dashboards and pages."""

    def __init__(self, resolver: Resolver, reports: Mapping[str, Report]) -> None:
        self._resolver = resolver
        self._objects = resolver.objects
        self._reports = reports
        self._pools = {pool: spec for spec in self._objects.values() for pool in spec.pools}

    def items(self, spot: Spot, raw: Mapping[str, Any]) -> tuple[NavItem, ...]:
        """Return all entries; a site without any shows every object that is not hidden.

        What a layer above those with the entries adds stands in the first group, unless an entry names it.
        """
        found = [
            item
            for code, group in ordered(spot, raw).items()
            for index, written in enumerate(group["items"])
            if (item := self._item(spot.under(code, "items", index), code, written))
        ]
        shown = [spec for spec in self._objects.values() if not spec.hidden and spec.parent is None]
        if not found and not raw:
            return tuple(NavItem("object", spec.code, "records") for spec in shown)
        first = next(iter(ordered(spot, raw)), "")
        named = {item.target for item in found if item.kind == "object"}
        place = sum(item.group == first for item in found)
        added = [
            NavItem("object", one.code, first)
            for one in _above(shown, spot.under(first).place().layer)
            if one.code not in named and not one.archived
        ]
        return (*found[:place], *added, *found[place:])

    def groups(self, spot: Spot, raw: Mapping[str, Any]) -> dict[str, NavGroup]:
        """Return the groups in order."""
        groups = {
            code: NavGroup(
                own_label(code, {"label": group.get("label", {})}), bool(group.get("folded"))
            )
            for code, group in ordered(spot, raw).items()
        }
        return groups or {"records": NavGroup(RECORDS)}

    def _item(self, spot: Spot, group: str, written: object) -> NavItem | None:
        raw = {"object": written} if isinstance(written, str) else dict(written)  # type: ignore[call-overload]
        kinds = [kind for kind in ("object", "pool", "dashboard", "page") if kind in raw]
        if len(kinds) != 1:
            spot.problem(
                "bad_item",
                "an entry leads to one object, pool, dashboard or page.",
                "Write a code, or {pool: CODE}.",
            )
            return None
        kind, target = kinds[0], raw[kinds[0]]
        known: Mapping[str, Mapping[str, object]] = {
            "object": self._objects,
            "pool": self._pools,
            "dashboard": self._reports,
        }
        if kind in known and not known_code(spot, kind, target, known[kind]):
            return None
        reached = self._objects if kind == "object" else self._pools if kind == "pool" else {}
        if target in reached and reached[target].archived:
            return None
        view = raw.get("view", "")
        if view and (
            kind != "object"
            or not known_code(spot.under("view"), "view", view, self._objects[target].views)
        ):
            return None
        if kind in ("pool", "dashboard"):
            self._resolver.use(spot, "report" if kind == "dashboard" else kind, target)
        return NavItem(kind, target, group, view)


def reports_of(
    spot: Spot, raw: Mapping[str, Any], schema: Mapping[str, Any] | None, resolver: Resolver
) -> dict[str, Report]:
    """Return the reports and dashboards whose YAML fits the schema, with present codes."""
    shape = shape_of(schema, report_shape)
    reports = {}
    for code, settings in raw.items():
        here = spot.under(code)
        if shape.check(here, settings):
            settle_names(here, settings, resolver)
            label = label_from(settings.get("label"), label_of(code))
            body = {
                key: plain(value)
                for key, value in settings.items()
                if key not in {"label", "kind", *NAMING}
            }
            reports[code] = Report(
                code,
                label,
                str(settings.get("kind", "report")),
                body,
                here.place(of_key=True),
                renamed_from=earlier_codes(settings),
                alias_until=str(settings.get("alias_until", "")),
            )
    report_given_up(spot, reports, "report")
    return reports
