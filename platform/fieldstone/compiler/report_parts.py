"""What reports name: fields in their measures, conditions, groups and lists, and what was renamed of it."""

from __future__ import annotations

from collections.abc import Iterator

from fieldstone.compiler.problems import Spot
from fieldstone.compiler.resolving import Resolver
from fieldstone.compiler.tree import Items, Table, child_of, put
from fieldstone.expressions.expression import ExpressionError
from fieldstone.expressions.renaming import named, renamed
from fieldstone.model.site_model import ModelScope

EXPRESSIONS = frozenset({"measure", "when", "group", "value", "date", "filter", "rows", "columns"})
"""Keys of reports whose text is written in the expression language, in this or a nested map."""
FILTERED = "list"
"""The key whose text is a filter of lists: field:operator:value~value."""


def settle_names(spot: Spot, settings: Table, resolver: Resolver) -> None:
    """Write a report's texts with the present codes, and remember what they name."""
    spec = resolver.objects.get(str(settings.get("object", "")))
    if spec is None:
        return
    scope = resolver.scope(spec.code)
    for holder, key, here in _texts(spot, settings):
        text = str(child_of(holder, key)[0])
        present = (
            _filter(text, resolver, spec.code)
            if here.path[-1] == FILTERED
            else renamed(text, scope, resolver.renames)
        )
        if present != text:
            put(holder, key, present)
        _note(here, present, scope, resolver)


def _note(spot: Spot, text: str, scope: ModelScope, resolver: Resolver) -> None:
    if spot.path[-1] == FILTERED:
        field = text.partition(":")[0]
        if scope.type_of(field) is not None:
            resolver.use(spot, "field", scope.object_name, field)
        return
    try:
        what = named(text, scope)
    except ExpressionError:
        return  # whoever asks the report is told
    for field_named in sorted(what.fields):
        resolver.use(spot, "field", *field_named)
    for option_named in sorted(what.options):
        resolver.use(spot, "option", *option_named)


def _texts(spot: Spot, value: object) -> Iterator[tuple[Table | Items, str | int, Spot]]:
    """Yield every text that names fields: what holds it, its key there, and its place."""
    if isinstance(value, Table):
        for key, item in value.items():
            if key in EXPRESSIONS or key == FILTERED:
                yield from _named_texts(value, key, item, spot.under(key))
            else:
                yield from _texts(spot.under(key), item)
    elif isinstance(value, Items):
        for place, item in enumerate(value):
            yield from _texts(spot.under(place), item)


def _named_texts(
    holder: Table, key: str, item: object, spot: Spot
) -> Iterator[tuple[Table | Items, str | int, Spot]]:
    if isinstance(item, str):
        yield holder, key, spot
    elif isinstance(item, Items):
        for place, one in enumerate(item):
            if isinstance(one, str):
                yield item, place, spot
            else:
                yield from _texts(spot.under(place), one)
    else:
        yield from _texts(spot, item)


def _filter(text: str, resolver: Resolver, object_name: str) -> str:
    field, colon, rest = text.partition(":")
    renames = resolver.renames
    present = renames.fields(object_name).get(field, field)
    operator, again, values = rest.partition(":")
    options = renames.options(object_name, present)
    codes = "~".join(options.get(one, one) for one in values.split("~"))
    return f"{present}{colon}{operator}{again}{codes}"
