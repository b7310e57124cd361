"""Where the records of a stage or an option go that is taken away."""

from __future__ import annotations

from fieldstone.base.english import agreeing, quantity
from fieldstone.base.label import Label
from fieldstone.evolution.finding import DANGER, Finding
from fieldstone.evolution.relocation import Leaving
from fieldstone.model.objects import ObjectType
from fieldstone.model.site_model import Model


def of_leaving(before: Model, after: Model, one: Leaving) -> Finding:
    """Return where the records of a removed stage or option go, or that they keep it."""
    gone, count = one.removed, one.count
    spec = after.objects[gone.object_name]
    field = spec.fields[gone.field]
    was = next((one for one in before.objects.values() if one.table == spec.table), spec)
    held = next((one.code for one in was.fields.values() if one.column == field.column), gone.field)
    name = _called(was, held, gone.code)
    records = quantity(count, spec.label.en.lower(), spec.plural.en.lower())
    records_zh = f"{count:,} 条{spec.label.text('zh')}"
    if gone.to is None:
        text = Label(
            f'{records} {agreeing(count, "holds", "hold")} "{name.en}"; {agreeing(count, "it keeps", "they keep")} it, and it is shown by its code.',
            f"{records_zh}的值为“{name.text('zh')}”；将保留该值，并以代码显示。",
        )
        return Finding(DANGER, "option_in_use", gone.path, text, count)
    to = _called(spec, gone.field, gone.to)
    text = Label(
        f'{records} {agreeing(count, "goes", "go")} from "{name.en}" to "{to.en}"; going back brings {agreeing(count, "it", "them")} back.',
        f"{records_zh}将从“{name.text('zh')}”移到“{to.text('zh')}”；回退时会恢复。",
    )
    code = "stage_in_use" if gone.stage else "option_moved"
    return Finding(DANGER, code, gone.path, text, count)


def _called(spec: ObjectType, field: str, code: str) -> Label:
    """Return what people call a choice; its code where the field has no such one."""
    held = spec.fields.get(field)
    option = getattr(held.type, "options", {}).get(code) if held is not None else None
    return option.label if option is not None else Label(code, code)
