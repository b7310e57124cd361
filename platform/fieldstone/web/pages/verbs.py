"""What can be done with a record from its page: call, write, convert, return to the pool, delete."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from fieldstone.access.access import Access, access_to
from fieldstone.access.masks import Masked
from fieldstone.actions.contract import Action
from fieldstone.actions.judge_worthless import may_be_judged
from fieldstone.actions.merge import mergeable
from fieldstone.actions.protecting import protection_of
from fieldstone.reads.standing import Standing
from fieldstone.rules.conversion import CONVERT
from fieldstone.rules.lifecycle_body import JUDGE
from fieldstone.rules.protection import PROTECT, UNPROTECT, Protection
from fieldstone.web.pages.feed import activities_of
from fieldstone.web.pages.one_record import OneRecord

Act = dict[str, Any]
# These have their own places on the page.
ELSEWHERE: Final = frozenset(
    {
        "move",
        "complete",
        "merge",
        "unmerge",
        "import",
        "extend",
        "acknowledge",
        "check_conversion",
        "undo_convert",
    }
)
WRITES: Final = {"offboard": "active"}
"""The field that an action writes, for whose sake it is offered."""
MOST_KEYS: Final = 5
MOST_BUTTONS: Final = 3


@dataclass(frozen=True)
class Verbs(OneRecord):
    """The actions of one record for one reader."""

    standing: Standing
    deleted: bool = False
    waits: bool = False  # its conversion was asked for

    @property
    def access(self) -> Access:
        """Return what the reader may do with records of this object."""
        return access_to(self.asked.model, self.asked.actor, self.spec.code)

    def first(self) -> list[Act]:
        """Return the buttons in the head: add a task, write, call."""
        t, found = self.speech.t, []
        if self.deleted:
            return []
        if self.may_log:
            found.append(
                {"label": t("Add a task"), "icon": "circle-check", "kind": "icon", "focus": "task"}
            )
        if mail := self._plain("email"):
            found.append({"label": t("Send e-mail"), "icon": "mail", "href": f"mailto:{mail}"})
        if phone := self._plain("phone"):
            found.append({"label": t("Call"), "icon": "phone", "href": f"tel:{phone}"})
        if claim := next((one for one in self.offered() if one.name == "claim"), None):
            found.append(self._act(claim))
        if found and "focus" not in found[-1]:
            found[-1] = {**found[-1], "kind": "primary"}
        return found[-MOST_BUTTONS:]

    @property
    def may_log(self) -> bool:
        """Tell whether the reader may write activities about this record."""
        relation = activities_of(self.asked, self.spec)
        if relation is None:
            return False
        there = access_to(self.asked.model, self.asked.actor, relation.object_name)
        return there.may_create and relation.field in there.writable_on_create()

    def _plain(self, kind: str) -> str:
        for code, field in self.spec.fields.items():
            value = self.record.values.get(code)
            if field.type.name == kind and value and not isinstance(value, Masked):
                return str(value)
        return ""

    def more(self) -> list[Act]:
        """Return the menu: the object's actions, then deleting or bringing back."""
        t = self.speech.t
        if self.deleted:
            restore = {"label": t("Restore"), "icon": "rotate-ccw", "post": f"{self.url}/restore"}
            return [restore] if self.standing.may_delete else []
        found = [self._act(one) for one in self.offered() if one.name != "claim"]
        if self.standing.may_update and mergeable(self.asked.model, self.spec.code):
            label = t("Merge with another")
            found.append({"label": label, "icon": "git-merge", "get": f"{self.url}/merge"})
        if self.standing.may_delete:
            question = t("Move this record to the recycle bin?")
            found.append(
                {
                    "label": t("Delete"),
                    "icon": "trash-2",
                    "post": f"{self.url}/delete",
                    "confirm": question,
                    "danger": True,
                }
            )
        return found

    def offered(self) -> list[Action]:
        """Return the actions that make sense on this record now."""
        found = []
        for action in self.asked.site.vocabulary.actions.values():
            known = action.name not in ELSEWHERE and action.offered(
                self.asked.model, self.spec.code
            )
            if known and self.access.may_act(action.name) and self._fits(action.name):
                found.append(action)
        return found

    def _fits(self, name: str) -> bool:
        values = self.record.values
        if name == "assign":
            return self.access.may_assign and self.standing.may_update
        if name in ("claim", "move_to_pool"):
            may = self.access.may_claim if name == "claim" else self.access.may_assign
            return may and bool(values.get("pool"))
        if name in ("release", PROTECT, UNPROTECT):
            mine = values.get("owner") == self.asked.ctx.actor.id
            may = bool(values.get("owner")) and (mine or self.access.may_assign)
            return may and (name != UNPROTECT or self._is_protected())
        if name == CONVERT:
            return not self.waits and self.standing.may_update and self._is_open()
        if name == JUDGE:
            mine = values.get("owner") == self.asked.ctx.actor.id or self.access.may_assign
            return mine and may_be_judged(self.asked.model, self.spec.code, values)
        return self.standing.may_update

    def _is_protected(self) -> bool:
        rule = protection_of(self.asked.model, self.spec.code)
        body = rule.body if rule is not None and isinstance(rule.body, Protection) else None
        return body is not None and bool(self.record.values.get(body.until))

    def _is_open(self) -> bool:
        pipeline = self.standing.pipeline
        stage = pipeline.stages.get(self.standing.stage) if pipeline else None
        return stage is None or stage.kind == "open"

    def _act(self, action: Action) -> Act:
        label = action.label.text(self.asked.language)
        if action.name == CONVERT:
            return {"label": label, "icon": action.icon, "get": f"{self.url}/convert"}
        if action.name == "offboard":
            return {"label": label, "icon": action.icon, "href": f"/leaving/{self.record.id}"}
        url = f"{self.url}/actions/{action.name}"
        if action.schema.get("properties"):
            return {"label": label, "icon": action.icon, "get": url}
        return {"label": label, "icon": action.icon, "post": url}

    def phone(self) -> list[Act]:
        """Return the keys at the bottom of a phone's screen."""
        t = self.speech.t
        found = [{k: v for k, v in one.items() if k != "kind"} for one in reversed(self.first())]
        found = [one for one in found if "focus" not in one]
        if self.may_log and not self.deleted:
            found.append({"label": t("Note"), "icon": "pencil-line", "focus": "note"})
            found.append({"label": t("Task"), "icon": "circle-check", "focus": "task"})
        return found[:MOST_KEYS]
