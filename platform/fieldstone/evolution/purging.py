"""Values of what was taken away or archived: how many there still are, and their end."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from fieldstone.base.english import agreeing, quantity
from fieldstone.base.errors import Problem, RefusedError
from fieldstone.base.label import Label, label_of
from fieldstone.base.names import did_you_mean
from fieldstone.changes.nouns import Context
from fieldstone.evolution.apply import Applied, Wish, apply
from fieldstone.evolution.finding import DANGER, WARNING, Finding
from fieldstone.evolution.operations import NOWHERE, PURGE, RETIRE, Operation
from fieldstone.evolution.plan import Plan
from fieldstone.evolution.workshop import Workshop
from fieldstone.model.objects import Field, ObjectType
from fieldstone.model.site_model import Model
from fieldstone.storage.emptying import Gone
from fieldstone.storage.leased import jobs_of
from fieldstone.storage.revising import SETTLE
from fieldstone.storage.revisions import Revision
from fieldstone.storage.shadows import Shadow

LOOKED_BACK: Final = 500
Path = tuple[str, ...]
SETTLED: Final = timedelta(minutes=1)
"""Requests that began with an older model are over after this."""


@dataclass(frozen=True)
class Retired:
    """A field, an object or an option that is out of use, and how many records have values in it.

    `path` is ("lead", "budget"), the object alone, or that of an option; a former type of a field that is still there
    counts, too. `archived`: the model still has it.
    """

    path: tuple[str, ...]
    label: Label
    values: int
    shadow: Shadow
    within: Label = NOWHERE
    former: str | None = (
        None  # the type that its values had, "" where that is not known; None of what is gone
    )

    @property
    def name(self) -> str:
        """Return what it is called where it is purged: o_lead.f_budget, o_lead.f_source.fair, or the table alone."""
        steps = (self.shadow.table, self.shadow.column, self.shadow.option)
        return ".".join(one for one in steps if one)

    @property
    def what(self) -> str:
        """Return what holds the values."""
        return "option" if self.shadow.option else "field" if len(self.path) > 1 else "object"

    @property
    def archived(self) -> bool:
        """Tell whether it is still there, out of use."""
        return self.shadow.there

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
            "what": self.what,
            "path": list(self.path),
            "label": {"en": self.label.en, "zh": self.label.zh},
            "values": self.values,
            **({} if self.former is None else {"former_type": self.former}),
            "archived": self.archived,
        }


def retired(workshop: Workshop, model: Model) -> tuple[Retired, ...]:
    """Return everything that is kept of what was retired."""
    by_table = {spec.table: spec for spec in model.objects.values()}
    revisions = workshop.revisions(LOOKED_BACK)
    called, first_types = _last_labels(revisions), _first_types(revisions)
    return tuple(
        _told(one, by_table.get(one.table), called, first_types)
        for one in workshop.storage.shadows(model, _options_gone(revisions, model))
    )


def _told(
    one: Shadow,
    spec: ObjectType | None,
    called: Mapping[Path, Label],
    first_types: Mapping[Path, str],
) -> Retired:
    """Return a shadow as people know it."""
    owner = spec.code if spec is not None else one.table.removeprefix("o_")
    within = spec.label if spec is not None else NOWHERE
    if not one.column:
        path: Path = spec.parent if spec is not None and spec.parent else (owner,)
        label = within if spec is not None else called.get((owner,)) or label_of(owner)
        return Retired(path, label, one.values, one)
    fields = spec.fields if spec is not None else {}
    held = next((field for field in fields.values() if field.column == one.column), None)
    if held is not None and one.there:
        if not one.option:
            return Retired((owner, held.code), held.label, one.values, one, within)
        path = (owner, held.code, one.option)
        option = getattr(held.type, "options", {}).get(one.option)
        label = option.label if option else called.get(path) or label_of(one.option)
        return Retired(path, label, one.values, one, _inside(within, held.label))
    code, _, former = one.column.removeprefix("f_").partition("__")
    field = fields.get(code)
    label = field.label if field is not None else called.get((owner, code)) or label_of(code)
    was = former or first_types.get((owner, code), "") if former or field is not None else None
    return Retired((owner, code), label, one.values, one, within, was)


def _inside(outer: Label, inner: Label) -> Label:
    return Label(f"{outer.en} · {inner.en}", f"{outer.text('zh')} · {inner.text('zh')}")


def _first_types(revisions: Sequence[Revision]) -> dict[tuple[str, ...], str]:
    """Return the types that fields had before a revision first changed it: those of their first columns."""
    found: dict[tuple[str, ...], str] = {}
    for revision in revisions:  # the newest first, so the oldest one stays
        for step in revision.difference:
            was = [one["before"] for one in step.get("changes", ()) if one["name"] == "type"]
            if step["what"] == "field" and was:
                found[tuple(step["path"])] = str(was[0])
    return found


def _last_labels(revisions: Sequence[Revision]) -> dict[Path, Label]:
    """Return what things were called when a revision last named them."""
    called: dict[Path, Label] = {}
    for revision in revisions:
        for step in revision.difference:
            if step["what"] in ("field", "object", "option"):
                called.setdefault(tuple(step["path"]), Label(**step["label"]))
    return called


def _options_gone(revisions: Sequence[Revision], model: Model) -> Gone:
    """Return the options that revisions took away, of fields that are still there."""
    found: dict[tuple[str, str], set[str]] = {}
    for step in (step for revision in revisions for step in revision.difference):
        if step["what"] != "option" or step["verb"] != RETIRE:
            continue
        owner, field, option = step["path"]
        spec = model.objects.get(model.present_object(owner))
        if spec is not None:
            found.setdefault((spec.code, spec.present_code(field)), set()).add(option)
    return {place: frozenset(options) for place, options in found.items()}


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
    operation = Operation(PURGE, one.what, one.path, one.told, one.within)
    finding = Finding(DANGER, "purged", one.path, _end_of(one), one.values)
    return Plan(number, documents, model, (operation,), (finding, *_missed(model, one)))


def _end_of(one: Retired) -> Label:
    """Return what ends, in words."""
    count, name, name_zh = one.values, one.told.en, one.told.text("zh")
    if one.what == "option":
        return Label(
            f'{quantity(count, "record")} {agreeing(count, "holds", "hold")} "{name}" and {agreeing(count, "loses", "lose")} it for good; no rollback brings it back.',
            f"{count:,} 条记录的值为“{name_zh}”，该值将被彻底删除，无法通过回退恢复。",
        )
    noun, word = ("record", "条记录") if one.what == "object" else ("value", "个值")
    return Label(
        f'{quantity(count, noun)} of "{name}" {agreeing(count, "is", "are")} deleted for good; no rollback brings {agreeing(count, "it", "them")} back.',
        f"“{name_zh}”的 {count:,} {word}将被彻底删除，无法通过回退恢复。",
    )


def _missed(model: Model, one: Retired) -> Iterator[Finding]:
    """Yield who misses an option that ends: records without a value that must have one."""
    if one.what != "option":
        return
    field = model.objects[one.path[0]].fields[one.path[1]]
    if field.required:
        text = Label(
            f'"{field.label.en}" must be filled: who held nothing else there cannot be saved until another one is chosen.',
            f"“{field.label.text('zh')}”为必填：失去该值的记录在选择其他选项之前无法保存。",
        )
        yield Finding(WARNING, "required_missing", one.path, text, one.values)


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
    if not one.archived:
        workshop.storage.purge(one.shadow)
        return applied
    workshop.storage.empty(one.shadow, model)
    fills = list(_worked_out_from(model, one))
    if fills:
        with workshop.storage.connection() as connection:
            told = {"revision": applied.revision.number, "fills": fills}
            jobs_of(connection).add(SETTLE, told, actor=ctx.actor.id)
    return applied


def _worked_out_from(model: Model, one: Retired) -> Iterator[list[str]]:
    """Yield the kept formulas and sums, [object, field], that were worked out from what is no longer there."""
    for spec in model.objects.values():
        for code, field in spec.fields.items():
            if field.column and not field.archived and _reads(spec, field, one):
                yield [spec.code, code]


def _reads(spec: ObjectType, field: Field, one: Retired) -> bool:
    if field.rollup is not None:
        relation = spec.relations.get(field.rollup.relation)
        return relation is not None and relation.object_name == one.path[0]
    own = spec.code == one.path[0] and len(one.path) > 1
    return own and field.formula is not None and one.path[1] in field.formula.names
