"""Resolves names and reads expressions against the objects of the site, reporting what does not fit."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from fieldstone.base.names import did_you_mean
from fieldstone.compiler.outline import Outline
from fieldstone.compiler.problems import Spot
from fieldstone.compiler.renames import Renames
from fieldstone.expressions.expression import Expression, ExpressionError, parse
from fieldstone.expressions.renaming import named, renamed
from fieldstone.expressions.types import Scope, Type
from fieldstone.model.objects import ObjectType
from fieldstone.model.site_model import ModelScope, Use

_COLUMN = re.compile(r"expression:(\d+)")
_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@dataclass
class Resolver:
    """The objects as far as they are known, and what is wrong with some of their fields."""

    objects: Mapping[str, ObjectType]
    outlines: Mapping[str, Outline]
    roles: Mapping[str, object] = field(default_factory=dict)
    removed: Mapping[tuple[str, str], frozenset[str]] = field(default_factory=dict)
    renames: Renames = field(default_factory=Renames)
    uses: list[Use] = field(default_factory=list)
    excused: int = (
        0  # how often something was left out without a word, because its cause is told already
    )

    def scope(self, object_name: str) -> ModelScope:
        """Return what expressions over an object may name."""
        return ModelScope(self.objects, object_name)

    def expression(
        self, spot: Spot, raw: object, scope: Scope, *, expects: Type | None = None
    ) -> Expression | None:
        """Return the expression written as `raw` at `spot`; None when absent or wrong (reported)."""
        if raw is None:
            return None
        if isinstance(raw, (bool, int, float)):
            raw = str(raw).lower()
        if not isinstance(raw, str):
            spot.problem(
                "wrong_kind",
                "an expression is a text.",
                'Write it in quotes, such as "budget >= 100000".',
            )
            return None
        return None if self._names_something_broken(raw) else self._read(spot, raw, scope, expects)

    def _read(self, spot: Spot, raw: str, scope: Scope, expects: Type | None) -> Expression | None:
        try:
            found = parse(self._present(spot, raw, scope, expects), scope, expects=expects)
        except ExpressionError as error:
            for problem in error.problems:
                column = _COLUMN.search(problem.path)
                spot.problem_in_text(
                    int(column[1]) if column else 1, problem.code, problem.message, problem.cure
                )
            return None
        what = named(found.text, scope)
        for field_named in sorted(what.fields):
            self.use(spot, "field", *field_named)
        for option_named in sorted(what.options):
            self.use(spot, "option", *option_named)
        return found

    def use(self, spot: Spot, what: str, *target: str) -> None:
        """Remember that a spot names something."""
        owner = spot.name if spot.name in self.objects else ""
        self.uses.append(Use(owner, tuple(str(step) for step in spot.path), what, target))

    def _present(self, spot: Spot, text: str, scope: Scope, expects: Type | None) -> str:
        """Return an expression with the present codes of what it names by earlier ones."""
        present = renamed(text, scope, self.renames, expects)
        if present != text:
            self.renames.note(spot, text, present, of_key=False)
        return present

    def _names_something_broken(self, text: str) -> bool:
        """Tell whether a wrong field is named: what is wrong with the expression then comes from there."""
        broken = {code for outline in self.outlines.values() for code in outline.broken}
        return self._excuse(bool(broken and broken.intersection(_WORD.findall(text))))

    def is_broken(self, object_name: str, name: str) -> bool:
        """Tell whether something is wrong with a field itself: what names it needs no message."""
        outline = self.outlines.get(object_name)
        return self._excuse(outline is not None and name in outline.broken)

    def _excuse(self, excused: bool) -> bool:
        self.excused += excused
        return excused

    def field(self, spot: Spot, object_name: str, name: object, *, of_key: bool = False) -> str:
        """Return the code of a field if there is one; an unknown one is reported and gives "".

        `of_key` says that it is the key of the spot, not what stands there.
        """
        fields = self.objects[object_name].fields
        if isinstance(name, str) and name in fields:
            self.use(spot, "field", object_name, name)
            return name
        present = self.renames.fields(object_name).get(str(name))
        if present is not None:
            self.renames.note(spot, str(name), present, of_key=of_key)
            return present
        if not self.is_excused(spot, object_name, str(name)):
            spot.problem(
                "unknown_field",
                f"{object_name} has no field '{name}'.",
                did_you_mean(str(name), fields),
            )
        return ""

    def is_excused(self, spot: Spot, owner: str, name: str) -> bool:
        """Tell whether an unknown name needs no message: it is wrong itself, or a layer above took it away."""
        if self.is_broken(owner, name):
            return True
        return self._excuse(spot.place().layer in self.removed.get((owner, name), ()))

    def shown(self, spot: Spot, object_name: str, names: object) -> tuple[str, ...]:
        """Return the known and not archived ones of a list of fields or paths, for views and forms."""
        listed: Iterable[object] = names if isinstance(names, list) else []
        fields = self.objects[object_name].fields
        found = [
            self.path(spot.under(index), object_name, name) for index, name in enumerate(listed)
        ]
        return tuple(
            dict.fromkeys(
                path for path in found if path and not fields[path.partition(".")[0]].archived
            )
        )

    def path(self, spot: Spot, object_name: str, name: object, *, of_key: bool = False) -> str:
        """Return a field or a dotted path through lookups ("owner.team"); an unknown one gives "" (reported)."""
        if not isinstance(name, str) or "." not in name:
            return self.field(spot, object_name, name, of_key=of_key)
        *steps, last = name.split(".")
        present = []
        for written in steps:
            step = self.field(spot, object_name, written)
            if not step:
                return ""
            present.append(step)
            target = self.scope(object_name).follow(step)
            if target is None:
                spot.problem(
                    "no_lookup",
                    f"'{step}' does not lead to another object.",
                    "Name a field of this object, or go through a lookup.",
                )
                return ""
            object_name = target.object_name
        end = last if last == "id" else self.field(spot, object_name, last)
        return ".".join((*present, end)) if end else ""

    def fields(self, spot: Spot, object_name: str, names: object) -> tuple[str, ...]:
        """Return the known ones of a list of field codes; the others are reported."""
        listed: Iterable[object] = names if isinstance(names, list) else []
        found = [
            self.field(spot.under(index), object_name, name) for index, name in enumerate(listed)
        ]
        return tuple(dict.fromkeys(name for name in found if name))
