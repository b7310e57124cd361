"""One difference between two models: said in words, kept as JSON, and read backwards."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, Self

from fieldstone.base.label import Label

ADD, CHANGE, RENAME, RETIRE, RESTORE, PURGE = (
    "add",
    "change",
    "rename",
    "retire",
    "restore",
    "purge",
)
BACKWARDS: Final = {ADD: RETIRE, RETIRE: RESTORE, RESTORE: RETIRE, CHANGE: CHANGE, RENAME: RENAME}
# What holds values of records: it is retired, and its values are kept; the rest is simply removed.
WITH_VALUES: Final = frozenset({"object", "field", "option", "stage", "pipeline"})
VERBS: Final[Mapping[str, Label]] = {
    ADD: Label("Add", "新增"),
    CHANGE: Label("Change", "修改"),
    RENAME: Label("Rename", "重命名"),
    RETIRE: Label("Retire", "停用"),
    RESTORE: Label("Restore", "恢复"),
    PURGE: Label("Delete for good", "彻底删除"),
}
REMOVE: Final = Label("Remove", "移除")
NOUNS: Final[Mapping[str, Label]] = {
    "object": Label("object", "对象"),
    "field": Label("field", "字段"),
    "option": Label("option", "选项"),
    "pipeline": Label("pipeline", "流程"),
    "stage": Label("stage", "阶段"),
    "view": Label("view", "视图"),
    "form": Label("form section", "表单分组"),
    "layout": Label("record section", "记录页分组"),
    "permission": Label("rights of", "权限"),
    "rule": Label("rule", "规则"),
    "role": Label("role", "角色"),
    "nav": Label("navigation group", "导航分组"),
    "report": Label("report", "报表"),
    "calendar": Label("calendar", "工作日历"),
}


NOWHERE: Final = Label("")


@dataclass(frozen=True)
class Changed:
    """One property of something, before and after; None where it had or has no value."""

    name: str
    before: Any
    after: Any


@dataclass(frozen=True)
class Operation:
    """One reversible step from a model to the next.

    `path` names the thing by codes, its object first: ("lead", "budget"), ("lead", "stage", "high"); of a rule, a
    role or a report it is the code alone. `label` is what people call it, `within` what people call its object
    and field. A rename has the earlier code in `earlier`.
    """

    verb: str
    what: str
    path: tuple[str, ...]
    label: Label
    within: Label = NOWHERE
    earlier: str = ""
    changes: tuple[Changed, ...] = ()

    def sentence(self, language: str) -> str:
        """Return the step in words: Add field "Budget" to Lead."""
        verb = REMOVE if self.verb == RETIRE and self.what not in WITH_VALUES else VERBS[self.verb]
        noun, name, within = (
            one.text(language) for one in (NOUNS[self.what], self.label, self.within)
        )
        if language.startswith("zh"):
            place = f"“{within}”的" if within else ""
            old = f"（原代码 {self.earlier}）" if self.earlier else ""
            return f"{verb.text(language)}{place}{noun}“{name}”{old}"
        place = f" {'to' if self.verb == ADD else 'of'} {within}" if within else ""
        old = f' (was "{self.earlier}")' if self.earlier else ""
        return f'{verb.text(language)} {noun} "{name}"{place}{old}'

    def backwards(self) -> Self:
        """Return the step that undoes this one."""
        turned = tuple(Changed(one.name, one.after, one.before) for one in self.changes)
        if self.verb == RENAME:
            path, earlier = (*self.path[:-1], self.earlier), self.path[-1]
            return replace(self, path=path, earlier=earlier, changes=turned)
        return replace(self, verb=BACKWARDS[self.verb], changes=turned)

    def as_json(self) -> dict[str, Any]:
        """Return the step as it is kept and as programs see it."""
        return {
            "verb": self.verb,
            "what": self.what,
            "path": list(self.path),
            "earlier": self.earlier,
            "label": _both(self.label),
            "within": _both(self.within),
            "sentence": {"en": self.sentence("en"), "zh": self.sentence("zh")},
            "changes": [
                {"name": one.name, "before": one.before, "after": one.after} for one in self.changes
            ],
        }

    @classmethod
    def of_json(cls, kept: Mapping[str, Any]) -> Self:
        """Return a step that was kept."""
        return cls(
            kept["verb"],
            kept["what"],
            tuple(kept["path"]),
            Label(**kept["label"]),
            Label(**kept["within"]),
            kept["earlier"],
            tuple(Changed(**one) for one in kept["changes"]),
        )


def _both(label: Label) -> dict[str, str]:
    return {"en": label.en, "zh": label.zh}
