"""Merging two records: which one stays, whose value wins field by field, and what becomes of all that hangs on them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from fieldstone.base.label import Label
from fieldstone.base.named import named
from fieldstone.changes.nouns import Draft
from fieldstone.expressions.expression import Expression
from fieldstone.rules.contract import AUTOMATE, Builder, Facts, Rule, Verdict
from fieldstone.rules.kind import FIELD, Kind

Row = Mapping[str, object]
SURVIVORS: Final = ("won", "open", "owned", "most_complete", "latest_activity", "newest", "oldest")
WINNERS: Final = (
    "survivor",
    "keep",
    "newest",
    "oldest",
    "longest",
    "largest",
    "smallest",
    "union",
    "joined",
)
CHILDREN: Final = ("move", "copy", "skip")
SCORES: Final = ("sum", "max", "keep")
DEADLINES: Final = ("survivor", "earliest", "latest")
UNDO_DAYS: Final = 30
MOST_DAYS: Final = 365


@dataclass(frozen=True)
class Side:
    """One of the two records: its stored values, the kind of its stage, and how many fields are filled."""

    row: Row
    stage_kind: str = ""
    filled: int = 0

    def rank(self, criterion: str) -> object:
        """Return what is compared for one criterion: the larger one stays."""
        row = self.row
        found: Mapping[str, Callable[[], object]] = {
            "won": lambda: self.stage_kind == "won",
            "open": lambda: self.stage_kind in ("open", ""),
            "owned": lambda: row.get("owner") is not None,
            "most_complete": lambda: self.filled,
            "latest_activity": lambda: _moment(row.get("last_activity_at")),
            "newest": lambda: _moment(row.get("created_at")),
            "oldest": lambda: -_moment(row.get("created_at")),
        }
        return found[criterion]()


@dataclass(frozen=True)
class Merge:
    """The body of a merge rule; the merge action carries it out in one transaction."""

    survivor: tuple[str, ...] = ("won", "owned", "most_complete", "oldest")
    default: str = "survivor"
    winners: Mapping[str, str] = field(default_factory=dict)
    owner: str = "survivor"
    children: Mapping[str, str] = field(default_factory=dict)
    children_default: str = "move"
    score: str = "sum"
    deadlines: str = "survivor"
    undo_days: int = UNDO_DAYS
    redirect: bool = True

    @property
    def reads(self) -> tuple[Expression, ...]:
        """Return nothing: whole records are compared."""
        return ()

    def decide(self, rule: Rule, drafts: Sequence[Draft], facts: Facts) -> Mapping[int, Verdict]:
        """Return nothing: records are merged when somebody, or a duplicate rule, asks for it."""
        return {}

    def stays(self, one: Side, other: Side) -> bool:
        """Tell whether `one` is the record that stays; between equals it is."""
        for criterion in self.survivor:
            mine, theirs = one.rank(criterion), other.rank(criterion)
            if mine != theirs:
                return bool(mine > theirs)  # type: ignore[operator]
        return True

    def how(self, code: str) -> str:
        """Return how the winner of a field is found."""
        if code in ("owner", "pool"):
            return self.owner
        return self.winners.get(code, self.default)

    def policy(self, relation: str) -> str:
        """Return what becomes of the rows that point to the record that goes."""
        return self.children.get(relation, self.children_default)

    def value(self, code: str, stays: Row, goes: Row) -> object:
        """Return the value of a field once the two are one."""
        mine, theirs, how = stays.get(code), goes.get(code), self.how(code)
        if isinstance(mine, (list, tuple)) and code not in self.winners and how == "survivor":
            how = "union"  # a list loses nothing, unless the rule names the field
        return winner(how, mine, theirs, newer=_newer(goes, stays))


PLAIN: Final = Merge()
"""How records are merged where no rule says otherwise."""


def winner(how: str, mine: object, theirs: object, *, newer: bool) -> object:
    """Return which of two values stays; `newer` tells whether theirs was written last.

    A value that is missing never wins, but for `keep`, by which the survivor's stays even when it is missing.
    """
    if how == "keep" or missing(theirs):
        return mine
    if missing(mine):
        return theirs
    if how == "newest":
        return theirs if newer else mine
    if how == "oldest":
        return mine if newer else theirs
    chosen = _COMBINED.get(how)
    return mine if chosen is None else chosen(mine, theirs)


def missing(value: object) -> bool:
    """Tell whether a value says nothing, so that it cannot win."""
    return value is None or value in ("", (), [], {})


def _union(mine: object, theirs: object) -> object:
    if not isinstance(mine, (list, tuple)) or not isinstance(theirs, (list, tuple)):
        return mine
    extra = [one for one in theirs if one not in mine]
    return [*mine, *extra] if isinstance(mine, list) else (*mine, *extra)


def _joined(mine: object, theirs: object) -> object:
    if not isinstance(mine, str) or not isinstance(theirs, str) or theirs in mine:
        return mine
    return f"{mine}\n\n{theirs}"


def _longest(mine: object, theirs: object) -> object:
    return theirs if len(str(theirs)) > len(str(mine)) else mine


def _larger(mine: Any, theirs: Any) -> object:
    return theirs if type(mine) is type(theirs) and theirs > mine else mine


def _smaller(mine: Any, theirs: Any) -> object:
    return theirs if type(mine) is type(theirs) and theirs < mine else mine


_COMBINED: Final[Mapping[str, Callable[[object, object], object]]] = {
    "union": _union,
    "joined": _joined,
    "longest": _longest,
    "largest": _larger,
    "smallest": _smaller,
}


def _newer(one: Row, other: Row) -> bool:
    return _moment(one.get("updated_at")) > _moment(other.get("updated_at"))


def _moment(value: Any) -> float:
    return value.timestamp() if value is not None else 0.0


def compile_rule(raw: Mapping[str, Any], build: Builder) -> Merge:
    """Resolve the fields named, and check that each can be combined as is asked."""
    winners = {
        build.field(f"fields.{name}", name, of_key=True): str(how)
        for name, how in raw.get("fields", {}).items()
    }
    known = set(build.scope.names())
    for name in raw.get("children", {}):
        if name not in known:
            build.problem(
                f"children.{name}",
                "unknown_relation",
                f"Nothing called {name!r} points to this object.",
                "Use the name of a relation, such as activities.",
            )
    return Merge(
        survivor=tuple(raw.get("survivor", PLAIN.survivor)),
        default=str(raw.get("default", PLAIN.default)),
        winners={name: how for name, how in winners.items() if name},
        owner=str(raw.get("owner", PLAIN.owner)),
        children={str(name): str(how) for name, how in raw.get("children", {}).items()},
        children_default=str(raw.get("children_default", PLAIN.children_default)),
        score=str(raw.get("score", PLAIN.score)),
        deadlines=str(raw.get("deadlines", PLAIN.deadlines)),
        undo_days=int(raw.get("undo_days", UNDO_DAYS)),
        redirect=bool(raw.get("redirect", True)),
    )


_HOW = {"enum": list(WINNERS), "description": "Whose value wins; a missing one never does"}

KIND = Kind(
    "merge",
    Label("Merge", "合并规则"),
    AUTOMATE,
    {
        "properties": {
            "survivor": {
                "type": "array",
                "items": {"enum": list(SURVIVORS)},
                "minItems": 1,
                "uniqueItems": True,
                "description": "Which record stays: the first criterion in which the two differ decides",
            },
            "default": {**_HOW, "description": "How the winner of a field not named is found"},
            "fields": {
                "type": "object",
                "propertyNames": FIELD,
                "additionalProperties": _HOW,
                "description": "How the winner of a field is found",
            },
            "owner": {
                "enum": ["survivor", "keep", "newest", "oldest"],
                "description": "Whose owner stays; with keep a record in a pool stays there",
            },
            "children": {
                "type": "object",
                "propertyNames": named("relation"),
                "additionalProperties": {"enum": list(CHILDREN)},
                "description": "What becomes of related rows: they move, are copied, or stay behind",
            },
            "children_default": {
                "enum": list(CHILDREN),
                "description": "What becomes of related rows not named",
            },
            "score": {
                "enum": list(SCORES),
                "description": "Points of both, the better of each item, or the survivor's alone",
            },
            "deadlines": {
                "enum": list(DEADLINES),
                "description": "Whose deadlines stand: the survivor's, or the earlier or later of both",
            },
            "undo_days": {
                "type": "integer",
                "minimum": 0,
                "maximum": MOST_DAYS,
                "description": "How many days a merge can be taken back",
            },
            "redirect": {
                "type": "boolean",
                "description": "Whether the old address leads to the survivor",
            },
        },
        "required": [],
    },
    compile_rule,
    about=Label(
        "How two records become one: which stays, and whose value wins field by field.",
        "两条记录如何合并：保留哪一条，各字段取谁的值。",
    ),
)
