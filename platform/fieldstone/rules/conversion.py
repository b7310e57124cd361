"""The body of a conversion map: targets, what is carried along, guards against fake conversion."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from fieldstone.base.errors import Problem
from fieldstone.base.label import Label
from fieldstone.base.workdays import Span
from fieldstone.changes.nouns import Draft
from fieldstone.expressions.expression import Expression
from fieldstone.rules.contract import Facts, Rule, Verdict
from fieldstone.rules.notices import Audience, told

KEEP, FILL_EMPTY, OVERWRITE = EXISTING = ("keep", "fill_empty", "overwrite")
CONVERT: Final = "convert"
"""The action that asks for a conversion, and by which alone its stage is entered."""
ASKS: Final = "conversion"
CHECKED: Final = "check:{}"
"""What the count of a map's conversions is called, by the map's code: every so many-th is checked."""


@dataclass(frozen=True)
class Target:
    """One record that the conversion creates, or links when one is chosen.

    `into` is the lookup field of the source that keeps it, `fields` gives the new record's fields as expressions
    over the source, `links` sets its lookups to other targets of the same conversion. `existing` says what happens
    to the fields of a record that is there already.
    """

    code: str
    object_name: str
    into: str
    fields: Mapping[str, Expression]
    links: Mapping[str, str]
    optional: bool
    existing: str = KEEP


@dataclass(frozen=True)
class Carried:
    """Records that point to the source through `link` and then to the targets too, by lookup field."""

    object_name: str
    link: str
    to: Mapping[str, str]


@dataclass(frozen=True)
class Guard:
    """What must be filled, and hold, before a record is converted."""

    needs: tuple[str, ...] = ()
    holds: Expression | None = None
    text: Label | None = None


@dataclass(frozen=True)
class Check:
    """Whose people confirm which conversions: those that meet `when`, and every so many-th of the others.

    Without `when` and `every` all are checked. `into` is a field of the source that is true while it waits.
    """

    roles: tuple[str, ...]
    when: Expression | None = None
    every: int = 0
    into: str = ""

    def always(self, row: Mapping[str, object], facts: Facts) -> bool:
        """Tell whether the conversion of this record is checked whatever the sample says."""
        if self.when is None:
            return not self.every
        return self.when.evaluate(row, facts.env) is True

    @property
    def audiences(self) -> tuple[Audience, ...]:
        """Return who is told that something waits."""
        return tuple(Audience(group=f"role:{role}") for role in self.roles)


@dataclass(frozen=True)
class Conversion:
    """The body of a conversion map; the convert action carries it out in one transaction."""

    stage: str
    targets: tuple[Target, ...]
    sets: Mapping[str, Expression]
    carry: tuple[Carried, ...] = ()
    guard: Guard = field(default_factory=Guard)
    check: Check | None = None
    undo_within: Span = field(default_factory=lambda: Span(30, "days"))

    @property
    def reads(self) -> tuple[Expression, ...]:
        """Return what is evaluated on the source."""
        mapped = [one for target in self.targets for one in target.fields.values()]
        guards = (self.guard.holds, self.check.when if self.check else None)
        return (*mapped, *self.sets.values(), *(one for one in guards if one is not None))

    def decide(self, rule: Rule, drafts: Sequence[Draft], facts: Facts) -> Mapping[int, Verdict]:
        """Return nothing but who is told of a conversion that waits: converting is somebody's wish."""
        verdicts = {}
        for place, draft in enumerate(drafts):
            asked = draft.change.asks.get(ASKS)
            if asked is not None and self.check is not None:
                verdicts[place] = self._told(str(asked), draft, facts)
        return verdicts

    def _told(self, asked: str, draft: Draft, facts: Facts) -> Verdict:
        if asked != "waits" or self.check is None:
            return Verdict(_SETTLED.get(asked, Label(asked)))
        effects = told(
            self.check.audiences, ("in_page",), draft, facts, topic="conversion", text=_TO_CHECK
        )
        return Verdict(_WAITS, effects=effects)

    def objections(self, row: Mapping[str, object], facts: Facts, language: str) -> list[Problem]:
        """Return what speaks against converting a record now: empty needs, and the guard."""
        found = [
            Problem("needed_to_convert", name, _NEEDED.text(language), _FILL.text(language))
            for name in self.guard.needs
            if row.get(name) in (None, "", (), [])
        ]
        holds = self.guard.holds
        if holds is not None and holds.evaluate(row, facts.env) is not True:
            label = self.guard.text or Label(
                f"It can be converted when {holds.read_back('en')}.",
                f"转化条件：{holds.read_back('zh')}。",
            )
            found.append(Problem("guard", ASKS, label.text(language), _CONDITION.text(language)))
        return found


_NEEDED = Label("This must be filled in before it is converted.", "转化前须填写此项。")
_FILL = Label("Fill it in on the record.", "请先在记录中填写。")
_CONDITION = Label("Bring the record to this condition first.", "请先满足该条件。")
_TO_CHECK = Label("A conversion waits for your check.", "有一条转化申请等待您审核。")
_WAITS = Label("the conversion waits for a manager's check", "转化待主管审核")
_SETTLED = {
    "refused": Label("the conversion was refused", "转化申请被驳回"),
    "confirmed": Label("the conversion was confirmed", "转化申请已通过"),
}
