"""Conditions over a record and a person at once: "person.region == region and person.load < 20"."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from fieldstone.base.label import Label
from fieldstone.expressions.expression import Expression
from fieldstone.expressions.types import BOOLEAN, NUMBER, Kind, Scope, Type
from fieldstone.rules.contract import Builder

PERSON: Final = "person"
USER: Final = Type(Kind.RECORD, of="user")
FIGURES: Final[Mapping[str, tuple[Type, Label]]] = {
    "load": (NUMBER, Label("open records", "在手数量")),
    "given_today": (NUMBER, Label("given today", "今日已分配")),
    "rank": (NUMBER, Label("rank", "排名")),
    "result": (NUMBER, Label("result", "排名得分")),
}
"""What is worked out of a person, besides the fields of the user."""


@dataclass(frozen=True)
class PersonScope:
    """A user with their figures."""

    user: Scope

    @property
    def object_name(self) -> str:
        """Return the object: user."""
        return self.user.object_name

    def type_of(self, name: str) -> Type | None:
        """Return the type of a field or a figure."""
        return FIGURES[name][0] if name in FIGURES else self.user.type_of(name)

    def follow(self, name: str) -> Scope | None:
        """Return the scope behind a lookup of the user."""
        return self.user.follow(name)

    def names(self) -> Sequence[str]:
        """Return the fields and figures."""
        return [*self.user.names(), *FIGURES]

    def object_label(self, language: str) -> str:
        """Return what people call one record of the object."""
        return self.user.object_label(language)

    def label(self, name: str, language: str) -> str:
        """Return what people call a field or figure."""
        return (
            FIGURES[name][1].text(language) if name in FIGURES else self.user.label(name, language)
        )

    def option_label(self, name: str, option: str, language: str) -> str:
        """Return what people call an option."""
        return self.user.option_label(name, option, language)


@dataclass(frozen=True)
class PairScope:
    """A record, and beside it a person."""

    record: Scope
    person: PersonScope

    @property
    def object_name(self) -> str:
        """Return the object of the record."""
        return self.record.object_name

    def type_of(self, name: str) -> Type | None:
        """Return the type of a field of the record, or of the person."""
        return USER if name == PERSON else self.record.type_of(name)

    def follow(self, name: str) -> Scope | None:
        """Return the scope behind a name."""
        return self.person if name == PERSON else self.record.follow(name)

    def names(self) -> Sequence[str]:
        """Return the names of the record, and the person."""
        return [PERSON, *self.record.names()]

    def object_label(self, language: str) -> str:
        """Return what people call one record of the object."""
        return self.record.object_label(language)

    def label(self, name: str, language: str) -> str:
        """Return what people call a name."""
        if name == PERSON:
            return Label("person", "人员").text(language)
        return self.record.label(name, language)

    def option_label(self, name: str, option: str, language: str) -> str:
        """Return what people call an option."""
        return self.record.option_label(name, option, language)


@dataclass(frozen=True)
class Fit:
    """A condition over a record and a person, and what it reads of each."""

    condition: Expression  # its `reads` are those of the record alone: they are loaded with it
    person_paths: tuple[str, ...]  # of the user: "region", "team.region"

    @property
    def figures(self) -> frozenset[str]:
        """Return the figures it asks for."""
        return frozenset(self.person_paths) & FIGURES.keys()

    @property
    def links(self) -> tuple[str, ...]:
        """Return what is read behind lookups of the user."""
        return tuple(path for path in self.person_paths if "." in path)


def fit_from(raw: object, path: str, build: Builder) -> Fit | None:
    """Compile a condition over a record and a person; None when there is none, or it is wrong (reported)."""
    if raw is None:
        return None
    users = build.scope_of("user", path)
    if users is None:
        return None
    scope = PairScope(build.scope, PersonScope(users))
    condition = build.expression(path, raw, expects=BOOLEAN, scope=scope)
    if condition is None:
        return None
    reads = condition.reads
    own = replace(
        reads,
        names=reads.names - {PERSON},
        paths=frozenset(one for one in reads.paths if not _of_person(one)),
    )
    theirs = sorted(one.partition(".")[2] for one in reads.paths if _of_person(one))
    return Fit(replace(condition, reads=own), tuple(theirs))


def _of_person(path: str) -> bool:
    return path.partition(".")[0] == PERSON


def as_person(values: Mapping[str, object], names: Iterable[str]) -> dict[str, object]:
    """Return a person's values under the names that such conditions read: "person.region"."""
    return {f"{PERSON}.{name}": values.get(name) for name in names}
