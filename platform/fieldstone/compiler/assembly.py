"""Builds the model from merged YAML: fields of all objects first, then everything that names them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from fieldstone.base.label import label_of
from fieldstone.compiler.derived import Derivation, with_expressions
from fieldstone.compiler.fields import FieldReader
from fieldstone.compiler.indexes import indexes_of
from fieldstone.compiler.layouts import layout_of
from fieldstone.compiler.linking import RollupTypes, add_relations, child_outlines, set_rows_types
from fieldstone.compiler.loading import Source
from fieldstone.compiler.merging import ordered
from fieldstone.compiler.outline import Outline, Words, outline_of
from fieldstone.compiler.pages import form_of, quick_of, search_of, title_of, views_of
from fieldstone.compiler.platform_names import check_platform_names
from fieldstone.compiler.problems import Problems, Spot
from fieldstone.compiler.renames import Renames, renames_of
from fieldstone.compiler.resolving import Resolver
from fieldstone.compiler.rights import permissions_of
from fieldstone.compiler.rule_parts import RuleReader
from fieldstone.compiler.schema_check import Shape
from fieldstone.compiler.shapes import OBJECT_PARTS, OPTIONS, PERMISSION, SECTION, VIEW, closed
from fieldstone.compiler.site_parts import Navigation, calendars_of, reports_of, roles_of
from fieldstone.compiler.site_shapes import CALENDAR, NAV_GROUP, ROLE
from fieldstone.compiler.stages import add_stage_fields, pipelines_of
from fieldstone.compiler.system_fields import add_system_fields, ownership
from fieldstone.compiler.tree import Table, earlier_codes
from fieldstone.compiler.words import label_from, own_label
from fieldstone.fieldtypes.contract import Option, TypeSpec
from fieldstone.model.objects import ObjectType
from fieldstone.model.site_model import Model
from fieldstone.rules.contract import RuleKind

# Parts with entries by code: one wrong entry is left out, the others are read.
ENTRIES = {
    "views": Shape(VIEW),
    "permissions": Shape(PERMISSION),
    "roles": Shape(ROLE),
    "nav": Shape(NAV_GROUP),
    "options": Shape(OPTIONS),
    "calendars": Shape(CALENDAR),
    "sections": Shape(SECTION),
}
WHOLE = {
    part: Shape(closed({part: schema}))
    for part, schema in OBJECT_PARTS.items()
    if part not in {"views", "permissions", "forms"}
}
FORMS = Shape(closed({"default": {"type": "object"}, "quick": OBJECT_PARTS["quick"]}))
KEYS = Shape(closed({key: {} for key in [*OBJECT_PARTS, "object", "fields", "include"]}))


class Assembly:
    """One run of the compiler over merged YAML."""

    def __init__(
        self,
        source: Source,
        types: Mapping[str, TypeSpec],
        kinds: Mapping[str, RuleKind],
        problems: Problems,
        defaults: Mapping[str, object],
    ) -> None:
        self._source = source
        self._problems = problems
        self._kinds = kinds
        # Roles and calendars can be chosen from like any shared options: user.roles and user.calendar do.
        calendars = self._part("calendars")
        shared = {
            "roles": self._part("roles"),
            **({"calendars": calendars} if calendars else {}),
            **self._entries("options"),
        }
        self._words = Words(types, problems, defaults, shared)
        self._reader = FieldReader(self._words)
        self._pools = self._declared_pools()
        self.renames = Renames()

    def model(self, report_schema: Mapping[str, Any] | None) -> Model:
        """Return the model as far as it can be built; the caller looks at the problems."""
        parts = self._source.parts
        roles = roles_of(self._spot("roles"), self._entries("roles"))
        outlines = self._outlines()
        drafts = {code: one.draft() for code, one in outlines.items()}
        self.renames = renames_of(drafts, parts)
        check_platform_names(outlines, self._source.removed)
        resolver = Resolver(drafts, outlines, roles, self._source.removed, self.renames)
        objects = self._objects(outlines, resolver)
        calendars = calendars_of(
            self._spot("calendars"), self._entries("calendars"), parts.get("default_calendar")
        )
        written = self._part("reports")
        reports = reports_of(self._spot("reports"), written, report_schema, resolver)
        raw_rules = self._part("rules")
        names = {
            "rule": raw_rules,
            "role": roles,
            "calendar": calendars,
            "pool": self._known_pools(objects),
        }
        finished = replace(resolver, objects=objects)
        rules = RuleReader(self._kinds, finished, names).rules_of(self._spot("rules"), raw_rules)
        navigation = Navigation(finished, reports)
        nav = self._entries("nav")
        return Model(
            objects=objects,
            rules=rules,
            roles=roles,
            nav=navigation.items(self._spot("nav"), nav),
            nav_groups=navigation.groups(self._spot("nav"), nav),
            reports=reports,
            calendars=calendars,
            uses=tuple(resolver.uses),
        )

    def _spot(self, part: str) -> Spot:
        return Spot(self._problems, self._source.parts, "", (part,))

    def _part(self, part: str) -> Table:
        found = self._source.parts.get(part)
        return found if isinstance(found, Table) else Table(self._source.parts.origin)

    def _entries(self, part: str) -> Table:
        return sound_entries(self._spot(part), self._part(part), ENTRIES[part])

    def _declared_pools(self) -> dict[str, Option]:
        """Return the pools, which are declared among the rules, as what a record's field offers."""
        return {
            code: Option(
                code,
                own_label(code, {"label": raw.get("label", {})}),
                renamed_from=earlier_codes(raw),
            )
            for code, raw in self._part("rules").items()
            if isinstance(raw, Mapping) and raw.get("kind") == "pool"
        }

    def _known_pools(self, objects: Mapping[str, ObjectType]) -> Mapping[str, object]:
        return {pool: spec.code for spec in objects.values() for pool in spec.pools} | self._pools

    def _outlines(self) -> dict[str, Outline]:
        """Return all objects and child rows with their fields, types and relations."""
        outlines: dict[str, Outline] = {}
        for code, table in self._source.objects.items():
            outline = self._outline(code, table)
            outlines[code] = outline
            for child in child_outlines(outline, self._words, self._reader):
                outlines[child.code] = child
        add_relations(outlines)
        RollupTypes(outlines, self._reader).set_all()
        for outline in outlines.values():
            set_rows_types(outline, outlines, self._reader)
        self._report_shared_tables(outlines)
        return outlines

    def _outline(self, code: str, table: Table) -> Outline:
        spot = Spot(self._problems, table, code)
        raw = self._sound_object(spot, table)
        outline = outline_of(code, raw, self._problems)
        fields = raw.get("fields")
        if isinstance(fields, Table):
            self._reader.add_fields(
                outline, spot.under("fields"), ordered(spot.under("fields"), fields)
            )
        elif fields is not None:
            spot.under("fields").problem(
                "wrong_kind", "the fields are a map.", "Write 'code: type' lines below 'fields:'."
            )
        if not outline.fields and not outline.broken:
            spot.problem("missing_key", "the object has no fields.", "Add 'fields: {name: text}'.")
        if raw.get("stages") is not table.get("stages"):
            stages = raw.get("stages", {})
            outline.broken.add(stages.get("field", "stage"))
        add_stage_fields(outline, self._words)
        add_system_fields(outline, self._words, self._pools)
        return outline

    def _sound_object(self, spot: Spot, table: Table) -> Table:
        """Return the object without the parts whose shape is wrong (reported)."""
        KEYS.check(spot, dict.fromkeys(table))
        sound = table.copy()
        for part in table:
            here, value = spot.under(part), table[part]
            if part in {"views", "permissions", "forms"} and not isinstance(value, Table):
                here.problem(
                    "wrong_kind",
                    "a single value stands where a map is wanted.",
                    "Write 'code: {...}' lines below it.",
                )
                sound.drop(part)
            elif part in {"views", "permissions"}:
                sound[part] = sound_entries(here, value, ENTRIES[part])
            elif part == "forms":
                sound[part] = self._sound_forms(here, value)
            elif part in WHOLE:
                _put_sound(sound, part, WHOLE[part].sound(spot, _only(table, part)))
        return sound

    def _sound_forms(self, spot: Spot, forms: Table) -> Table:
        sound = forms.copy()
        if not FORMS.check(spot, forms):
            return Table(forms.origin)
        if "default" in forms:
            sound["default"] = sound_entries(
                spot.under("default"), forms["default"], ENTRIES["sections"]
            )
        return sound

    def _objects(
        self, outlines: Mapping[str, Outline], resolver: Resolver
    ) -> dict[str, ObjectType]:
        """Return the finished objects."""
        read = {
            code: replace(resolver.objects[code], fields=with_expressions(outline, resolver))
            for code, outline in outlines.items()
        }
        derivation = Derivation(read, outlines)
        derivation.check_circles()
        return {
            code: self._finished(derivation.completed(outline), outline, resolver)
            for code, outline in outlines.items()
        }

    def _finished(self, spec: ObjectType, outline: Outline, resolver: Resolver) -> ObjectType:
        raw = outline.raw
        title = title_of(outline, resolver)
        owned, pools = ownership(raw)
        form = form_of(outline, self._sections(outline), resolver)
        spec = replace(
            spec,
            title=title,
            search=search_of(outline, resolver, title),
            pipelines=pipelines_of(outline, resolver),
            owned=owned,
            pools=pools,
            views=views_of(outline, raw.get("views", Table(outline.spot.place())), resolver, title),
            form=form,
            layout=layout_of(outline, form, resolver),
            permissions=permissions_of(outline, raw.get("permissions", {}), resolver),
            unique_together=self._unique(outline, resolver),
            help=label_from(raw["help"], label_of("")) if "help" in raw else None,
            timeline=raw.get("timeline", False),
            hidden=raw.get("hidden", False) or spec.archived or outline.parent is not None,
        )
        held = self._rule_values("holding_limit", spec.code, "counts")
        orders = self._pool_orders(spec.code)
        named = quick_of(outline, resolver)
        spec = replace(spec, quick=spec.usual_quick if named is None else named)
        return replace(spec, indexes=indexes_of(spec, orders, [str(one) for one in held]))

    def _pool_orders(self, object_name: str) -> list[str]:
        """Return by what the pools of an object are sorted first."""
        sorts = self._rule_values("pool", object_name, "sort")
        firsts = [sort[0] for sort in sorts if isinstance(sort, list) and sort]
        return [first for first in firsts if isinstance(first, str) and first]

    def _rule_values(self, kind: str, object_name: str, key: str) -> list[object]:
        """Return what the rules of a kind say about an object under a key; "" of one that says nothing."""
        rules = (raw for raw in self._part("rules").values() if isinstance(raw, Mapping))
        return [
            raw.get(key, "")
            for raw in rules
            if raw.get("kind") == kind and raw.get("object") == object_name
        ]

    def _sections(self, outline: Outline) -> Table:
        forms = outline.raw.get("forms")
        found = forms.get("default") if isinstance(forms, Mapping) else None
        return found if isinstance(found, Table) else Table(outline.spot.place())

    def _unique(self, outline: Outline, resolver: Resolver) -> tuple[tuple[str, ...], ...]:
        spot = outline.spot.under("unique")
        sets = outline.raw.get("unique", ())
        return tuple(
            resolver.fields(spot.under(index), outline.code, names)
            for index, names in enumerate(sets)
        )

    def _report_shared_tables(self, outlines: Mapping[str, Outline]) -> None:
        holders: dict[str, str] = {}
        for code, outline in outlines.items():
            other = holders.setdefault(outline.table, code)
            if other != code:
                outline.spot.problem(
                    "shared_table",
                    f"'{code}' would be kept in the table of '{other}'.",
                    "Take another 'renamed_from'.",
                )


def sound_entries(spot: Spot, table: Table, shape: Shape) -> Table:
    """Return the entries whose shape is right; the others are reported."""
    sound = Table(table.origin)
    for code, value in table.items():
        rest = shape.sound(spot.under(code), value)
        if rest is not None or value is None:
            sound.put(code, rest, table.keys_at[code], table.values_at[code])
    return sound


def _only(table: Table, part: str) -> Table:
    """Return a table with one entry of another."""
    alone = Table(table.origin)
    alone.put(part, table[part], table.keys_at[part], table.values_at[part])
    return alone


def _put_sound(table: Table, part: str, alone: Table | None) -> None:
    """Keep of a part what is right, or nothing of it."""
    if alone is None or part not in alone:
        table.drop(part)
    else:
        table[part] = alone[part]
