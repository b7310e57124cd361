"""Finds the documents of every layer, puts includes where they belong, and merges the layers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path, PurePosixPath

from fieldstone.base.errors import MetadataError, Problem
from fieldstone.base.names import did_you_mean, is_code, plural
from fieldstone.base.origin import Origin
from fieldstone.compiler.merging import merged, report_empty
from fieldstone.compiler.problems import Problems, Spot
from fieldstone.compiler.reading import MAX_CHARACTERS, read
from fieldstone.compiler.renames import (
    rename_objects,
    rename_parts,
    rename_roles,
    rename_views,
    roles_renamed_by,
)
from fieldstone.compiler.tree import Document, Items, Layer, Table, copied, earlier_codes

FOLDERS = ("metadata", "rules", "reports")
PARTS = ("roles", "nav", "options", "calendars", "rules", "reports")
SINGLE = ("default_calendar",)
# What stands beside the objects under /api/v1.
RESERVED = frozenset(
    {
        "meta",
        "config",
        "imports",
        "pools",
        "reports",
        "openapi",
        "docs",
        "search",
        "me",
        "deadlines",
    }
)
OBJECT_KEYS = frozenset({"object", "include", "fields"})


def read_layer(name: str, folder: Path) -> Layer:
    """Return the YAML files under metadata/, rules/ and reports/ of a folder, by path.

    Raises MetadataError for a file that is no UTF-8 text or is too large; a missing folder is an empty one.
    """
    documents: list[Document] = []
    problems: list[Problem] = []
    for part in FOLDERS:
        for file in sorted((folder / part).rglob("*.y*ml")):
            path = file.relative_to(folder).as_posix()
            if file.suffix not in {".yaml", ".yml"} or not file.is_file():
                continue
            try:
                if file.stat().st_size > 4 * MAX_CHARACTERS:
                    problems.append(
                        Problem(
                            "too_large",
                            f"{path}:1:1",
                            "the file is too large.",
                            "Split it with 'include'.",
                        )
                    )
                    continue
                documents.append(Document(path, file.read_text("utf-8")))
            except UnicodeDecodeError:
                problems.append(
                    Problem(
                        "not_utf8",
                        f"{path}:1:1",
                        "the file is not written in UTF-8.",
                        "Save it as UTF-8.",
                    )
                )
    if problems:
        raise MetadataError(problems)
    return Layer(name, tuple(documents))


@dataclass
class Source:
    """The merged YAML of the whole site: objects by code, and the other parts in one table."""

    objects: dict[str, Table] = field(default_factory=dict)
    parts: Table = field(default_factory=lambda: Table(Origin("", "", 1)))
    # What a layer took away, by (object, field), ("roles", role) and ("relations", name): the layers below it, which may still name it.
    removed: dict[tuple[str, str], frozenset[str]] = field(default_factory=dict)

    def twin(self) -> Source:
        """Return an independent source; what stands in its tables is shared."""
        return Source(dict(self.objects), self.parts.copy(), dict(self.removed))

    def copied(self) -> Source:
        """Return a source that shares no table."""
        objects = {code: copied(table) for code, table in self.objects.items()}
        return Source(objects, copied(self.parts), dict(self.removed))


def load(layers: Sequence[Layer], problems: Problems) -> Source:
    """Return all layers merged, lowest first; whatever cannot be read is reported and left out.

    The lower layers are files of the installation: while the highest one is being edited they are read once.
    """
    files = max(len(layers) - 1, 1)
    below = tuple(Layer(one.name, tuple(one.documents)) for one in layers[:files])
    kept = _sound(below)
    if kept is None:
        source = _merged(Source(), layers, (), problems)
    else:
        # Present codes are written in the place of earlier ones: not into what others share.
        lower = kept.copied() if say_renames(layers) else kept.twin()
        source = _merged(lower, layers[files:], below, problems)
    rename_objects(source.objects, source.parts)
    rename_views(source.objects, source.parts)
    rename_parts(source.objects, source.parts)
    return source


def say_renames(layers: Sequence[Layer]) -> bool:
    """Tell whether some layer says that something had another code."""
    return any("renamed_from" in one.text for layer in layers for one in layer.documents)


@lru_cache(maxsize=2)
def _sound(layers: tuple[Layer, ...]) -> Source | None:
    """Return layers merged as far as that goes without those above them; None when something is wrong with them."""
    problems = Problems()
    source = _merged(Source(), layers, (), problems)
    return None if len(problems) else source


def _merged(
    source: Source, layers: Sequence[Layer], below: Sequence[Layer], problems: Problems
) -> Source:
    """Return a source, made of the layers `below`, with more layers laid over it."""
    for place, layer in enumerate(layers):
        tables = {}
        for document in layer.documents:
            table = read(layer.name, document, problems)
            if table is not None:
                tables[document.path] = table
        found = _one_layer(tables, problems)
        lower = frozenset(one.name for one in (*below, *layers[:place]))
        source.removed |= _removals(found, lower) | _relations_gone(source, found, lower)
        _lay_over(source, found, problems)
    return source


def _removals(layer: Source, below: frozenset[str]) -> dict[tuple[str, str], frozenset[str]]:
    """Return the fields and roles that a layer takes away from those below it."""
    maps = {code: table.get("fields") for code, table in layer.objects.items()}
    maps["roles"] = layer.parts.get("roles")
    return {
        (owner, name): below
        for owner, entries in maps.items()
        if isinstance(entries, Table)
        for name, value in entries.items()
        if value is None
    }


def _relations_gone(
    lower: Source, layer: Source, below: frozenset[str]
) -> dict[tuple[str, str], frozenset[str]]:
    """Return the relations that go with the lookups that a layer takes away."""
    gone = {}
    for owner, code in _removals(layer, below):
        written = lower.objects.get(owner, Table(lower.parts.origin)).get("fields")
        field = written.get(code) if isinstance(written, Table) else None
        if isinstance(field, Table) and field.get("type") in {"lookup", "user"}:
            first = next(iter(earlier_codes(lower.objects[owner])), owner)
            gone["relations", str(field.get("related_name", plural(first)))] = below
    return gone


def _rename_lower(source: Source, layer: Source, code: str) -> None:
    """Let an object of the layers below take the code by which this layer calls it, in its place."""
    for earlier in earlier_codes(layer.objects[code]):
        if code not in source.objects and earlier in source.objects.keys() - layer.objects.keys():
            source.objects = {
                code if name == earlier else name: lower for name, lower in source.objects.items()
            }


def _lay_over(source: Source, layer: Source, problems: Problems) -> None:
    called = roles_renamed_by(layer.parts, source.parts)
    rename_roles(source.objects, called)
    rename_roles(layer.objects, called)
    for code, table in layer.objects.items():
        _rename_lower(source, layer, code)
        below = source.objects.get(code)
        if below is None:
            report_empty(Spot(problems, table, code), table)
        source.objects[code] = merged(below if below is not None else Table(table.origin), table)
    for part, table in layer.parts.items():
        if not isinstance(table, Table):
            source.parts.put(part, table, layer.parts.keys_at[part], layer.parts.values_at[part])
            continue
        below = source.parts.get(part, Table(table.origin))
        fresh = Table(table.origin)
        for code, value in table.items():
            if code not in below:
                fresh.put(code, value, table.keys_at[code], table.values_at[code])
        report_empty(Spot(problems, fresh, part), fresh)
        changed = merged(below, table, (part,))
        source.parts.put(part, changed, layer.parts.keys_at[part], table.origin)


def _one_layer(tables: Mapping[str, Table], problems: Problems) -> Source:
    """Sort the documents of one layer into objects and parts; what stands twice is reported."""
    source = Source()
    included = _included_files(tables)
    for path, table in tables.items():
        if "object" in table:
            _take_object(source, path, table, tables, problems)
        elif path not in included:
            _take_parts(source, table, problems)
    return source


def _files_of(table: Table) -> list[str]:
    listed = table.get("include", [])
    return [
        name for name in (listed if isinstance(listed, list) else [listed]) if isinstance(name, str)
    ]


def _included_files(tables: Mapping[str, Table]) -> frozenset[str]:
    return frozenset(
        _beside(path, name)
        for path, table in tables.items()
        if "object" in table
        for name in _files_of(table)
    )


def _beside(path: str, name: str) -> str:
    """Return the path of a file named relative to the file at `path`, with .. resolved."""
    parts: list[str] = []
    for part in (PurePosixPath(path).parent / name).parts:
        if part == "..":
            parts = parts[:-1]
        elif part != ".":
            parts.append(part)
    return "/".join(parts)


def _take_object(
    source: Source, path: str, table: Table, tables: Mapping[str, Table], problems: Problems
) -> None:
    spot = Spot(problems, table, "object").under("object")
    code = table["object"]
    if not _is_free(spot, code, source):
        return
    whole = table.copy()
    for index, name in enumerate(_files_of(table)):
        here = Spot(problems, table, code).under("include", index)
        part = tables.get(_beside(path, name))
        if part is None:
            known = [other for other in tables if "object" not in tables[other]]
            here.problem(
                "no_such_file",
                f"there is no file '{name}' beside {path}.",
                did_you_mean(name, known)
                if known
                else "Make it, or take the line out: only files of this folder can be included.",
            )
        else:
            whole = _with_part(whole, part, here)
    whole.drop("include")
    source.objects[code] = whole


def _is_free(spot: Spot, code: object, source: Source) -> bool:
    """Tell whether an object may be called `code` in this layer; else say why not."""
    if not isinstance(code, str) or not is_code(code) or "__" in code:
        spot.problem(
            "bad_code",
            f"'{code}' cannot be the code of an object.",
            "Write small letters a-z, digits and single _, beginning with a letter, such as service_order.",
        )
    elif code in RESERVED:
        spot.problem(
            "taken_code",
            f"'{code}' is an address of the API itself.",
            f"Call the object otherwise, such as 'own_{code}'; what people read goes into 'label'.",
        )
    elif code in source.objects:
        spot.problem(
            "defined_twice",
            f"the object '{code}' is also written in {source.objects[code].origin.file}.",
            "Keep it in one file; parts of it go into files named by 'include'.",
        )
    else:
        return True
    return False


def _with_part(whole: Table, part: Table, spot: Spot) -> Table:
    """Return an object with an included file merged in; what both say is reported."""
    if "include" in part:
        spot.problem(
            "nested_include",
            "an included file cannot include others.",
            "Name all files in the object's main file.",
        )
    addition = part.copy()
    addition.drop("include")
    for clash in _clashes(whole, addition, ()):
        shown = ".".join(clash)
        spot.problem(
            "defined_twice",
            f"'{shown}' stands in the object's file and in the included one.",
            "Keep one of the two.",
        )
    return merged(whole, addition)


def _clashes(left: Table, right: Table, path: tuple[str, ...]) -> Iterable[tuple[str, ...]]:
    for key, value in right.items():
        if key in left:
            if isinstance(left[key], Table) and isinstance(value, Table) and len(path) == 0:
                yield from _clashes(left[key], value, (*path, key))
            else:
                yield (*path, key)


def _take_parts(source: Source, table: Table, problems: Problems) -> None:
    for part, value in table.items():
        spot = Spot(problems, table, "").under(part)
        if part in SINGLE:
            source.parts.put(part, value, table.keys_at[part], table.values_at[part])
        elif part not in PARTS:
            known = (*PARTS, *SINGLE) if not OBJECT_KEYS & table.keys() else ("object", *PARTS)
            spot.problem(
                "unknown_key",
                f"there is no key '{part}' at the top of a file.",
                _top_cure(part, known),
                of_key=True,
            )
        elif not isinstance(value, Table):
            kind = "a list" if isinstance(value, Items) else "a single value"
            spot.problem(
                "wrong_kind",
                f"{kind} stands where a map is wanted.",
                "Write 'code: {...}' lines below it.",
            )
        else:
            _take_part(source, part, table, value, problems)


def _top_cure(part: str, known: Iterable[str]) -> str:
    if part in {"fields", "views", "stages", "forms", "permissions", "label"}:
        return "Begin the file with 'object: CODE', or name the file under 'include' of its object."
    return did_you_mean(part, known)


def _take_part(source: Source, part: str, table: Table, value: Table, problems: Problems) -> None:
    kept = source.parts.get(part)
    if kept is None:
        kept = Table(value.origin)
        source.parts.put(part, kept, table.keys_at[part], table.values_at[part])
    for code, entry in value.items():
        spot = Spot(problems, table, "").under(part, code)
        if not is_code(code):
            spot.problem(
                "bad_code",
                f"'{code}' cannot be a code.",
                "Write small letters a-z, digits and _, beginning with a letter.",
                of_key=True,
            )
        elif code in kept:
            first = kept.keys_at[code]
            spot.problem(
                "defined_twice",
                f"'{code}' is also written in {first.file}:{first.line}.",
                "Keep one of the two, or give this one another code.",
                of_key=True,
            )
        else:
            kept.put(code, entry, value.keys_at[code], value.values_at[code])
