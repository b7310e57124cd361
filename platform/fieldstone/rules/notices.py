"""Messages that rules send: who is meant by "owner", "owner.manager" or "role:sales_manager", and what they get."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from fieldstone.base.label import Label
from fieldstone.changes.nouns import Draft, Effect
from fieldstone.expressions.expression import Expression
from fieldstone.expressions.types import Kind as ValueKind
from fieldstone.expressions.types import Type
from fieldstone.rules.contract import Builder, Facts

GROUPS = ("role", "team", "department", "user")
RECALLED = "recalled"  # the topic of what the owner until now is told when a record was taken away
ASSIGNED = "assigned"  # the topic of what somebody is told who gets a record
CHANNELS = ("in_page", "email", "sms", "webhook")
PERSON = Type(ValueKind.RECORD, of="user")


@dataclass(frozen=True)
class Audience:
    """Who is told: the users that an expression names, or a group such as "role:sales_manager"."""

    group: str = ""
    person: Expression | None = None

    def ids(self, row: Mapping[str, object], facts: Facts) -> tuple[str, ...]:
        """Return the ids of the users meant for one record; nobody when there is none."""
        if self.person is not None:
            found = self.person.evaluate(row, facts.env)
            return (str(found),) if found else ()
        return tuple(person.id for person in facts.people(self.group) if person.active)


def audience_from(raw: object, path: str, build: Builder) -> Audience | None:
    """Compile "owner", "owner.manager", "role:sales_manager", "team:north" or "user:mail@example.com"."""
    text = str(raw)
    group, colon, name = text.partition(":")
    if colon and group in GROUPS:
        known = build.known(path, "role", name) if group == "role" else name
        return Audience(group=text) if known else None
    person = build.expression(path, text)
    if person is None:
        return None
    if person.type.of not in ("", "user"):
        build.problem(
            path,
            "not_a_person",
            f"{text!r} is a {person.type.of}, not a user.",
            "Write owner, owner.manager, role:CODE, team:CODE or user:EMAIL.",
        )
        return None
    return Audience(person=person)


def audiences_from(raw: object, path: str, build: Builder) -> tuple[Audience, ...]:
    """Compile one audience or a list of them."""
    several = raw if isinstance(raw, (list, tuple)) else [raw]
    found = (audience_from(one, path, build) for one in several)
    return tuple(one for one in found if one is not None)


def message(draft: Draft, text: Label, **more: object) -> dict[str, object]:
    """Return the payload of a message about one record."""
    return {
        "object": draft.change.object_name,
        "id": draft.record_id,
        "message": {"en": text.en, "zh": text.text("zh")},
        **more,
    }


def told(
    audiences: Iterable[Audience],
    channels: Iterable[str],
    draft: Draft,
    facts: Facts,
    *,
    topic: str,
    text: Label,
) -> tuple[Effect, ...]:
    """Return one message per person and channel about one record."""
    people = dict.fromkeys(one for who in audiences for one in who.ids(draft.row, facts))
    payload = message(draft, text)
    ways = tuple(channels)
    return tuple(Effect(channel, person, topic, payload) for person in people for channel in ways)
