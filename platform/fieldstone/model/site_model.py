"""One published revision of the whole site."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Self

from fieldstone.base.label import Label
from fieldstone.base.origin import Origin
from fieldstone.expressions.types import Kind, Type
from fieldstone.model.objects import ObjectType
from fieldstone.rules.contract import Rule


@dataclass(frozen=True)
class Role:
    """A role that users may carry."""

    code: str
    label: Label
    administrator: bool = False
    renamed_from: tuple[str, ...] = ()  # earlier codes, the first one first


@dataclass(frozen=True)
class NavItem:
    """One entry of the side bar: an object, a pool, a dashboard or a page."""

    kind: str
    target: str
    group: str = ""
    view: str = ""


@dataclass(frozen=True)
class NavGroup:
    """One group of the side bar; a folded one shows only its heading until somebody opens it."""

    label: Label
    folded: bool = False


@dataclass(frozen=True)
class Report:
    """A declared report or dashboard; `body` is its checked YAML."""

    code: str
    label: Label
    kind: str
    body: Mapping[str, object]
    origin: Origin
    renamed_from: tuple[str, ...] = ()  # earlier codes, the first one first
    alias_until: str = ""  # the last day on which programs may use them; "" for ever


@dataclass(frozen=True)
class Use:
    """A place in the YAML that names something: `holder` is the object whose document it is, "" for the site's parts.

    `what` is field, option (of a field: its stages too), role, pool, rule, calendar or object; `target` names it by codes.
    """

    holder: str
    path: tuple[str, ...]
    what: str
    target: tuple[str, ...]


@dataclass(frozen=True)
class Model:
    """Objects, rules and roles with every name resolved; two models compare with ==."""

    objects: Mapping[str, ObjectType]
    rules: Mapping[str, Rule] = field(default_factory=dict)
    roles: Mapping[str, Role] = field(default_factory=dict)
    nav: tuple[NavItem, ...] = ()
    nav_groups: Mapping[str, NavGroup] = field(default_factory=dict)
    reports: Mapping[str, Report] = field(default_factory=dict)
    calendars: Mapping[str, object] = field(default_factory=dict)  # base.workdays.Calendar by code
    layers: tuple[str, ...] = ("core",)
    digest: str = ""
    uses: tuple[Use, ...] = ()  # everything that names something, for plans

    def rules_of(self, object_name: str, kind: str = "") -> tuple[Rule, ...]:
        """Return the enabled rules of an object, of one kind if named, in the order they run."""
        return tuple(
            rule
            for rule in self.rules.values()
            if rule.object_name == object_name and rule.enabled and kind in ("", rule.kind)
        )

    def with_rule_versions(self, versions: Mapping[str, int]) -> Self:
        """Return the model whose rules carry these versions (kept by storage, by content)."""
        rules = {
            code: replace(rule, version=versions.get(code, 1)) for code, rule in self.rules.items()
        }
        return replace(self, rules=rules)

    def present_object(self, code: str) -> str:
        """Return the code that an object has today, by any code that it had."""
        if code in self.objects:
            return code
        objects = self.objects.items()
        return next((one for one, o in objects if code in (*o.renamed_from, *o.once)), code)

    def present_rule(self, code: str, on: date | None = None) -> str:
        """Return the code that a rule has today, by any code that it had; `on` a day, by those that hold then."""
        return _present(self.rules, code, on)

    def present_report(self, code: str, on: date | None = None) -> str:
        """Return the code that a report has today, by any code that it had; `on` a day, by those that hold then."""
        return _present(self.reports, code, on)

    def present_role(self, code: str) -> str:
        """Return the code that a role has today, by any code that it had."""
        if code in self.roles:
            return code
        return next((one for one, role in self.roles.items() if code in role.renamed_from), code)

    def scope(self, object_name: str) -> ModelScope:
        """Return what expressions over `object_name` may name."""
        return ModelScope(self.objects, object_name)


def _present(things: Mapping[str, Rule] | Mapping[str, Report], code: str, on: date | None) -> str:
    if code in things:
        return code
    for one in things.values():
        gone = on is not None and one.alias_until and on > date.fromisoformat(one.alias_until)
        if code in one.renamed_from and not gone:
            return one.code
    return code


@dataclass(frozen=True)
class ModelScope:
    """An object as expressions see it; satisfies expressions.types.Scope."""

    objects: Mapping[str, ObjectType]
    object_name: str

    def type_of(self, name: str) -> Type | None:
        """Return the type behind a field or a relation, None for an unknown name."""
        spec = self.objects[self.object_name]
        if name == "id":
            return Type(Kind.RECORD, of=self.object_name)
        if name in spec.fields:
            return spec.fields[name].type.expression_type
        if name in spec.relations:
            return Type(Kind.ROWS, of=spec.relations[name].object_name)
        return None

    def follow(self, name: str) -> ModelScope | None:
        """Return the scope of the object behind a lookup, a list of lookups or a relation.

        "user" is the acting person in every expression, so it always leads to that object.
        """
        found = Type(Kind.RECORD, of="user") if name == "user" else self.type_of(name)
        if found is None:
            return None
        target = found.of or (found.item.of if found.kind is Kind.LIST and found.item else "")
        return ModelScope(self.objects, target) if target in self.objects else None

    def names(self) -> Sequence[str]:
        """Return every name that an expression may use here."""
        spec = self.objects[self.object_name]
        return ["id", *spec.fields, *spec.relations]

    def object_label(self, language: str) -> str:
        """Return what people call one record of the object."""
        return self.objects[self.object_name].label.text(language)

    def label(self, name: str, language: str) -> str:
        """Return what people call a field or relation."""
        spec = self.objects[self.object_name]
        if name in spec.fields:
            return spec.fields[name].label.text(language)
        if name in spec.relations:
            return spec.relations[name].label.text(language)
        return name

    def option_label(self, name: str, option: str, language: str) -> str:
        """Return what people call an option of a select field, or the option itself."""
        found = self.objects[self.object_name].fields.get(name)
        options = getattr(found.type, "options", {}) if found else {}
        return options[option].label.text(language) if option in options else option
