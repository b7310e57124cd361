"""What becomes of the records in a stage that is archived, and of what names it: nothing is lost, and nobody enters it any more."""

from __future__ import annotations

from collections.abc import Iterator

from fieldstone.base.english import agreeing, quantity
from fieldstone.base.label import Label
from fieldstone.evolution.finding import NOTE, Finding
from fieldstone.evolution.operations import RETIRE, Operation
from fieldstone.evolution.references import places_of
from fieldstone.model.site_model import Model
from fieldstone.storage.census import Census


def of_stage(before: Model, census: Census, one: Operation) -> Iterator[Finding]:
    """Yield how many records stay in a stage that is archived, and what goes on naming it."""
    spec = before.objects.get(one.path[0])
    if one.verb != RETIRE or not one.changes or spec is None or not spec.stage_field:
        return
    code, name, name_zh = one.path[-1], one.label.en, one.label.text("zh")
    held = census.holders(spec.code, spec.stage_field, code) if census.knows(spec.code, spec.stage_field) else 0  # fmt: skip
    if held:
        records = quantity(held, spec.label.en.lower(), spec.plural.en.lower())
        text = Label(
            f'{records} {agreeing(held, "stays", "stay")} in "{name}" and {agreeing(held, "moves", "move")} on from there; nothing enters it any more.',
            f"{held:,} 条{spec.label.text('zh')}留在“{name_zh}”，可继续向后流转；不再有记录进入该阶段。",
        )
        yield Finding(NOTE, "stage_archived", one.path, text, held)
    places = places_of(before, "option", (spec.code, spec.stage_field, code))
    if places:
        text = Label(
            f'"{name}" is named in {quantity(len(places), "place")}: they go on with the records that are in it.',
            f"“{name_zh}”在 {len(places)} 处被引用：仍适用于该阶段中的记录。",
        )
        named = tuple(place.text for place in places)
        yield Finding(NOTE, "named_elsewhere", one.path, text, len(places), named=named)
