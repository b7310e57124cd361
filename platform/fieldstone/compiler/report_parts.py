"""What reports name: fields and stages in their measures, conditions, groups and lists, and what was renamed of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from fieldstone.compiler.problems import Spot
from fieldstone.compiler.resolving import Resolver
from fieldstone.compiler.tree import Items, Table, child_of, put
from fieldstone.expressions.expression import ExpressionError
from fieldstone.expressions.renaming import named, renamed

EXPRESSIONS = frozenset(
    {"measure", "when", "group", "below", "value", "date", "credited", "filter", "start", "end"}
)
"""Keys whose text is written in the expression language, in a report or a map inside it."""
SPREAD = "spread"  # {from: FIELD, to: FIELD}
OF_GROUP = frozenset({"parent", "top"})
"""Keys that name a field of the records that `group` leads to."""
STAGES = "stages"  # a list of stages
LIST = "list"  # a filter of lists: field:operator:value~value


@dataclass(frozen=True)
class Text:
    """One text of a report: what holds it, its key there, what it is, and which object it speaks of."""

    holder: Table | Items
    key: str | int
    what: str
    spot: Spot
    object_name: str


def settle_names(spot: Spot, settings: Table, resolver: Resolver) -> None:
    """Write a report's texts with the present codes, and remember what they name."""
    for one in _texts(spot, settings, "", resolver):
        if one.object_name not in resolver.objects:
            continue
        text = str(child_of(one.holder, one.key)[0])
        present = _present(text, one, resolver)
        if present != text:
            put(one.holder, one.key, present)
        _note(present, one, resolver)


def _present(text: str, one: Text, resolver: Resolver) -> str:
    if one.what == STAGES:
        stage_field = resolver.objects[one.object_name].stage_field
        return resolver.renames.options(one.object_name, stage_field).get(text, text)
    if one.what == LIST:
        return _filter(text, resolver, one.object_name)
    return renamed(text, resolver.scope(one.object_name), resolver.renames)


def _note(text: str, one: Text, resolver: Resolver) -> None:
    spec = resolver.objects[one.object_name]
    if one.what == STAGES:
        resolver.use(one.spot, "option", spec.code, spec.stage_field, text)
        return
    if one.what == LIST:
        text = text.partition(":")[0]
    try:
        what = named(text, resolver.scope(spec.code))
    except ExpressionError:
        return  # whoever asks the report is told
    for field_named in sorted(what.fields):
        resolver.use(one.spot, "field", *field_named)
    for option_named in sorted(what.options):
        resolver.use(one.spot, "option", *option_named)


def _texts(spot: Spot, value: object, object_name: str, resolver: Resolver) -> Iterator[Text]:
    """Yield every text that names fields or stages; a map with an object of its own speaks of that one."""
    if isinstance(value, Items):
        for place, item in enumerate(value):
            yield from _texts(spot.under(place), item, object_name, resolver)
    if not isinstance(value, Table):
        return
    object_name = str(value.get("object", object_name))
    for key, item in value.items():
        here = spot.under(key)
        if key in EXPRESSIONS | OF_GROUP or key == LIST or spot.path[-1] == SPREAD:
            speaks_of = _speaks_of(key, object_name, value, resolver)
            yield from _plain(value, key, key, here, speaks_of)
        elif key == STAGES and isinstance(item, Items):
            for place, _ in enumerate(item):
                yield from _plain(item, place, STAGES, here.under(place), object_name)
        yield from _texts(here, item, object_name, resolver)


def _speaks_of(key: str, object_name: str, chart: Table, resolver: Resolver) -> str:
    """Return the object whose fields a text names: its own, or the one that the chart's group leads to."""
    spec = resolver.objects.get(object_name)
    if key not in OF_GROUP or spec is None:
        return object_name
    found = spec.fields.get(spec.present_code(str(chart.get("group", ""))))
    return found.type.expression_type.of if found else ""


def _plain(
    holder: Table | Items, key: str | int, what: str, spot: Spot, object_name: str
) -> Iterator[Text]:
    if isinstance(child_of(holder, key)[0], str):
        yield Text(holder, key, what, spot, object_name)


def _filter(text: str, resolver: Resolver, object_name: str) -> str:
    field, colon, rest = text.partition(":")
    renames = resolver.renames
    present = renames.fields(object_name).get(field, field)
    operator, again, values = rest.partition(":")
    options = renames.options(object_name, present)
    codes = "~".join(options.get(one, one) for one in values.split("~"))
    return f"{present}{colon}{operator}{again}{codes}"
