"""Figures by the records of a tree, such as channels: each with all below it, its parts, and a first level of options."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Final

from fieldstone.base.cached import cached_property
from fieldstone.reads.expanding import target_of
from fieldstone.reads.query import HIGHEST_LIMIT, Query
from fieldstone.reports.asking import Asker
from fieldstone.reports.results import Branch, Line, Number
from fieldstone.reports.sources import Settings

TOP: Final = "top:"
PART: Final = "/"
ADDED_UP: Final = ("count", "sum")
Values = dict[str, Number]


@dataclass(frozen=True)
class Node:
    """One record of the tree."""

    id: str
    title: str
    parent: str
    top: str


@dataclass(frozen=True)
class Tree:
    """A chart of the kind `tree`: `group` leads to records that `parent` puts below each other, `top` names the first level."""

    asker: Asker
    settings: Settings

    @property
    def group(self) -> str:
        """Return the field whose records are the tree."""
        return str(self.settings["group"])

    @property
    def below(self) -> str:
        """Return the field whose records are the parts of a node, "" for none."""
        return str(self.settings.get("below", ""))

    @property
    def object_name(self) -> str:
        """Return the object whose records are the tree."""
        own = self.asker.model.objects[self.asker.object_name].fields
        return target_of(own[self.group]) if self.group in own else ""

    @cached_property
    def nodes(self) -> Mapping[str, Node]:
        """Return the records that the reader may see. Raises RefusedError."""
        spec, asker = self.asker.model.objects[self.object_name], self.asker
        parent, top = str(self.settings.get("parent", "")), str(self.settings.get("top", ""))
        fields = tuple(one for one in (spec.title, parent, top) if one in spec.fields)
        query, found = Query(fields=fields, limit=HIGHEST_LIMIT), dict[str, Node]()
        while True:
            page = asker.reads.list(asker.ctx, asker.model, spec.code, query)
            for row in page.rows:
                texts = (str(row.values.get(one) or "") for one in (spec.title, parent, top))
                found[row.id] = Node(row.id, *texts)
            if not page.next_cursor:
                return found
            query = replace(query, cursor=page.next_cursor)

    @cached_property
    def children(self) -> Mapping[str, list[Node]]:
        """Return the nodes by what they stand below; "" holds those that stand first, also where parents form a ring."""
        found: dict[str, list[Node]] = {}
        for node in self.nodes.values():
            found.setdefault(node.parent if self._leads_up(node) else "", []).append(node)
        return found

    def _leads_up(self, node: Node) -> bool:
        """Tell whether a node's parents are known and end somewhere."""
        seen, at = {node.id}, node.parent
        while at in self.nodes:
            if at in seen:
                return False
            seen.add(at)
            at = self.nodes[at].parent
        return node.parent in self.nodes

    def with_all_below(self, node_id: str) -> list[str]:
        """Return a node and every node below it."""
        parts = (self.with_all_below(one.id) for one in self.children.get(node_id, ()))
        return [node_id, *(one for part in parts for one in part)]

    def condition(self, group: str, below: str, key: str | None) -> str:
        """Return which rows a line counts, in fields of the rows' own object."""
        if key is None:
            return f"{group} == null"
        if PART in key:
            node, _, part = key.partition(PART)
            rest = f" and {below} == {json.dumps(part)}" if below else ""
            return (f"{group} == {json.dumps(node)}" if node else f"{group} == null") + rest
        first = [one.id for one in self.children.get("", ()) if key == TOP + one.top]
        ids = [one for node in (first or [key]) for one in self.with_all_below(node)]
        return f"{group} in {json.dumps(ids)}"

    def lines(self) -> list[Line]:
        """Return the whole tree, line by line. Raises RefusedError."""
        found = [line for top in self._tops() for line in self._top(top)]
        for node in sorted({*self._own} - {*self.nodes}, key=str):
            key = node or None
            branch = Branch(0, self.object_name if node else "", node)
            found.append(Line(key, self._finished(self._sum_of(node)), branch))
            found += self._parts(node, 1)
        return found

    @cached_property
    def _own(self) -> dict[str, dict[str, Values]]:
        """Return what belongs to each node itself, by its parts; "" is no node, no part."""
        found: dict[str, dict[str, Values]] = {}
        for line in self._counted([one for one in (self.group, self.below) if one]):
            node, part = str(line.get(self.group) or ""), str(line.get(self.below) or "")
            values = {code: _number(line[code]) for code in self._figures if code in line}
            found.setdefault(node, {})[part] = values
        return found

    def _counted(self, groups: Sequence[str]) -> list[dict[str, object]]:
        figures = {code: one for code, one in self._figures.items() if _adds_up(one)}
        return self.asker.counted(groups, figures, str(self.settings.get("when", "")))

    @property
    def _figures(self) -> Mapping[str, Settings]:
        return self.settings.get("figures", {})  # type: ignore[no-any-return]

    @cached_property
    def _nothing(self) -> Values:
        """Return a nought for every figure that the reader may see."""
        lines = (values for parts in self._own.values() for values in parts.values())
        seen = {code for line in lines for code in line}
        if not seen >= {code for code, one in self._figures.items() if _adds_up(one)}:
            # Either nothing was counted yet, or it may not be seen: asked without groups there is always a line.
            seen |= {code for line in self._counted([]) for code in line}
        return {code: 0 for code in self._figures if code in seen}

    def _finished(self, values: Values) -> Values:
        return self.asker.finished({**self._nothing, **values}, self._figures)

    def _sum_of(self, node: str) -> Values:
        return _total(self._own.get(node, {}).values())

    @cached_property
    def _totals(self) -> dict[str, Values]:
        return {
            one: _total(self._sum_of(each) for each in self.with_all_below(one))
            for one in self.nodes
        }

    def _tops(self) -> list[str]:
        """Return the first level in the order of its options."""
        there = {one.top for one in self.children.get("", ())}
        field = self.asker.model.objects[self.object_name].fields.get(
            str(self.settings.get("top", ""))
        )
        options: Mapping[str, object] = getattr(field.type, "options", {}) if field else {}
        declared = [one for one in options if one in there]
        return [*declared, *sorted(there - {*declared})]

    def _top(self, top: str) -> Iterator[Line]:
        nodes = [one for one in self.children.get("", ()) if one.top == top]
        if top:
            total = _total(self._totals[one.id] for one in nodes)
            yield Line(TOP + top, self._finished(total), Branch(0, "", top))
        yield from self._level(nodes, 1 if top else 0)

    def _level(self, nodes: list[Node], depth: int) -> Iterator[Line]:
        first = next((code for code, one in self._figures.items() if _adds_up(one)), "")

        def place(node: Node) -> tuple[Decimal, str]:
            return -Decimal(self._totals[node.id].get(first) or 0), node.title

        for node in sorted(nodes, key=place):
            values = self._finished(self._totals[node.id])
            yield Line(node.id, values, Branch(depth, self.object_name, node.id))
            yield from self._level(self.children.get(node.id, []), depth + 1)
            yield from self._parts(node.id, depth + 1)

    def _parts(self, node: str, depth: int) -> Iterator[Line]:
        spec = self.asker.model.objects[self.asker.object_name]
        target = target_of(spec.fields[self.below]) if self.below in spec.fields else ""
        for part, values in self._own.get(node, {}).items():
            if part and any(values.values()):
                branch = Branch(depth, target, part, below=True)
                yield Line(f"{node}{PART}{part}", self._finished(values), branch)


def _adds_up(figure: Settings) -> bool:
    """Tell whether a figure of a node is the sum of those below it."""
    measure = str(figure.get("measure") or figure.get("other", {}).get("measure", ""))
    return measure.partition("(")[0].strip() in ADDED_UP


def _total(several: Iterable[Values]) -> Values:
    found: Values = {}
    for values in several:
        for code, value in values.items():
            found[code] = (found.get(code) or 0) + (value or 0)
    return found


def _number(value: object) -> Number:
    return value if isinstance(value, int | Decimal) else None
