"""Values of what was retired: how many there still are, and their end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from fieldstone.base.english import agreeing, quantity
from fieldstone.base.errors import Problem, RefusedError
from fieldstone.base.label import Label, label_of
from fieldstone.base.names import did_you_mean
from fieldstone.changes.nouns import Context
from fieldstone.evolution.apply import Applied, Wish, apply
from fieldstone.evolution.finding import DANGER, Finding
from fieldstone.evolution.operations import PURGE, Operation
from fieldstone.evolution.plan import Plan
from fieldstone.evolution.workshop import Workshop
from fieldstone.model.site_model import Model
from fieldstone.storage.revisions import Revision
from fieldstone.storage.shadows import Shadow

LOOKED_BACK: Final = 500
SETTLED: Final = timedelta(minutes=1)
"""Requests that began with an older model are over after this."""


@dataclass(frozen=True)
class Retired:
    """A field or an object that the model no longer has, and how many records have values in it.

    `path` is ("lead", "budget"), or the object alone; a former type of a field that is still there counts, too.
    """

    path: tuple[str, ...]
    label: Label
    values: int
    shadow: Shadow
    former: str | None = (
        None  # the type that its values had, "" where that is not known; None of what is gone
    )

    @property
    def name(self) -> str:
        """Return what it is called where it is purged: o_lead.f_budget, or the table alone."""
        return f"{self.shadow.table}.{self.shadow.column}".rstrip(".")

    @property
    def told(self) -> Label:
        """Return what goes when it is purged: of a field that is still there only what it held before."""
        if self.former is None:
            return self.label
        return Label(f"{self.label.en} (former values)", f"{self.label.text('zh')}（原有值）")

    def as_json(self) -> dict[str, Any]:
        """Return it as programs see it."""
        return {
            "name": self.name,
            "path": list(self.path),
            "label": {"en": self.label.en, "zh": self.label.zh},
            "values": self.values,
            **({} if self.former is None else {"former_type": self.former}),
        }


def retired(workshop: Workshop, model: Model) -> tuple[Retired, ...]:
    """Return everything that is kept of what was retired."""
    by_table = {spec.table: spec for spec in model.objects.values()}
    revisions = workshop.revisions(LOOKED_BACK)
    found, called, first_types = [], _last_labels(revisions), _first_types(revisions)
    for one in workshop.storage.shadows(model):
        spec = by_table.get(one.table)
        owner = spec.code if spec is not None else one.table.removeprefix("o_")
        if not one.column:
            label = called.get((owner,)) or label_of(owner)
            found.append(Retired((owner,), label, one.values, one))
            continue
        code, _, former = one.column.removeprefix("f_").partition("__")
        field = spec.fields.get(code) if spec is not None else None
        label = field.label if field is not None else called.get((owner, code)) or label_of(code)
        was = former or first_types.get((owner, code), "") if former or field is not None else None
        found.append(Retired((owner, code), label, one.values, one, was))
    return tuple(found)


def _first_types(revisions: Sequence[Revision]) -> dict[tuple[str, ...], str]:
    """Return the types that fields had before a revision first changed it: those of their first columns."""
    found: dict[tuple[str, ...], str] = {}
    for revision in revisions:  # the newest first, so the oldest one stays
        for step in revision.difference:
            was = [one["before"] for one in step.get("changes", ()) if one["name"] == "type"]
            if step["what"] == "field" and was:
                found[tuple(step["path"])] = str(was[0])
    return found


def _last_labels(revisions: Sequence[Revision]) -> dict[tuple[str, ...], Label]:
    """Return what fields and objects were called when a revision last named them."""
    called: dict[tuple[str, ...], Label] = {}
    for revision in revisions:
        for step in revision.difference:
            if step["what"] in ("field", "object"):
                called.setdefault(tuple(step["path"]), Label(**step["label"]))
    return called


def named(everything: Sequence[Retired], name: str) -> Retired:
    """Return the retired thing of this name ("o_lead.f_budget"). Raises RefusedError (404)."""
    known = {one.name: one for one in everything}
    if name not in known:
        text = f"nothing that was retired is kept as {name[:80]!r}."
        raise RefusedError([Problem("not_found", "name", text, did_you_mean(name, known))], 404)
    return known[name]


def plan_purge(workshop: Workshop, model: Model, one: Retired) -> Plan:
    """Return what it would mean to purge it: it always asks for a second word."""
    number, documents = workshop.current()
    what = "field" if one.shadow.column else "object"
    operation = Operation(PURGE, what, one.path, one.told)
    text = Label(
        f'{quantity(one.values, "value")} of "{one.told.en}" {agreeing(one.values, "is", "are")} deleted for good; no rollback brings {agreeing(one.values, "it", "them")} back.',
        f"“{one.told.text('zh')}”的 {one.values:,} 个值将被彻底删除，无法通过回退恢复。",
    )
    finding = Finding(DANGER, "purged", one.path, text, one.values)
    return Plan(number, documents, model, (operation,), (finding,))


def purge(workshop: Workshop, ctx: Context, model: Model, one: Retired, wish: Wish) -> Applied:
    """Delete the values for good, and keep a revision that says who did it and why.

    Raises RefusedError (409) without a second word, and within a minute of the last change: somebody may still work
    with the model before it.
    """
    planned = plan_purge(workshop, model, one)
    latest = workshop.revisions(limit=1)
    if latest and ctx.now - latest[0].at < SETTLED:
        text = "the configuration was changed less than a minute ago; somebody may still work with the one before."
        raise RefusedError([Problem("too_soon", "config", text, "Try again in a minute.")], 409)
    applied = apply(workshop, ctx, planned, Wish(wish.reason, wish.second_word, "purge"))
    workshop.storage.purge(one.shadow)
    return applied
