"""Who follows a pipeline that gets another code: its records, the views that people saved, the places that name it."""

from __future__ import annotations

from collections.abc import Iterator

from fieldstone.base.english import agreeing, quantity
from fieldstone.base.label import Label
from fieldstone.evolution.finding import NOTE, Finding
from fieldstone.evolution.operations import RENAME, Operation
from fieldstone.evolution.references import places_of
from fieldstone.model.site_model import Model
from fieldstone.storage.census import Census
from fieldstone.storage.following_views import PIPELINE


def of_pipeline(before: Model, after: Model, census: Census, one: Operation) -> Iterator[Finding]:
    """Yield what follows a pipeline to its present code, counted."""
    if one.verb != RENAME:
        return
    spec = after.objects[one.path[0]]
    was = next(o for o in before.objects.values() if o.table == spec.table)
    name, name_zh = one.label.en, one.label.text("zh")
    several = was.pipelines is not None and was.pipelines.pipeline_field != ""
    count = census.holders(was.code, PIPELINE, one.earlier) if several else census.rows(was.code)
    if count:
        records = quantity(count, spec.label.en.lower(), spec.plural.en.lower())
        text = Label(
            f'{records} {agreeing(count, "is", "are")} in "{name}" and {agreeing(count, "follows", "follow")}, with {agreeing(count, "its", "their")} history.',
            f"{count:,} 条{spec.label.text('zh')}在流程“{name_zh}”中，将连同历史自动跟随。",
        )
        yield Finding(NOTE, "records_follow", one.path, text, count)
    if not several:
        return
    kept = census.views_within(was.code, one.earlier)
    if kept.count:
        text = Label(
            f'{quantity(kept.count, "saved view")} {agreeing(kept.count, "names", "name")} "{name}" and {agreeing(kept.count, "follows", "follow")}.',
            f"{kept.count} 个保存的视图引用“{name_zh}”，并将自动跟随。",
        )
        yield Finding(NOTE, "named_in_views", one.path, text, kept.count, kept.samples)
    places = places_of(before, "option", (was.code, PIPELINE, one.earlier))
    if places:
        text = Label(
            f'"{name}" is named in {quantity(len(places), "place")}, which {agreeing(len(places), "follows", "follow")}.',
            f"“{name_zh}”在 {len(places)} 处被引用，将自动跟随。",
        )
        named = tuple(place.text for place in places)
        yield Finding(NOTE, "named_elsewhere", one.path, text, len(places), named=named)
