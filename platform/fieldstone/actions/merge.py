"""Make two records of an object one; the other's address leads to it from then on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeVar

import structlog

from fieldstone.access.access import access_to, env_of
from fieldstone.actions.contract import Call, Result
from fieldstone.actions.merging.folding import (
    Folding,
    Pair,
    merged_fields,
    rule_for,
    side_of,
    stored_pair,
)
from fieldstone.base.errors import Problem, RefusedError
from fieldstone.base.ids import is_id
from fieldstone.base.label import Label
from fieldstone.base.names import did_you_mean
from fieldstone.model.site_model import Model
from fieldstone.storage.errors import ClashError
from fieldstone.writes.unit import Unit

log = structlog.get_logger()
LABEL: Final = Label("Merge", "合并")
ATTEMPTS: Final = 3
# People carry log-ins: who leaves hands over, and nothing is merged.
NEVER: Final = frozenset({"user"})
Done = TypeVar("Done")


@dataclass(frozen=True)
class MergeAction:
    """The action behind "merge"."""

    name: str = "merge"
    label: Label = LABEL
    icon: str = "copy"

    @property
    def schema(self) -> Mapping[str, Any]:
        """Return its parameters: the other record, which of both stays, and values chosen by hand."""
        return {
            "type": "object",
            "required": ["with"],
            "additionalProperties": False,
            "properties": {
                "with": {"type": "string", "description": "Id of the other record."},
                "keep": {
                    "enum": ["this", "other", "rule"],
                    "description": "Which record stays: this one (default), the other, or as the merge rule says.",
                },
                "choose": {
                    "type": "object",
                    "additionalProperties": {"enum": ["this", "other"]},
                    "description": "Field to the record whose value is wanted; the merge rule decides the others.",
                },
                "versions": {
                    "type": "object",
                    "additionalProperties": {"type": "integer"},
                    "description": "Record id to the version looked at: a newer one refuses the merge.",
                },
                "reason": {"type": "string", "maxLength": 200},
            },
        }

    def offered(self, model: Model, object_name: str) -> bool:
        """Tell whether records of the object can be merged: all but people and line items."""
        return mergeable(model, object_name)

    def run(self, call: Call) -> Result:
        """Merge in one transaction, both records locked in the order of their ids."""
        other = str(call.params["with"])
        if not is_id(other):
            raise _not_there(call, other)
        if other == call.record_id:
            text = "A record cannot be merged with itself."
            raise RefusedError([Problem("same_record", "with", text, "Choose another record.")])
        return tried(lambda: self._merged(call, other))

    def _merged(self, call: Call, other: str) -> Result:
        with call.writes.unit(call.ctx, call.model) as unit:
            if call.spec.owned != "none":
                unit.transaction.queue_up_owners(call.object_name, [call.record_id, other])
            pair = stored_pair(unit, call.object_name, call.record_id, other)
            _check_access(call, unit, pair)
            _check_versions(call, pair)
            pair = _turned(call, pair)
            reason = str(call.params.get("reason") or "merged")
            merged, outcome = Folding(unit, reason).merge(pair)
        return Result(
            outcome,
            Label("Two records are one now.", "两条记录已合并。"),
            {"merge": merged.id, "gone": merged.gone},
        )


def mergeable(model: Model, object_name: str) -> bool:
    """Tell whether records of an object can be merged at all."""
    return model.objects[object_name].parent is None and object_name not in NEVER


def tried(work: Callable[[], Done]) -> Done:
    """Do what may clash with other writers again, a few times. Raises ClashError."""
    for attempt in range(1, ATTEMPTS):
        try:
            return work()
        except ClashError as clash:
            log.info("merge clashed", attempt=attempt, code=clash.problems[0].code)
    return work()


def _check_access(call: Call, unit: Unit, pair: Pair) -> None:
    """Raise RefusedError: 404 for a record the actor may not see, 403 for one they may not change."""
    access = access_to(call.model, call.ctx.actor, call.object_name)
    env = env_of(call.ctx)
    paths = {path for path in access.reads if "." in path}
    rows = (pair.stays, pair.goes)
    looked_up = unit.transaction.lookups(call.object_name, rows, paths) if paths else [{}, {}]
    full = [{**row, **more} for row, more in zip(rows, looked_up, strict=True)]
    for row in full:
        if not access.may_see(row, env):
            raise _not_there(call, str(row["id"]))
    if not all(access.may_update(row, env) for row in full):
        text = f"Your roles do not let you change both {call.spec.plural.en.lower()}."
        raise RefusedError([Problem("forbidden", "with", text, "Ask their owner.")], 403)
    chosen: Mapping[str, str] = call.params.get("choose", {})
    known = {one.code for one in merged_fields(call.spec)} | ({"owner"} & call.spec.fields.keys())
    readable = [access.readable(row, env) for row in full]
    writable = access.writable(full[0], env) & access.writable(full[1], env)
    problems = [
        _not_chosen(call, code, readable[0] & readable[1] & known)
        for code in chosen
        if not (code in known and all(code in one for one in readable) and code in writable)
    ]
    if "owner" in chosen and not access.may_assign and "owner" not in {p.path for p in problems}:
        text, cure = "You may not choose the owner.", "Leave it to the merge rule."
        problems.append(Problem("forbidden", "choose.owner", text, cure))
    if problems:
        raise RefusedError(problems)


def _not_chosen(call: Call, code: str, known: frozenset[str]) -> Problem:
    if code in known:
        label = call.spec.fields[code].label.en
        text = f"{label} cannot be chosen by you."
        return Problem("read_only", f"choose.{code}", text, "Leave it to the merge rule.")
    text = f"{call.spec.label.en} has no field {code[:40]!r}."
    return Problem("unknown_field", f"choose.{code[:40]}", text, did_you_mean(code[:40], known))


def _check_versions(call: Call, pair: Pair) -> None:
    looked_at: Mapping[str, int] = call.params.get("versions", {})
    for row in (pair.stays, pair.goes):
        expected = looked_at.get(str(row["id"]))
        if expected is not None and expected != row["version"]:
            text = f"The record was changed meanwhile: you saw version {expected}, it is at {row['version']}."
            cure = "Look at both again, then merge."
            raise RefusedError([Problem("stale", "versions", text, cure)], 412)


def _turned(call: Call, pair: Pair) -> Pair:
    """Return the pair with the record that stays first, and the choices by record."""
    this, other = pair.stays, pair.goes
    ids = {"this": str(this["id"]), "other": str(other["id"])}
    chosen = {code: ids[which] for code, which in call.params.get("choose", {}).items()}
    keep = call.params.get("keep", "this")
    if keep == "rule":
        body, _ = rule_for(call.model, call.object_name)
        stays = body.stays(side_of(call.spec, this), side_of(call.spec, other))
        keep = "this" if stays else "other"
    first, second = (this, other) if keep == "this" else (other, this)
    return Pair(call.object_name, first, second, chosen)


def _not_there(call: Call, record_id: str) -> RefusedError:
    text = f"There is no {call.spec.label.en.lower()} {record_id[:60]}."
    path = "id" if record_id == call.record_id else "with"
    return RefusedError([Problem("not_found", path, text, "Check the id.")], 404)


ACTION = MergeAction()
