"""One line of an assignment rule: which records, to whom, and how the group shares them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from fieldstone.base.label import Label
from fieldstone.base.named import named, one_or_more
from fieldstone.expressions.expression import Expression
from fieldstone.expressions.types import BOOLEAN
from fieldstone.rules.contract import Builder
from fieldstone.rules.kind import A_POOL, BOTH_LANGUAGES, CONDITION, TEXT, label_from
from fieldstone.rules.rotation import PEOPLE, SETTINGS, Rotation, groups_from, rotation_from
from fieldstone.rules.wording import pool_label

NAMELESS: Final = Label("")
TERMS: Final = ("limits", "ranking")


@dataclass(frozen=True)
class Entry:
    """One line; exactly one of the targets is set. `shared` names a rotation rule that holds the people."""

    code: str
    label: Label
    when: Expression | None
    people: Rotation | None = None
    shared: str = ""
    pool: str = ""
    pool_label: Label = NAMELESS
    creator: bool = False  # to whoever enters it
    owner_of: tuple[Expression, ...] = ()  # to who looks after it already
    known_by: str = ""  # to who has or had what this duplicate rule finds to be the same
    terms: Rotation | None = None  # the limits within which somebody gets what is theirs anyway

    @property
    def reads(self) -> tuple[Expression, ...]:
        """Return what is evaluated on the record."""
        own = () if self.when is None else (self.when,)
        return (*own, *self.owner_of, *(self.people.reads if self.people else ()))


def entry_from(
    raw: Mapping[str, Any], shared: Mapping[str, Any], place: int, build: Builder
) -> Entry:
    """Compile one entry; `shared` are the settings that the whole rule gives its entries."""
    path, to = f"entries.{place}", raw["to"]
    groups = groups_from(to, f"{path}.to", build)
    pool = build.known(f"{path}.to.pool", "pool", to["pool"]) if "pool" in to else ""
    named = Label(", ".join(name.partition(":")[2] for name in groups) or str(place + 1))
    rotation = to.get("rotation", "")
    return Entry(
        str(raw.get("code", place)),
        label_from(raw.get("label"), named),
        build.expression(f"{path}.when", raw.get("when"), expects=BOOLEAN),
        _people(groups, rotation, raw, shared, path, build),
        build.known(f"{path}.to.rotation", "rule", rotation) if rotation else "",
        pool,
        pool_label(build.scope, pool),
        bool(to.get("creator", False)),
        _owners(to.get("owner_of", ()), f"{path}.to.owner_of", build),
        build.known(f"{path}.to.known_by", "rule", to["known_by"]) if "known_by" in to else "",
        _terms(to, raw, shared, path, build),
    )


def _terms(
    to: Mapping[str, Any],
    raw: Mapping[str, Any],
    shared: Mapping[str, Any],
    path: str,
    build: Builder,
) -> Rotation | None:
    if "owner_of" not in to and "known_by" not in to:
        return None
    given = {**shared, **raw}
    return rotation_from((), {key: given[key] for key in TERMS if key in given}, path, build)


def _people(
    groups: tuple[str, ...],
    rotation: str,
    raw: Mapping[str, Any],
    shared: Mapping[str, Any],
    path: str,
    build: Builder,
) -> Rotation | None:
    own = {key: value for key, value in raw.items() if key in SETTINGS}
    if rotation:
        for key in (*own, *(("to",) if groups else ())):
            build.problem(
                f"{path}.{key}",
                "has_rotation",
                f"The rotation {rotation!r} says who shares and how.",
                f"Write it there, and leave {key!r} out here.",
            )
        return Rotation(())
    return rotation_from(groups, {**shared, **own}, path, build) if groups else None


def _owners(raw: object, path: str, build: Builder) -> tuple[Expression, ...]:
    written = [raw] if isinstance(raw, str) else list(raw)  # type: ignore[call-overload]
    found = []
    for text in written:
        person = build.expression(path, text)
        if person is not None and person.type.of not in ("", "user"):
            build.problem(
                path,
                "not_a_person",
                f"{text!r} is no person.",
                "Write customer.owner, for example.",
            )
        elif person is not None:
            found.append(person)
    return tuple(found)


ENTRY: Final = {
    "type": "object",
    "properties": {
        "code": {**TEXT, "description": "A short name that stays: the turns are kept by it"},
        "label": BOTH_LANGUAGES,
        "when": {**CONDITION, "description": "Which records it takes"},
        "to": {
            "type": "object",
            "title": "To whom",
            "description": "To whom: people, a rotation, a pool, the person who enters it, or who looks after it",
            "properties": {
                **PEOPLE,
                "rotation": named(
                    "rule", "rotation", description="A rotation rule, shared with other entries"
                ),
                "pool": {**A_POOL, "description": "A public pool"},
                "creator": {"const": True, "description": "The person who enters the record"},
                "owner_of": one_or_more(
                    named("owner"), description="Who looks after it already: customer.owner"
                ),
                "known_by": named(
                    "rule",
                    "duplicate",
                    description="Who has, or had last, an earlier record that this duplicate rule finds by its keys",
                ),
            },
            "additionalProperties": False,
            "minProperties": 1,
        },
        **SETTINGS,
    },
    "required": ["to"],
    "additionalProperties": False,
}
