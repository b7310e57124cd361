"""Why each automatic decision about a record was made, as far as the viewer may see what it looked at."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.engine import Row

from fieldstone.base.label import Label
from fieldstone.expressions.expression import Expression
from fieldstone.reads.history import NEWEST, seen
from fieldstone.reads.query import Record
from fieldstone.reads.sight import Sight
from fieldstone.rules.contract import Rule
from fieldstone.storage.journal import fs_decision

COLUMNS: Final = (
    "at",
    "rule",
    "kind",
    "version",
    "because_en",
    "because_zh",
    "sets",
    "candidates",
)
# Said in place of a reason that speaks of fields the viewer may not see.
WITHHELD: Final = Label(
    "Decided by a rule that looks at fields you may not see.",
    "由规则自动判定，所依据的字段您无权查看。",
)


@dataclass(frozen=True)
class Considered:
    """Somebody or something that a decision looked at, and why it was chosen or not."""

    id: str
    name: str
    chosen: bool
    because: Label


@dataclass(frozen=True)
class Why:
    """One automatic decision: the rule, its version then, what it set and the reason."""

    at: datetime
    rule: str
    rule_label: Label
    kind: str
    version: int
    because: Label
    sets: Mapping[str, object]
    candidates: tuple[Considered, ...]


def explained(sight: Sight, object_name: str, record_id: str) -> tuple[Why, ...] | None:
    """Return the decisions about a record, newest first; None when it is not there for the viewer."""
    record = seen(sight, object_name, record_id)
    if record is None:
        return None
    decisions = fs_decision.c
    asked = (
        select(*(decisions[name] for name in COLUMNS))
        .where(decisions.object == object_name, decisions.record == record_id)
        .order_by(decisions.at.desc(), decisions.id.desc())
        .limit(NEWEST)
    )
    return tuple(_why(sight, record, row) for row in sight.fetch(asked))


def _why(sight: Sight, record: Record, row: Row[Any]) -> Why:
    rule = sight.model.rules.get(row.rule)
    sets = {code: value for code, value in (row.sets or {}).items() if _plain(record, code)}
    told = may_be_told(sight, record, rule, row.sets or {})
    because = Label(row.because_en or "", row.because_zh or "") if told else WITHHELD
    candidates = tuple(_considered(one) for one in row.candidates or ()) if told else ()
    label = rule.label if rule is not None else Label(row.rule)
    return Why(row.at, row.rule, label, row.kind, row.version, because, sets, candidates)


def _considered(raw: Mapping[str, Any]) -> Considered:
    because = Label(raw.get("en", ""), raw.get("zh", ""))
    return Considered(raw["id"], raw["name"], bool(raw["chosen"]), because)


def _plain(record: Record, code: str) -> bool:
    return code in record.values and code not in record.masked


def may_be_told(
    sight: Sight, record: Record, rule: Rule | None, sets: Mapping[str, object]
) -> bool:
    """Tell whether the reason may be shown: it can repeat any value that the rule looks at."""
    spec = sight.model.objects[record.object_name]
    hidden = {code for code, f in spec.fields.items() if f.type.name != "secret"} - {
        code for code in record.values if code not in record.masked
    }
    if not hidden:
        return True
    if rule is None or rule.object_name != record.object_name:
        return False
    mentioned = {*sets, *_words((rule.when, rule.exempt, rule.body))}
    return hidden.isdisjoint(mentioned)


def _words(part: object) -> Iterator[str]:
    """Yield every name in a rule: in its expressions, and any text in its body that could be a field."""
    if isinstance(part, str):
        yield part
    elif isinstance(part, Expression):
        yield from (*part.names, *part.rows)
    else:
        for one in _parts(part):
            yield from _words(one)


def _parts(whole: object) -> Iterator[object]:
    if isinstance(whole, Mapping):
        yield from (*whole.keys(), *whole.values())
    elif isinstance(whole, Iterable):
        yield from whole
    elif is_dataclass(whole):
        yield from (getattr(whole, one.name) for one in fields(whole))
