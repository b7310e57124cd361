"""Changes one value of a YAML text; comments, order, quotes and everything else stay as they were typed."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping, Sequence
from difflib import SequenceMatcher
from itertools import pairwise
from typing import Any, Final

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap
from ruamel.yaml.error import YAMLError
from ruamel.yaml.scalarstring import DoubleQuotedScalarString

from fieldstone.base.errors import MetadataError, Problem
from fieldstone.compiler.problems import Problems
from fieldstone.compiler.reading import read, resolve
from fieldstone.compiler.tree import Document, Table, plain, value_at

WIDEST: Final = 4096  # lines are broken where people broke them
_SPACES: Final = re.compile(r"([:,{]) +")
Path = Sequence[str]


def value_in(text: str, path: Path) -> tuple[object, bool]:
    """Return the plain value at `path` of a text, and whether there is one."""
    table = _table(text)
    found, there = value_at(table, tuple(path)) if table is not None else (None, False)
    return plain(found), there


def with_value(text: str, path: Path, value: object) -> str:
    """Return the text with `value` at `path`; maps on the way are made, a short form becomes a map.

    None is written as null, which takes away what a lower layer says. Raises MetadataError for a text that
    cannot be read.
    """
    document = _loaded(text)
    _set(document, path, value)
    return _written(document, text)


def without(text: str, path: Path) -> str:
    """Return the text without the entry at `path`, and without the maps that it leaves empty.

    A text without the entry comes back as it is.
    """
    if not value_in(text, path)[1]:
        return text
    document = _loaded(text)
    _drop(document, path)
    return _written(document, text)


def written(value: Mapping[str, object]) -> str:
    """Return a map as a new text, "" for an empty one."""
    return _written(_node(value), "")


def renamed_key(text: str, path: Path, key: str) -> str:
    """Return the text in which the entry at `path` is called `key`, in the same place."""
    document = _loaded(text)
    parent = document
    for step in path[:-1]:
        parent = parent[step]
    place = list(parent).index(path[-1])
    comment = parent.ca.items.pop(path[-1], None)
    parent.insert(place, key, parent.pop(path[-1]))
    if comment is not None:
        parent.ca.items[key] = comment
    return _written(document, text)


def _table(text: str) -> Table | None:
    problems = Problems()
    table = read("site", Document("document", text), problems)
    problems.raise_if_any()
    return table


def _yaml() -> YAML:
    yaml = YAML()
    yaml.preserve_quotes = True
    yaml.width = WIDEST
    yaml.allow_duplicate_keys = True  # our own reader has said so
    return yaml


def _loaded(text: str) -> Any:
    _table(text)
    try:
        return _yaml().load(text) or CommentedMap()
    except YAMLError as error:
        said = " ".join(str(error).split())
        problem = Problem(
            "yaml", "document", f"cannot be edited: {said}.", "Mend it in the editor."
        )
        raise MetadataError([problem]) from None


def _written(document: Any, before: str) -> str:
    if not document and not document.ca.comment:
        return ""
    out = io.StringIO()
    yaml = _yaml()
    if _indents_lists(before):
        yaml.indent(mapping=2, sequence=4, offset=2)
    yaml.dump(document, out)
    return _as_typed(out.getvalue(), before)


def _as_typed(text: str, before: str) -> str:
    """Return the text with the lines that did not change as they were typed: aligned, for example."""
    old, new = before.splitlines(), text.splitlines()
    matcher = SequenceMatcher(
        None, [_bare(line) for line in old], [_bare(line) for line in new], autojunk=False
    )
    for block in matcher.get_matching_blocks():
        new[block.b : block.b + block.size] = old[block.a : block.a + block.size]
    typed = "\n".join(new) + "\n"
    return typed if plain(_table(typed)) == plain(_table(text)) else text


def _bare(line: str) -> str:
    return _SPACES.sub(r"\1 ", line.rstrip()).replace("[{", "[").replace("}]", "]")


def _indents_lists(text: str) -> bool:
    """Tell whether the dashes of lists stand further right than their key, as most people write them."""
    lines = text.splitlines()
    for above, line in pairwise(lines):
        if line.lstrip().startswith("- ") and above.rstrip().endswith(":"):
            return len(line) - len(line.lstrip()) > len(above) - len(above.lstrip())
    return True


def _set(document: Any, path: Path, value: object) -> None:
    *steps, last = path
    for place, step in enumerate(steps):
        below = document.get(step)
        if not isinstance(below, CommentedMap):
            below = _long_form(below, steps[: place + 1], path)
            document[step] = below
        document = below
    document[last] = _node(value)


def _long_form(short: object, at: Path, path: Path) -> CommentedMap:
    """Return the map that a short form stands for: the type of a field, else the English of a label."""
    made = CommentedMap()
    if isinstance(short, str):
        is_field = len(at) >= 2 and at[-2] == "fields"  # noqa: PLR2004 - fields, then a code
        word = "type" if is_field else "en" if path[-1] in {"en", "zh"} else "label"
        made[word] = _node(short)
    return made


def _drop(document: Any, path: Path) -> None:
    holders = [document]
    for step in path[:-1]:
        holders.append(holders[-1][step])
    for holder, step in zip(reversed(holders), reversed(path), strict=True):
        del holder[step]
        if holder:
            return


def _node(value: object) -> Any:
    """Return a value as the text will hold it: texts that would be read as something else are quoted."""
    if isinstance(value, Mapping):
        made = CommentedMap()
        for key, item in value.items():
            made[str(key)] = _node(item)
        return made
    if isinstance(value, (list, tuple)):
        return [_node(item) for item in value]
    if isinstance(value, str) and (resolve(value) != value or value.strip() != value):
        return DoubleQuotedScalarString(value)
    return value
