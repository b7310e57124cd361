"""How things stand on a page: fields in the sections of a form, columns of a list, entries of a part; and the moves that change it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, Self

from werkzeug.datastructures import MultiDict

AT: Final = "at"  # the order on the page: "s:contact", then "f:name", "f:mobile", ..., at last "p:" and what is unused
DO: Final = "do"  # the button that was pressed: "up name"
MOST_COLUMNS: Final = 3
# Groups that a record's page always has; no section can be called so.
HIGHLIGHTS: Final = "=highlights"
PANELS: Final = "=panels"
RELATED: Final = "=related"
PLACES: Final = ("side", "main")


@dataclass(frozen=True)
class Group:
    """One section: what people call it, in how many columns its fields stand, where, and which."""

    code: str
    fields: tuple[str, ...] = ()
    en: str = ""
    zh: str = ""
    columns: int = 1
    place: str = PLACES[0]

    @property
    def fixed(self) -> bool:
        """Tell whether it is always there, at its place."""
        return self.code in (HIGHLIGHTS, PANELS, RELATED)

    @property
    def kind(self) -> str:
        """Return what stands in it: fields, panels or related lists. Nothing goes from one kind to another."""
        return self.code if self.code in (PANELS, RELATED) else "fields"


@dataclass(frozen=True)
class Layout:
    """Sections in their order. What stands in none of them is unused."""

    groups: tuple[Group, ...]

    @property
    def used(self) -> tuple[str, ...]:
        """Return every field that stands somewhere."""
        return tuple(code for group in self.groups for code in group.fields)

    @classmethod
    def posted(cls, given: MultiDict[str, str], known: Iterable[str]) -> Self:
        """Return the layout as a form carries it; fields that are not `known`, or there twice, are left out."""
        groups: list[Group] = []
        left, unused = dict.fromkeys(known), False
        for mark in given.getlist(AT):
            what, _, code = mark.partition(":")
            if what == "s":
                groups.append(_group(given, code))
                unused = False
            elif what == "p":
                unused = True
            elif code in left and not unused and groups:
                del left[code]
                groups[-1] = replace(groups[-1], fields=(*groups[-1].fields, code))
        return cls(tuple(groups))

    def done(self, wish: str) -> Self:
        """Return the layout after a button was pressed; one that means nothing here changes nothing."""
        verb, _, rest = wish.partition(" ")
        code, _, to = rest.partition(" ")
        moves: Mapping[str, Callable[[], Layout]] = {
            "up": lambda: self._stepped(code, -1),
            "down": lambda: self._stepped(code, 1),
            "out": lambda: self.without(code),
            "in": lambda: self.without(code).with_field(code, to),
            "section-up": lambda: self._group_stepped(code, -1),
            "section-down": lambda: self._group_stepped(code, 1),
            "section-out": lambda: replace(self, groups=tuple(g for g in self.groups if g.fixed or g.code != code)),
            "section-new": lambda: replace(self, groups=(*self.groups, Group(self._free_code(), columns=2))),
        }  # fmt: skip
        move = moves.get(verb)
        return replace(self, groups=move().groups) if move is not None else self

    def without(self, field: str) -> Self:
        """Return the layout in which a field is unused."""
        groups = (replace(g, fields=tuple(f for f in g.fields if f != field)) for g in self.groups)
        return replace(self, groups=tuple(groups))

    def with_field(self, field: str, code: str) -> Self:
        """Return the layout with a field at the end of a section, of the last one when none is named."""
        codes = [one.code for one in self.groups]
        at = codes.index(code) if code in codes else len(codes) - 1
        groups = [
            replace(g, fields=(*g.fields, field)) if n == at else g
            for n, g in enumerate(self.groups)
        ]
        return replace(self, groups=tuple(groups))

    def _stepped(self, field: str, by: int) -> Self:
        """Return the layout with a field one place further, over the edge into the next section."""
        at = next((n for n, g in enumerate(self.groups) if field in g.fields), None)
        if at is None:
            return self
        here = self.groups[at]
        place = here.fields.index(field) + by
        if 0 <= place < len(here.fields):
            groups = list(self.groups)
            groups[at] = replace(here, fields=_moved(here.fields, field, by))
            return replace(self, groups=tuple(groups))
        if not 0 <= at + by < len(self.groups):
            return self
        next_one = self.groups[at + by]
        if next_one.kind != here.kind:
            return self
        fields = (field, *next_one.fields) if by > 0 else (*next_one.fields, field)
        groups = list(self.without(field).groups)
        groups[at + by] = replace(next_one, fields=fields)
        return replace(self, groups=tuple(groups))

    def _group_stepped(self, code: str, by: int) -> Self:
        codes = [one.code for one in self.groups]
        if code not in codes or not 0 <= codes.index(code) + by < len(codes):
            return self
        by_code = {one.code: one for one in self.groups}
        if by_code[code].fixed or self.groups[codes.index(code) + by].fixed:
            return self
        return replace(self, groups=tuple(by_code[one] for one in _moved(codes, code, by)))

    def _free_code(self) -> str:
        taken, n = {one.code for one in self.groups}, 1
        while f"section_{n}" in taken:
            n += 1
        return f"section_{n}"


def _group(given: MultiDict[str, str], code: str) -> Group:
    columns = given.get(f"columns:{code}", "")
    good = columns.isdecimal() and 1 <= int(columns) <= MOST_COLUMNS
    place = given.get(f"place:{code}", "")
    return Group(
        code,
        (),
        " ".join(given.get(f"en:{code}", "").split()),
        " ".join(given.get(f"zh:{code}", "").split()),
        int(columns) if good else 1,
        place if place in PLACES else PLACES[0],
    )


def _moved(codes: Sequence[str], code: str, by: int) -> tuple[str, ...]:
    at = list(codes).index(code)
    rest = [one for one in codes if one != code]
    rest.insert(at + by, code)
    return tuple(rest)
