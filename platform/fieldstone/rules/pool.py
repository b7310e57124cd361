"""A public pool: who sees which of its records, what stays masked until somebody claims one, and who comes and goes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from fieldstone.base.label import Label
from fieldstone.base.named import keyed, named, one_or_more, several
from fieldstone.base.workdays import Span
from fieldstone.expressions.types import BOOLEAN
from fieldstone.rules.assignments import span_from, template_from
from fieldstone.rules.contract import LIMIT, Builder
from fieldstone.rules.kind import (
    A_POOL,
    ASKED,
    BOTH_LANGUAGES,
    BY,
    CHOICE,
    CONDITION,
    COUNT,
    FIELDS,
    SPAN,
    Kind,
    label_from,
)
from fieldstone.rules.ladder import STRENGTHS
from fieldstone.rules.notices import CHANNELS, audiences_from
from fieldstone.rules.pool_body import (
    ANY,
    MOST_REPEATS,
    PREVIEW,
    VISIBILITIES,
    Exit,
    Member,
    Pool,
    Unclaimed,
)
from fieldstone.rules.wording import pool_label

GROUPS: Final = ("role", "team", "department", "user")
CHOICES: Final = ("select", "multi_select", "boolean", "rating")
NUMBERS: Final = ("integer", "decimal", "currency", "percent")
MOMENTS: Final = ("date", "datetime", "time", "duration")
NAMELESS: Final = frozenset((*CHOICES, *NUMBERS, *MOMENTS))
"""Types of fields whose values name no person and no company: a choice, a number, a moment."""
CONTACTS: Final = frozenset({"email", "phone", "secret"})
# After the assignment and the limits, which may put a record into a pool.
SETTLED: Final = LIMIT + 2


def compile_rule(raw: Mapping[str, Any], build: Builder) -> Pool | None:
    """Resolve groups, fields, entry and exit rules, and what each group sees."""
    dead = build.known("dead", "pool", raw["dead"]) if "dead" in raw else ""
    if "max_age" in raw and "dead" not in raw:
        build.problem(
            "max_age",
            "dead_missing",
            "records grow too old here, but nothing says where they go.",
            "Add 'dead: POOL'.",
        )
        return None
    columns = _fields(raw, "columns", build)
    return Pool(
        members=tuple(
            member
            for place, written in enumerate(raw.get("members", ()))
            for member in _members(written, f"members.{place}", build)
        ),
        masked=_fields(raw, "masked", build),
        sort=_sort(raw.get("sort", ()), build),
        columns=columns,
        visibility=str(raw.get("visibility", PREVIEW)),
        shown_blind=_blind(raw, columns, build),
        enter=build.expression("enter_when", raw.get("enter_when"), expects=BOOLEAN),
        exits=_exits(raw, build),
        precedence=int(raw.get("precedence", 100)),
        is_default=bool(raw.get("default", False)),
        transfers=_targets(raw, build),
        max_age=span_from(raw["max_age"], "max_age", build) if "max_age" in raw else None,
        dead=dead,
        dead_label=pool_label(build.scope, dead) if dead else None,
        reasons=tuple(
            (code, label_from(label)) for code, label in raw.get("return_reasons", {}).items()
        ),
        reason_required=bool(raw.get("reason_required", False)),
        by=build.field("by", raw["by"]) if "by" in raw else "",
        unclaimed=_reminders(raw, build),
    )


def _targets(raw: Mapping[str, Any], build: Builder) -> tuple[str, ...]:
    named = enumerate(raw.get("transfers_to", ()))
    return tuple(build.known(f"transfers_to.{i}", "pool", one) for i, one in named)


def _fields(raw: Mapping[str, Any], key: str, build: Builder) -> tuple[str, ...]:
    return tuple(build.field(f"{key}.{i}", name) for i, name in enumerate(raw.get(key, ())))


def _blind(raw: Mapping[str, Any], columns: Iterable[str], build: Builder) -> tuple[str, ...]:
    """Return the fields that the pool lists before a record is opened: those named, or the columns that name nobody."""
    if "shown_blind" not in raw:
        return tuple(one for one in columns if build.fields_type(one) in NAMELESS)
    named, masked = _fields(raw, "shown_blind", build), raw.get("masked", ())
    for place, one in enumerate(named):
        if one and (one in masked or build.fields_type(one) in CONTACTS):
            build.problem(
                f"shown_blind.{place}",
                "shown_blind",
                f"{one!r} says how to reach somebody, or is masked: a blind pool does not list it.",
                "Take it out, or list it in a pool with 'visibility: preview'.",
            )
    return named


def _members(raw: Mapping[str, Any], path: str, build: Builder) -> list[Member]:
    sees = build.expression(f"{path}.sees", raw.get("sees"), expects=BOOLEAN)
    visibility = str(raw.get("visibility", ""))
    found = []
    for group in GROUPS:
        if group in raw:
            name = raw[group]
            if group != "role" or build.known(f"{path}.role", "role", name):
                admin = bool(raw.get("admin", False))
                found.append(Member(f"{group}:{name}", sees, admin, visibility))
    return found


def _sort(raw: object, build: Builder) -> tuple[tuple[str, bool], ...]:
    several = [raw] if isinstance(raw, str) else list(raw) if isinstance(raw, (list, tuple)) else []
    return tuple(
        (build.field(f"sort.{i}", str(one).lstrip("-")), str(one).startswith("-"))
        for i, one in enumerate(several)
    )


def _exits(raw: Mapping[str, Any], build: Builder) -> tuple[Exit, ...]:
    found = []
    for place, written in enumerate(raw.get("exits", ())):
        path = f"exits.{place}"
        when = build.expression(f"{path}.when", written["when"], expects=BOOLEAN)
        pool = build.known(f"{path}.to", "pool", written["to"]) if "to" in written else ""
        if when is not None:
            label = pool_label(build.scope, pool) if pool else Label("nobody", "无归属")
            found.append(Exit(when, pool, label))
    return tuple(found)


def _reminders(raw: Mapping[str, Any], build: Builder) -> tuple[Unclaimed, ...]:
    written = enumerate(raw.get("unclaimed", ()))
    return tuple(_unclaimed(one, f"unclaimed.{i}", build) for i, one in written)


def _unclaimed(raw: Mapping[str, Any], path: str, build: Builder) -> Unclaimed:
    channels = raw.get("by", ("in_page",))
    repeats = raw.get("repeat", 0)
    return Unclaimed(
        _spans(raw["after"], f"{path}.after", build),
        {str(band): tuple(some) for band, some in channels.items()}
        if isinstance(channels, Mapping)
        else {ANY: tuple(channels)},
        audiences_from(raw["to"], f"{path}.to", build),
        {str(band): int(n) for band, n in repeats.items()}
        if isinstance(repeats, Mapping)
        else {ANY: int(repeats)},
        template_from(raw["message"], f"{path}.message", build) if "message" in raw else None,
        _strengths(raw.get("strength", {})),
    )


def _strengths(raw: object) -> dict[str, str]:
    if isinstance(raw, Mapping):
        return {str(band): str(one) for band, one in raw.items()}
    return {ANY: str(raw)}


def _spans(raw: object, path: str, build: Builder) -> dict[str, Span]:
    written = raw if isinstance(raw, Mapping) else {ANY: raw}
    found = {str(band): span_from(one, f"{path}.{band}", build) for band, one in written.items()}
    return {band: span for band, span in found.items() if span is not None}


_CHANNELS: Final = {"type": "array", "items": {"enum": list(CHANNELS)}, "minItems": 1}
_TIMES: Final = {"type": "integer", "minimum": 0, "maximum": MOST_REPEATS}
_UNCLAIMED: Final = {
    "type": "object",
    "properties": {
        "after": {
            "description": "How long a record lies unclaimed before somebody is told; by the value of the pool's field `by`.",
            "oneOf": [
                SPAN,
                keyed(BY, SPAN, minProperties=1),
            ],
        },
        "to": one_or_more(named("person"), description="Who is told."),
        "by": {
            "title": "Channels",
            "description": "The channels, by the value of the pool's field `by`.",
            "oneOf": [_CHANNELS, keyed(BY, _CHANNELS)],
        },
        "repeat": {
            "description": "How often again, after the same time each, by the value of the pool's field `by`.",
            "oneOf": [_TIMES, keyed(BY, _TIMES)],
        },
        "strength": {
            "description": "How strongly the page shows it, by the value of the pool's field `by`.",
            "oneOf": [
                {"enum": list(STRENGTHS)},
                keyed(BY, {"enum": list(STRENGTHS)}),
            ],
        },
        "message": BOTH_LANGUAGES,
    },
    "required": ["after", "to"],
    "additionalProperties": False,
}

KIND = Kind(
    "pool",
    Label("Public pool", "公海"),
    SETTLED,
    {
        "properties": {
            "members": {
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": {
                        **{group: named(group) for group in GROUPS},
                        "sees": {
                            **ASKED,
                            "description": "Which records this group sees.",
                        },
                        "admin": {"type": "boolean", "description": "Looks after the pool."},
                        "visibility": {"enum": list(VISIBILITIES)},
                    },
                    "additionalProperties": False,
                    "anyOf": [{"required": [group]} for group in GROUPS],
                },
            },
            "visibility": {
                "enum": list(VISIBILITIES),
                "description": "preview: title and columns; blind: nothing that tells who it is, until a record is opened; hidden: only who looks after the pool sees it.",
            },
            "masked": {**FIELDS, "description": "Fields masked until the record is claimed."},
            "shown_blind": {
                **FIELDS,
                "description": "The fields that a blind pool lists; left out: the columns that are choices, numbers or dates.",
            },
            "sort": one_or_more(named("sort")),
            "columns": FIELDS,
            "enter_when": {
                **ASKED,
                "description": "Which records belong into the pool.",
            },
            "exits": {
                "type": "array",
                "minItems": 1,
                "description": "Which records leave it for another pool, or for no pool.",
                "items": {
                    "type": "object",
                    "properties": {"when": CONDITION, "to": A_POOL},
                    "required": ["when"],
                    "additionalProperties": False,
                },
            },
            "precedence": {
                **COUNT,
                "description": "Of several fitting pools the smallest number wins.",
            },
            "default": {"type": "boolean", "description": "Takes what belongs into no other pool."},
            "transfers_to": {
                **several(A_POOL),
                "description": "The pools records may be moved to by hand.",
            },
            "max_age": {**SPAN, "description": "How long a record may lie here unclaimed."},
            "dead": {**A_POOL, "description": "The pool of records that grew too old."},
            "return_reasons": {
                "type": "object",
                "minProperties": 1,
                "additionalProperties": BOTH_LANGUAGES,
                "description": "Reasons to choose from when a record is given back or moved here.",
            },
            "reason_required": {
                "type": "boolean",
                "description": "Giving a record back, or moving it here, without one of the reasons is refused.",
            },
            "by": {
                **CHOICE,
                "description": "The field whose values `unclaimed` tells apart, such as grade.",
            },
            "unclaimed": {"type": "array", "items": _UNCLAIMED, "minItems": 1},
        },
        "required": [],
    },
    compile_rule,
    about=Label(
        "A public pool: who sees which of its records, and which come and go.",
        "公海：谁能看到哪些记录，哪些记录进入和移出。",
    ),
)
