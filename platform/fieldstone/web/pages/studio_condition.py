"""A condition put together from rows: a field, how it is compared, with what; in groups, and back to text as it is typed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from flask import Blueprint, Response, request
from werkzeug.datastructures import MultiDict

from fieldstone.expressions.condition import (
    AND,
    OR,
    ROLE,
    SEVERAL,
    WITHOUT_VALUE,
    Group,
    Part,
    Piece,
    Row,
    measures_of,
    operators_of,
    path_type,
    rows_of,
    type_of,
    with_part,
    without,
)
from fieldstone.expressions.condition_text import text_of, unfinished
from fieldstone.expressions.expression import parse
from fieldstone.expressions.problems import ExpressionError
from fieldstone.expressions.types import BOOLEAN, USER, Kind, Type
from fieldstone.model.site_model import ModelScope
from fieldstone.web.asking import Asked, the_call
from fieldstone.web.i18n import speech
from fieldstone.web.pages import drawing
from fieldstone.web.pages.studio_condition_words import (
    measure_words,
    names_of,
    operator_words,
    record_of,
    records_in,
    step_options,
    value_options,
)
from fieldstone.web.pages.studio_edits import changing_of
from fieldstone.web.pages.subjects import not_there

PAGE = Blueprint("studio_condition", __name__)
Drawn = dict[str, Any]
Form = MultiDict[str, str]
ROOT: Final = "r"
_NAME: Final = re.compile(r"[A-Za-z_][\w.]*")
DEEPEST, MOST_PARTS, MOST_STEPS = 8, 60, 4
ADDED: Final[Mapping[str, Part]] = {
    "row": Row(""),
    "piece": Piece(""),
    "group": Group(OR, (Row(""), Row(""))),
}
CONTROLS: Final = {
    Kind.NUMBER: "number", Kind.DATE: "date", Kind.DATETIME: "date", Kind.TIME: "time",
}  # fmt: skip


@PAGE.get("/studio/condition")
def condition_as_rows() -> Response:
    """Show the rows of a condition that is written as text."""
    given = request.args
    return _answer(the_call(), given, given.get(given.get("c.name", ""), ""), None)


@PAGE.post("/studio/condition")
def changed_condition() -> Response:
    """Show a condition after one of its rows was changed, added or taken away, or its text was typed."""
    asked, given = the_call(), request.form
    text = given.get(given.get("c.name", ""), "")
    do, _, place = given.get("do", "").partition(":")
    if do == "text":
        return _answer(asked, given, text, None)
    group = Typed(given, f"c.{given.get('c.name', '')}.").group(ROOT, 0)
    group = _done(group, do, place)
    return _answer(asked, given, text, group)


def _answer(asked: Asked, given: Mapping[str, str], text: str, group: Group | None) -> Response:
    changing_of(asked)
    scope = _scope(asked, given)
    name = given.get("c.name", "")
    wrong = ""
    if group is None:
        try:
            group = rows_of(text, scope)
        except ExpressionError as error:
            group, wrong = Group(parts=(Piece(text),)), _told(error)
    else:
        group = _settled(group, scope)
        wrong = speech(asked.language).t("A row waits for its value.") if unfinished(group, scope) else ""  # fmt: skip
        text = text if wrong else text_of(group, scope)
    said, mistaken = _said(asked, text, scope)
    for record_id, title in names_of(asked, list(records_in(group, scope))).items():
        said = said.replace(record_id, title)
    context = {
        "condition": {
            "name": name,
            "object": scope.object_name,
            "text": text,
            "said": said,
            "wrong": wrong or mistaken,
            "group": Drawing(asked, scope).group(group, ROOT),
            "typed": given.get("do") == "text",
        }
    }
    return drawing.fragment(asked, "studio_condition", context)


def _scope(asked: Asked, given: Mapping[str, str]) -> ModelScope:
    name = given.get("object", "") or given.get("c.object", "")
    if name not in asked.model.objects:
        raise not_there()
    return asked.model.scope(name)


def _said(asked: Asked, text: str, scope: ModelScope) -> tuple[str, str]:
    if not text.strip():
        return "", ""
    try:
        return parse(text, scope, expects=BOOLEAN).read_back(asked.language), ""
    except ExpressionError as error:
        return "", _told(error)


def _told(error: ExpressionError) -> str:
    return " ".join(f"{one.message} {one.cure}" for one in error.problems)


@dataclass(frozen=True)
class Typed:
    """The rows that a form holds, under a prefix of their own: a form may hold several conditions."""

    given: Form
    prefix: str

    def group(self, at: str, depth: int) -> Group:
        """Return the group at a place; what goes too deep or is too much is left out."""
        join = OR if self._said(at, "join") == OR else AND
        parts: list[Part] = []
        while len(parts) < MOST_PARTS and (kind := self._said(f"{at}.{len(parts)}", "kind")):
            here = f"{at}.{len(parts)}"
            if kind == "group" and depth < DEEPEST:
                parts.append(self.group(here, depth + 1))
            elif kind == "row":
                parts.append(self._row(here))
            else:
                parts.append(Piece(self._said(here, "text")))
        return Group(join, tuple(parts), self._said(at, "not") == "true")

    def _said(self, at: str, name: str) -> str:
        return self.given.get(f"{self.prefix}{at}.{name}", "")

    def _row(self, at: str) -> Row:
        steps: list[str] = []
        for place in range(MOST_STEPS):
            step = self._said(at, f"s{place}")
            if not step:
                break
            steps.append(step)
        subject, measure = ".".join(steps), self._said(at, "measure")
        values = tuple(self.given.getlist(f"{self.prefix}{at}.value"))
        free = self._said(at, "free") == "true"
        if f"{subject}|{measure}" != self._said(at, "of"):
            values, free = (), False  # they were those of another field
        return Row(subject, measure, self._said(at, "op"), values, free, self._said(at, "was"))


def _done(group: Group, do: str, place: str) -> Group:
    """Return the group after a button of it was pressed; one that names no place changes nothing."""
    at = _places(place)
    if at is None or (at and not _there(group, at)):
        return group
    if do == "drop" and at:
        return without(group, at)
    return with_part(group, at, ADDED[do]) if do in ADDED else group


def _places(text: str) -> tuple[int, ...] | None:
    root, *steps = text.split(".")
    short = all(one.isdecimal() and one.isascii() and len(one) < len("100") for one in steps)
    return tuple(int(one) for one in steps) if root == ROOT and short else None


def _there(group: Group, at: Sequence[int]) -> bool:
    first, *rest = at
    if first >= len(group.parts):
        return False
    inner = group.parts[first]
    return not rest or (isinstance(inner, Group) and _there(inner, rest))


def _settled(group: Group, scope: ModelScope) -> Group:
    """Return the group with every row asking something that can be asked of its field."""
    parts = tuple(
        _settled(one, scope) if isinstance(one, Group) else _fitting(one, scope) if isinstance(one, Row) else one
        for one in group.parts
    )  # fmt: skip
    return Group(group.join, parts, group.negated)


def _fitting(row: Row, scope: ModelScope) -> Row:
    steps = row.subject.split(".")
    while steps and path_type(".".join(steps), scope) is None:
        steps.pop()
    subject = ".".join(steps)
    bare = path_type(subject, scope) if subject else None
    if bare is None:
        return Row("")
    offered = measures_of(bare)
    counted = bare.kind is Kind.ROWS
    measure = row.measure if row.measure in offered else offered[0] if counted else ""
    found = type_of(subject, measure, scope) or bare
    asked = operators_of(subject, found)
    op = (
        row.op if row.op in asked or row.op in ("null", "not null") else next(iter(asked), "filled")
    )
    free, values = row.free, row.values
    if found.choices and not free and op not in WITHOUT_VALUE:
        values = tuple(one for one in values if one in found.choices)
    if op in SEVERAL or op == ROLE:
        free = False
    elif found.kind is Kind.DURATION:
        free = True
    elif op not in WITHOUT_VALUE and record_of(found):
        free, values = _somebody(found, values, free=free)
    if op not in SEVERAL:
        values = values[:1]
    return Row(subject, measure, op, values, free, row.was)


def _somebody(found: Type, values: tuple[str, ...], *, free: bool) -> tuple[bool, tuple[str, ...]]:
    """Return whether a record is named by an expression, and by which; a new row about a person asks for who is acting."""
    if not values and found == USER:
        return True, ("user",)
    if not free and any(_NAME.fullmatch(one) for one in values):
        return False, ("",)  # what was an expression before
    return free, values


@dataclass(frozen=True)
class Drawing:
    """Draws parts as parts/condition.html takes them."""

    asked: Asked
    scope: ModelScope

    def group(self, group: Group, at: str) -> Drawn:
        """Return a group."""
        parts = [self._part(one, f"{at}.{place}") for place, one in enumerate(group.parts)]
        return {"kind": "group", "at": at, "join": group.join, "negated": group.negated,
                "parts": parts, "deep": at.count(".") >= DEEPEST}  # fmt: skip

    def _part(self, part: Part, at: str) -> Drawn:
        if isinstance(part, Group):
            return self.group(part, at)
        if isinstance(part, Piece):
            said, wrong = _said(self.asked, part.text, self.scope)
            return {"kind": "piece", "at": at, "text": part.text, "said": said, "wrong": wrong}
        return self._row(part, at)

    def _row(self, row: Row, at: str) -> Drawn:
        drawn: Drawn = {
            "kind": "row",
            "at": at,
            "was": row.was,
            "of": f"{row.subject}|{row.measure}",
            "steps": list(self._steps(row.subject)),
        }
        bare = path_type(row.subject, self.scope) if row.subject else None
        found = type_of(row.subject, row.measure, self.scope) if row.subject else None
        if bare is None or found is None:
            return drawn
        asked = list(operators_of(row.subject, found))
        if row.op not in asked:
            asked.append(row.op)
        return {
            **drawn,
            "measures": measure_words(self.asked, bare, row.measure),
            "operators": operator_words(self.asked, asked, found, row.op),
            "value": self._value(row, found),
        }

    def _steps(self, subject: str) -> Iterator[Drawn]:
        """Yield a list to choose from for each step of a path, and one more where it may go on."""
        steps = subject.split(".") if subject else []
        here: ModelScope | None = self.scope
        for place in range(MOST_STEPS):
            if here is None:
                return
            step = steps[place] if place < len(steps) else ""
            yield {"name": f"s{place}", "groups": step_options(self.asked, here, step, first=place == 0)}  # fmt: skip
            if not step:
                return
            path = path_type(".".join(steps[: place + 1]), self.scope)
            here = here.follow(step) if path is not None and path.kind is Kind.RECORD else None

    def _value(self, row: Row, found: Type) -> Drawn | None:
        if row.op in WITHOUT_VALUE:
            return None
        first = row.values[0] if row.values else ""
        may_be_free = row.op not in SEVERAL and row.op != ROLE
        drawn: Drawn = {"value": first, "free": row.free, "may_be_free": may_be_free}
        options = value_options(self.asked, self.scope, row)
        if row.free:
            ideas = self._ideas(found)
            may_be_plain = found.kind is not Kind.DURATION
            return {**drawn, "control": "expression", "ideas": ideas, "may_be_free": may_be_plain}
        if row.op != ROLE and (target := record_of(found)):
            name = names_of(self.asked, [(target, first)]).get(first, first)
            url = f"/studio/preview/options?to={target}"
            return {**drawn, "control": "record", "text": name, "url": url}
        if options:
            control = "choices" if row.op in SEVERAL else "choice"
            return {**drawn, "control": control, "options": options}
        if row.op in SEVERAL:
            return {**drawn, "control": "several", "several": [*row.values, ""]}
        control = CONTROLS.get(found.kind, "text")
        if control == "date" and first and len(first) != len("2026-01-31"):
            control = "text"  # a moment with its offset
        return {**drawn, "control": control}

    def _ideas(self, found: Type) -> list[str]:
        """Return expressions that may well stand here."""
        fixed: Mapping[Kind, tuple[str, ...]] = {
            Kind.DATE: ("today()", "add_days(today(), 7)"),
            Kind.DATETIME: ("now()", "today()", "add_days(now(), 7)", "add_hours(now(), 4)"),
            Kind.DURATION: ("days(2)", "hours(4)", "minutes(30)"),
            Kind.RECORD: ("user", "user.manager") if found.of == "user" else (),
        }
        people = self.scope.follow("user")
        mine = (
            [f"user.{one}" for one in people.names() if _alike(people.type_of(one), found)]
            if people
            else []
        )
        same = [one for one in self.scope.names() if _alike(self.scope.type_of(one), found)]
        return list(dict.fromkeys([*fixed.get(found.kind, ()), *mine[:10], *same[:30]]))  # fmt: skip


def _alike(one: Type | None, other: Type) -> bool:
    return one is not None and one.kind is other.kind and one.of == other.of
