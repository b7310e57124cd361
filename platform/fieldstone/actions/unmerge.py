"""Take a merge back: the record that went into this one is there again, with all that was its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from fieldstone.access.access import access_to, env_of
from fieldstone.actions.contract import Call, Result
from fieldstone.actions.merge import mergeable, tried
from fieldstone.actions.merging.undoing import undo
from fieldstone.base.errors import Problem, RefusedError
from fieldstone.base.label import Label
from fieldstone.model.site_model import Model
from fieldstone.rules.wording import listed
from fieldstone.storage.merges import Merged
from fieldstone.writes.unit import Unit

LABEL: Final = Label("Undo merge", "撤销合并")


@dataclass(frozen=True)
class Unmerge:
    """The action behind "undo" of a merge."""

    name: str = "unmerge"
    label: Label = LABEL
    icon: str = "rotate-ccw"

    @property
    def schema(self) -> Mapping[str, Any]:
        """Return its parameters: which merge; without it the last one into this record."""
        return {
            "type": "object",
            "additionalProperties": False,
            "properties": {"merge": {"type": "string", "description": "Id of the merge."}},
        }

    def offered(self, model: Model, object_name: str) -> bool:
        """Tell whether records of the object can be merged at all."""
        return mergeable(model, object_name)

    def run(self, call: Call) -> Result:
        """Restore everything in one transaction."""
        return tried(lambda: self._undone(call))

    def _undone(self, call: Call) -> Result:
        with call.writes.unit(call.ctx, call.model) as unit:
            _check_access(call, unit)
            merged = _wanted(call, unit)
            done = undo(unit, merged)
        message = Label("They are two records again.", "已恢复为两条记录。")
        if done.left:
            names = listed(done.left)
            message = Label(
                f"{message.en} Changed since, so it stays: {names.en}.",
                f"{message.text('zh')}合并后修改过的内容保留：{names.text('zh')}。",
            )
        return Result(done.outcome, message, {"restored": merged.gone})


def _check_access(call: Call, unit: Unit) -> None:
    """Raise RefusedError: 404 for a record the actor may not see, 403 for one they may not change."""
    tx, access, env = (
        unit.transaction,
        access_to(call.model, call.ctx.actor, call.object_name),
        env_of(call.ctx),
    )
    row = tx.rows(call.object_name, [call.record_id]).get(call.record_id)
    paths = {path for path in access.reads if "." in path}
    more = tx.lookups(call.object_name, [row], paths)[0] if row and paths else {}
    full = {**(row or {}), **more}
    if row is None or not access.may_see(full, env):
        text = f"There is no {call.spec.label.en.lower()} {call.record_id}."
        raise RefusedError([Problem("not_found", "id", text, "Check the id.")], 404)
    if not access.may_update(full, env):
        text = f"Your roles do not let you change this {call.spec.label.en.lower()}."
        raise RefusedError([Problem("forbidden", "id", text, "Ask its owner.")], 403)


def _wanted(call: Call, unit: Unit) -> Merged:
    """Return the merge to take back. Raises RefusedError (404) when there is none into this record."""
    merges, wanted = unit.transaction.merges, call.params.get("merge")
    if wanted is None:
        found = next(iter(merges.of(call.record_id)), None)
    else:
        found = merges.get(str(wanted))
    if found is None or found.survivor != call.record_id or found.object_name != call.object_name:
        text = "No such merge into this record is known."
        raise RefusedError(
            [Problem("not_found", "merge", text, "Leave 'merge' out for the last one.")], 404
        )
    return found


ACTION = Unmerge()
