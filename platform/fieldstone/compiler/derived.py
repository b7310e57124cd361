"""What fields compute: formulas, rollups, defaults and conditions, and in which order."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from fieldstone.compiler.outline import Outline, first_code, physical
from fieldstone.compiler.resolving import Resolver
from fieldstone.expressions.expression import Expression
from fieldstone.expressions.types import BOOLEAN
from fieldstone.model.objects import Field, ObjectType, Rollup

CONDITIONS = ("required_when", "visible_when", "read_only_when")
Node = tuple[str, str]  # object, field


def with_expressions(outline: Outline, resolver: Resolver) -> dict[str, Field]:
    """Return the fields of an object with the expressions in them read."""
    return {
        code: _complete(outline, code, field, resolver) if code in outline.settings else field
        for code, field in outline.fields.items()
    }


def _complete(outline: Outline, code: str, field: Field, resolver: Resolver) -> Field:
    settings, spot = outline.settings[code], outline.spots[code]
    scope = resolver.scope(outline.code)
    conditions = {
        key: resolver.expression(spot.under(key), settings.get(key), scope, expects=BOOLEAN)
        for key in CONDITIONS
    }
    field = replace(
        field,
        required_when=conditions["required_when"],
        visible_when=conditions["visible_when"],
        read_only_when=conditions["read_only_when"],
        default_expression=resolver.expression(
            spot.under("default_expression"),
            settings.get("default_expression"),
            scope,
            expects=field.type.expression_type,
        ),
    )
    if settings["type"] == "formula":
        found = resolver.expression(
            spot.under("value"), settings["value"], scope, expects=field.type.expression_type
        )
        field = replace(field, formula=found)
    if settings["type"] == "rollup" and code not in outline.broken:
        field = replace(field, rollup=_rollup(outline, code, resolver))
    return _with_parent_choice(outline, code, field, resolver)


def _with_parent_choice(outline: Outline, code: str, field: Field, resolver: Resolver) -> Field:
    """Check that the field in `depends_on` is a select and knows the parents that the options name."""
    if not field.depends_on:
        return field
    spot = outline.spots[code]
    parent_code = resolver.field(spot.under("depends_on"), outline.code, field.depends_on)
    if not parent_code:
        return replace(field, depends_on="")
    known = getattr(outline.fields[parent_code].type, "options", None)
    if known is None:
        spot.under("depends_on").problem(
            "wrong_type", f"'{parent_code}' is no select field.", "Name a field with options."
        )
        return field
    for option in getattr(field.type, "options", {}).values():
        for parent in option.parents:
            if parent not in known:
                spot.under("options", option.code).problem(
                    "unknown_option",
                    f"'{parent_code}' has no option '{parent}'.",
                    f"Use one of: {', '.join(known)}.",
                )
    return field


def _rollup(outline: Outline, code: str, resolver: Resolver) -> Rollup:
    settings, spot = outline.settings[code], outline.spots[code]
    relation = outline.relations[settings["of"]]
    when = resolver.expression(
        spot.under("when"),
        settings.get("when"),
        resolver.scope(relation.object_name),
        expects=BOOLEAN,
    )
    if when is not None and (when.paths or when.rows or when.uses_now or when.uses_user):
        spot.under("when").problem(
            "rollup_reads_too_far",
            "the condition of a rollup may read the summed row's own fields only, since its total is kept.",
            "Keep what it needs in a field of that object, or use a formula such as count(rows, condition).",
        )
    return Rollup(relation.name, settings["function"], str(settings.get("value", "")), when)


class Derivation:
    """Decides which formulas are stored and in which order values are derived; finds circles."""

    def __init__(self, objects: Mapping[str, ObjectType], outlines: Mapping[str, Outline]) -> None:
        self._objects = objects
        self._outlines = outlines
        self._stored: dict[Node, bool] = {}
        self._open: list[Node] = []

    def completed(self, outline: Outline) -> ObjectType:
        """Return the object with a column for each stored formula."""
        spec = self._objects[outline.code]
        fields = dict(spec.fields)
        for code, field in spec.fields.items():
            if field.formula is not None:
                self._visit((outline.code, code))
                if self._stored.get((outline.code, code)):
                    column = physical("f_", first_code(code, outline.settings[code]))
                    fields[code] = replace(field, column=column)
        return replace(spec, fields=fields)

    def check_circles(self) -> None:
        """Report every circle of formulas and rollups."""
        for code, spec in self._objects.items():
            for field in spec.fields.values():
                if field.formula is not None or field.rollup is not None:
                    self._visit((code, field.code))

    def _visit(self, node: Node) -> bool:
        """Return whether the value of a field is kept in a column; remembers it in the order of need."""
        if node in self._stored:
            return self._stored[node]
        field = self._objects[node[0]].fields.get(node[1])
        if field is None or (field.formula is None and field.rollup is None):
            return field is None or bool(field.column)
        if node in self._open:
            self._report_circle(node)
            return True
        self._open.append(node)
        needed = [(other, self._visit(other)) for other in self._needs(node[0], field)]
        self._open.pop()
        self._stored[node] = self._is_stored(node, field, needed)
        return self._stored[node]

    def _is_stored(self, node: Node, field: Field, needed: Iterable[tuple[Node, bool]]) -> bool:
        formula = field.formula
        if formula is None:
            self._check_rollup_value(node, needed)
            return True
        own = not (formula.paths or formula.rows or formula.uses_now or formula.uses_user)
        kept = own and all(stored for _, stored in needed)
        wanted = self._outlines[node[0]].settings[node[1]].get("stored")
        if wanted and not kept:
            self._outlines[node[0]].spots[node[1]].under("stored").problem(
                "cannot_be_stored",
                "the value changes without a write of this record: the formula reads other records, the time or the user.",
                "Take 'stored' out: it is then computed whenever it is read.",
            )
        return kept and wanted is not False

    def _check_rollup_value(self, node: Node, needed: Iterable[tuple[Node, bool]]) -> None:
        for (_, code), stored in needed:
            if not stored:
                self._outlines[node[0]].spots[node[1]].problem(
                    "rollup_reads_too_far",
                    f"'{code}' is computed when it is read, so no total of it can be kept.",
                    "Sum up a field that is stored.",
                )

    def _needs(self, object_name: str, field: Field) -> list[Node]:
        """Return the fields that the value of a formula or rollup depends on."""
        if field.rollup is not None:
            relation = self._objects[object_name].relations[field.rollup.relation]
            names = set(field.rollup.when.names) if field.rollup.when else set()
            names |= {field.rollup.value} if field.rollup.value else set()
            return [(relation.object_name, name) for name in sorted(names)]
        return self._needs_of(object_name, field.formula) if field.formula else []

    def _needs_of(self, object_name: str, formula: Expression) -> list[Node]:
        nodes = [(object_name, name) for name in sorted(formula.names)]
        for path in sorted(formula.paths):
            here = object_name
            for step in path.split("."):
                nodes.append((here, step))
                kind = (
                    self._objects[here].fields[step].type.expression_type
                    if step in self._objects[here].fields
                    else None
                )
                here = kind.of if kind is not None and kind.of in self._objects else here
        for relation, names in sorted(formula.rows.items()):
            found = self._objects[object_name].relations.get(relation)
            if found is not None:
                nodes += [(found.object_name, name) for name in sorted(names)]
        return list(dict.fromkeys(nodes))

    def _report_circle(self, node: Node) -> None:
        circle = [*self._open[self._open.index(node) :], node]
        shown = " -> ".join(f"{name}.{code}" for name, code in circle)
        first = min(circle)
        spot = self._outlines[first[0]].spots[first[1]]
        spot.problem(
            "circle",
            f"these fields are computed from each other: {shown}.",
            "Take one of them out of the circle.",
        )
