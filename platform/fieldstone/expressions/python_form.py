"""Generates Python source from the typed tree and compiles it once.

Nothing of the user's text reaches the source: names and values enter as constants, code comes
from here and from the table of functions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import Any, Final

from fieldstone.expressions.env import Env
from fieldstone.expressions.function import Form
from fieldstone.expressions.functions import form_of
from fieldstone.expressions.numbers import Number, added, divided
from fieldstone.expressions.tree import (
    Aggregate,
    Call,
    Compare,
    Every,
    Field,
    HasRole,
    Instead,
    ListOf,
    Literal,
    Member,
    Missing,
    Node,
    Not,
    Person,
    Some,
)
from fieldstone.expressions.types import Kind

Compiled = Callable[[Mapping[str, object], Env], Any]
_NOBODY: Final[Mapping[str, object]] = {}


def total(numbers: Iterable[Number]) -> Number:
    """Return the exact sum, 0 for none."""
    answer: Number = 0
    for number in numbers:
        answer = added(answer, number)
    return answer


def mean(numbers: Iterable[Number]) -> Number | None:
    """Return the mean with 10 decimals half up, None for none."""
    known = list(numbers)
    return divided(total(known), len(known))


class _Writer:
    """Writes the source of one function and collects the constants it uses."""

    def __init__(self) -> None:
        self.constants: dict[str, object] = {"total": total, "mean": mean, "nobody": _NOBODY}
        self._names: dict[tuple[type, object], str] = {}
        self.temporaries = 0
        self.row = "row"

    def constant(self, value: object) -> str:
        """Return the name of a constant."""
        known = (type(value), value)
        if known not in self._names:
            self._names[known] = f"c{len(self._names)}"
            self.constants[self._names[known]] = value
        return self._names[known]

    def temporary(self) -> str:
        """Return a fresh name."""
        self.temporaries += 1
        return f"t{self.temporaries}"


@lru_cache(maxsize=4096)
def compiled(node: Node, *, settled: bool = False) -> Compiled:
    """Return the function (row, env) -> value that a tree stands for.

    A `settled` one answers True or False, also where a yes-or-no value is missing.
    """
    writer = _Writer()
    body = condition(writer, node) if settled else value(writer, node)[0]
    source = f"def answer(row, env):\n    return {body}\n"
    space: dict[str, Any] = {**writer.constants, "__builtins__": _BUILTINS}
    # The source is ours: see the module's first lines.
    exec(compile(source, "<expression>", "exec"), space)  # noqa: S102
    return space["answer"]  # type: ignore[no-any-return]


_BUILTINS: Final = {"len": len, "any": any, "all": all, "min": min, "max": max, "sum": sum}


def is_condition(node: Node) -> bool:
    """Tell whether a node is a test, which is true or false and never missing."""
    match node:
        case Compare() | Missing() | Member() | Every() | Some() | Not() | HasRole() | Instead():
            return True
        case Aggregate(name=name):
            return name in {"any", "all"}
        case Call(name=name, form=form):
            return form_of(name, form).gives is Kind.BOOLEAN
        case Literal(value=bool()):
            return True
        case _:
            return False


def condition(writer: _Writer, node: Node) -> str:  # noqa: C901, PLR0911 - one case for each kind of node
    """Return source that is True or False."""
    match node:
        case Literal(value=known):
            return "True" if known is True else "False"
        case Compare():
            return _compare(writer, node)
        case Missing(part=part, negated=negated):
            return f"({value(writer, part)[0]} is {'not ' if negated else ''}None)"
        case Member():
            return _member(writer, node)
        case Every(parts=parts):
            return f"({' and '.join(condition(writer, part) for part in parts)})"
        case Some(parts=parts):
            return f"({' or '.join(condition(writer, part) for part in parts)})"
        case Not(part=part):
            return f"(not {condition(writer, part)})"
        case Instead(runs=runs):
            return condition(writer, runs)
        case HasRole(role=role):
            return f"({writer.constant(role)} in env.roles)"
        case Aggregate(name="any" | "all") as rows:
            return _aggregate(writer, rows)[0]
        case Call() if is_condition(node):
            return _test(writer, node)
        case _:
            return f"({value(writer, node)[0]} is True)"


def value(writer: _Writer, node: Node) -> tuple[str, bool]:  # noqa: PLR0911 - one case for each kind of node
    """Return source of a value and whether the value may be missing."""
    match node:
        case Literal(value=known):
            return writer.constant(known), known is None
        case ListOf(items=items):
            return f"({', '.join(value(writer, item)[0] for item in items)},)", False
        case Field(path=path, type=type_):
            return _read(f"{writer.row}.get({writer.constant(path)})", type_.kind)
        case Person(path=path, type=type_):
            place = writer.constant(path or "id")
            return _read(f"(env.user or nobody).get({place})", type_.kind)
        case Aggregate():
            return _aggregate(writer, node)
        case Call() if not is_condition(node):
            return _call(writer, node)
        case _:
            return condition(writer, node), False


def _read(source: str, kind: Kind) -> tuple[str, bool]:
    # A missing list is the empty list: 'vip' not in tags is true where there are no tags.
    return (f"({source} or ())", False) if kind is Kind.LIST else (source, True)


def _guarded(writer: _Writer, parts: list[tuple[str, bool]]) -> tuple[list[str], list[str]]:
    """Return names or sources for parts, and tests that fail where one is missing."""
    names, tests = [], []
    for source, missing in parts:
        if missing:
            name = writer.temporary()
            tests.append(f"({name} := {source}) is not None")
            names.append(name)
        else:
            names.append(source)
    return names, tests


def _compare(writer: _Writer, node: Compare) -> str:
    left, right = value(writer, node.left), value(writer, node.right)
    if node.op == "==" and not (left[1] and right[1]):
        return f"({left[0]} == {right[0]})"
    (one, other), tests = _guarded(writer, [left, right])
    return f"({' and '.join([*tests, f'{one} {node.op} {other}'])})"


def _member(writer: _Writer, node: Member) -> str:
    word = "not in" if node.negated else "in"
    item = value(writer, node.item)
    if isinstance(node.among, ListOf):
        return _among(writer, node, item, word)
    among = value(writer, node.among)[0]
    (name,), tests = _guarded(writer, [item])
    return f"({' and '.join([*tests, f'{name} {word} {among}'])})"


def _among(writer: _Writer, node: Member, item: tuple[str, bool], word: str) -> str:
    parts = node.among.items if isinstance(node.among, ListOf) else ()
    if all(isinstance(part, Literal) for part in parts):
        among = writer.constant(
            frozenset(part.value for part in parts if isinstance(part, Literal))
        )
        (name,), tests = _guarded(writer, [item])
        return f"({' and '.join([*tests, f'{name} {word} {among}'])})"
    # As comparisons, so that a missing element makes 'not in' false here as it does in SQL.
    op = "!=" if node.negated else "=="
    compares = [_compare(writer, Compare(op, node.item, part)) for part in parts]
    return f"({(' and ' if node.negated else ' or ').join(compares)})"


def _arguments(writer: _Writer, node: Call, form: Form) -> list[tuple[str, bool]]:
    parts = []
    for position, arg in enumerate(node.args):
        if form.shape(position) == {Kind.BOOLEAN}:
            parts.append((condition(writer, arg), False))
        else:
            parts.append(value(writer, arg))
    return parts


def _applied(writer: _Writer, form: Form, names: list[str]) -> str:
    if form.code:
        return form.code.format(*names)
    given = ["env", *names] if form.clock else names
    return f"{writer.constant(form.python)}({', '.join(given)})"


def _test(writer: _Writer, node: Call) -> str:
    form = form_of(node.name, node.form)
    parts = _arguments(writer, node, form)
    if not form.strict:
        return _applied(writer, form, [source for source, _ in parts])
    names, tests = _guarded(writer, parts)
    return f"({' and '.join([*tests, _applied(writer, form, names)])})"


def _call(writer: _Writer, node: Call) -> tuple[str, bool]:
    form = form_of(node.name, node.form)
    parts = _arguments(writer, node, form)
    if not form.strict:
        # A choice of values may be missing when one of them is; a count never is.
        missing = form.same is not None and any(part[1] for part in parts)
        return _applied(writer, form, [source for source, _ in parts]), missing
    names, tests = _guarded(writer, parts)
    call = _applied(writer, form, names)
    if not tests:
        return call, form.partial
    return f"({call} if {' and '.join(tests)} else None)", True


def _aggregate(writer: _Writer, node: Aggregate) -> tuple[str, bool]:
    rows = f"({writer.row}.get({writer.constant(node.rows)}) or ())"
    outer, writer.row = writer.row, writer.temporary()
    child = writer.row
    test = condition(writer, node.condition) if node.condition is not None else ""
    item = value(writer, node.value) if node.value is not None else ("", False)
    writer.row = outer
    where = f" if {test}" if test else ""
    match node.name:
        case "count":
            return f"sum(1 for {child} in {rows}{where})" if test else f"len({rows})", False
        case "any" | "all":
            return f"{node.name}({test} for {child} in {rows})", False
    if item[1]:
        kept = writer.temporary()
        tests = [test] if test else []
        where = f" if {' and '.join([*tests, f'({kept} := {item[0]}) is not None'])}"
        item = (kept, False)
    found = f"{item[0]} for {child} in {rows}{where}"
    if node.name == "sum":
        return f"total({found})", False
    if node.name == "avg":
        return f"mean({found})", True
    return f"{node.name}(({found}), default=None)", True
