"""An industry template as a value: its manifest and its texts, read from a folder, an archive, or what is installed."""

from __future__ import annotations

import io
import re
import stat
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, Final

from packaging.specifiers import InvalidSpecifier, SpecifierSet

from fieldstone import __version__
from fieldstone.base.errors import MetadataError, Problem, RefusedError
from fieldstone.base.label import Label
from fieldstone.compiler.loading import FOLDERS
from fieldstone.compiler.problems import Problems, Spot
from fieldstone.compiler.reading import read
from fieldstone.compiler.schema_check import Shape
from fieldstone.compiler.tree import Document, Layer, plain

MANIFEST: Final = "plugin.yaml"
SAMPLES, TESTS, MAPPINGS = "sample_data", "tests", "mappings"
KNOWN: Final = (*FOLDERS, SAMPLES, TESTS, MAPPINGS)
LARGEST_ARCHIVE: Final = 10 * 1024 * 1024
LARGEST_FILE: Final = 2 * 1024 * 1024
LARGEST_WHOLE: Final = 40 * 1024 * 1024
MOST_FILES: Final = 1000
VERSION: Final = re.compile(r"(0|[1-9]\d{0,5})\.(0|[1-9]\d{0,5})\.(0|[1-9]\d{0,5})")
# What may lie beside the parts of a template and is left out.
REMARKS: Final = re.compile(r"(README|LICENSE|CHANGELOG)[\w.-]*|\.gitignore", re.IGNORECASE)
_TEXT: Final = {"type": "string", "minLength": 1, "maxLength": 2000}
_LABEL: Final = {
    "type": "object",
    "properties": {"en": _TEXT, "zh": _TEXT},
    "additionalProperties": False,
    "minProperties": 1,
}
SCHEMA: Final[Mapping[str, Any]] = {
    "type": "object",
    "required": ["name", "version", "label"],
    "properties": {
        "name": {"type": "string", "pattern": "^[a-z][a-z0-9_]{0,39}$"},
        "version": {"type": "string", "pattern": f"^{VERSION.pattern}$"},
        "needs": {
            "type": "object",
            "additionalProperties": _TEXT,
            "description": "fieldstone or another template: the versions it works with, such as '>=0.1'",
        },
        "languages": {"type": "array", "items": {"enum": ["en", "zh"]}},
        "label": _LABEL,
        "about": _LABEL,
        "icon": _TEXT,
    },
    "additionalProperties": False,
}


@dataclass(frozen=True)
class Package:
    """A template. `texts` are all of its documents by path, the manifest too."""

    name: str
    version: str
    label: Label
    about: Label
    icon: str
    needs: Mapping[str, str]
    languages: tuple[str, ...]
    texts: Mapping[str, str]

    @property
    def layer(self) -> Layer:
        """Return everything of it as it is kept with a revision."""
        return Layer(self.name, tuple(Document(p, t) for p, t in sorted(self.texts.items())))

    @property
    def configuring(self) -> Layer:
        """Return the documents that configure, without manifest, samples and tests."""
        documents = self.layer.documents
        return Layer(self.name, tuple(d for d in documents if d.path.partition("/")[0] in FOLDERS))

    def part(self, folder: str) -> tuple[Document, ...]:
        """Return the documents of one folder: "tests", "sample_data"."""
        return tuple(one for one in self.layer.documents if one.path.startswith(f"{folder}/"))

    def newer_than(self, version: str) -> bool:
        """Tell whether this is a later version."""
        return _numbers(self.version) > _numbers(version)

    def misses(self, installed: Mapping[str, str]) -> tuple[Problem, ...]:
        """Return what it needs and is not there; `installed` are the versions of templates by name."""
        there = {"fieldstone": __version__, **installed}
        return tuple(
            problem
            for name, wanted in self.needs.items()
            if (problem := _missing(self.name, name, wanted, there.get(name))) is not None
        )


def read_folder(folder: Path) -> Package:
    """Return the template in a folder. Raises RefusedError when it is none, MetadataError for what is wrong in it."""
    if not (folder / MANIFEST).is_file():
        text = f"there is no template in {str(folder)!r}: it holds no {MANIFEST}."
        cure = "Name a folder made by 'fieldstone template new', or a shipped template."
        raise RefusedError([Problem("no_template", "template", text, cure)])
    found: dict[str, bytes] = {}
    for file in sorted(folder.rglob("*")):
        path = file.relative_to(folder).as_posix()
        if file.is_symlink():
            raise RefusedError([_link(path)])
        if file.is_file() and "__pycache__" not in path:
            found[path] = file.read_bytes()
    return read_files(found)


def read_archive(content: bytes) -> Package:
    """Return the template in a zip archive.

    Paths that lead outside, links, code and what is too large are refused before anything is unpacked.
    """
    if len(content) > LARGEST_ARCHIVE:
        raise RefusedError([_too_large("the archive", LARGEST_ARCHIVE)], 413)
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = [one for one in archive.infolist() if not one.is_dir()]
            problems = tuple(_wrong_entries(entries))
            if problems:
                raise RefusedError(problems)
            found = {one.filename: archive.read(one) for one in entries}
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError, OSError, EOFError) as error:
        text = "this is no zip archive that can be read."
        cure = "Make one with 'fieldstone template pack DIR'."
        raise RefusedError([Problem("no_archive", "archive", text, cure)]) from error
    return read_files(_without_top(found))


def pack(package: Package) -> bytes:
    """Return the template as a zip archive; the same texts give the same bytes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, text in sorted(package.texts.items()):
            entry = zipfile.ZipInfo(f"{package.name}/{path}", (2020, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, text.encode())
    return buffer.getvalue()


def read_files(files: Mapping[str, bytes]) -> Package:
    """Return the template made of these files by path. Raises RefusedError or MetadataError with every problem."""
    problems: list[Problem] = []
    texts: dict[str, str] = {}
    for path, content in files.items():
        if REMARKS.fullmatch(path):
            continue
        if path != MANIFEST and not _is_part(path):
            problems.append(_no_part(path))
            continue
        try:
            texts[path] = content.decode("utf-8")
        except UnicodeDecodeError:
            text = "the file is not written in UTF-8."
            problems.append(Problem("not_utf8", f"{path}:1:1", text, "Save it as UTF-8."))
    if MANIFEST not in texts:
        text, cure = f"the template has no {MANIFEST}.", "It says name, version and label."
        problems.append(Problem("no_manifest", MANIFEST, text, cure))
    if problems:
        raise RefusedError(problems)
    return of_texts(texts)


def of_texts(texts: Mapping[str, str]) -> Package:
    """Return the template made of these texts by path. Raises MetadataError when its manifest is wrong."""
    problems = Problems()
    table = read("template", Document(MANIFEST, texts.get(MANIFEST, "")), problems)
    if table is not None and Shape(SCHEMA).check(Spot(problems, table, ""), table):
        _check_needs(Spot(problems, table, ""), table.get("needs", {}))
    problems.raise_if_any()
    if table is None:
        raise MetadataError(
            [Problem("empty", MANIFEST, "the manifest is empty.", "Write name, version and label.")]
        )
    said = plain(table)
    return Package(
        said["name"],
        said["version"],
        Label(**said["label"]),
        Label(**said.get("about", {"en": ""})),
        said.get("icon", "package"),
        said.get("needs", {}),
        tuple(said.get("languages", ())),
        dict(texts),
    )


def _check_needs(spot: Spot, needs: Mapping[str, str]) -> None:
    for name, wanted in needs.items():
        try:
            SpecifierSet(wanted)
        except InvalidSpecifier:
            spot.under("needs", name).problem(
                "bad_version",
                f"'{wanted}' says no versions.",
                "Write for example '>=0.1' or '>=1.2,<2'.",
            )


def _missing(who: str, name: str, wanted: str, there: str | None) -> Problem | None:
    if there is not None and SpecifierSet(wanted, prereleases=True).contains(there):
        return None
    found = f"version {there} is here" if there else "it is not here"
    text = f"{who} needs {name} {wanted}, and {found}."
    cure = "Upgrade Fieldstone." if name == "fieldstone" else f"Install or upgrade {name} first."
    return Problem("missing_need", f"needs.{name}", text, cure)


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


def _is_part(path: str) -> bool:
    pure = PurePosixPath(path)
    return pure.suffix in (".yaml", ".yml") and len(pure.parts) > 1 and pure.parts[0] in KNOWN


def _no_part(path: str) -> Problem:
    if path.endswith((".py", ".so", ".js", ".html", ".sh")):
        text = "a template that is installed into the database holds no code."
        cure = "Leave it out, or let the operator put the folder under plugins/ and name it in config.yaml."
        return Problem("code", path[:120], text, cure)
    cure = (
        f"A template has {MANIFEST} and YAML files under {', '.join(f'{one}/' for one in KNOWN)}."
    )
    return Problem("no_part", path[:120], "this is no part of a template.", cure)


def _wrong_entries(entries: list[zipfile.ZipInfo]) -> Iterable[Problem]:
    if len(entries) > MOST_FILES:
        text = f"the archive has more than {MOST_FILES} files."
        yield Problem("too_many", "archive", text, "Leave out what is no part of the template.")
        return
    if sum(one.file_size for one in entries) > LARGEST_WHOLE:
        yield _too_large("the unpacked archive", LARGEST_WHOLE)
    for one in entries:
        shown = one.filename[:120]
        if one.file_size > LARGEST_FILE:
            yield _too_large(shown, LARGEST_FILE)
        if stat.S_ISLNK(one.external_attr >> 16):
            yield _link(shown)
        if _leads_outside(one.filename):
            text = "this path leads out of the template."
            yield Problem(
                "bad_path", shown, text, "Pack the folder with 'fieldstone template pack'."
            )


def _leads_outside(path: str) -> bool:
    parts = path.split("/")
    return path.startswith("/") or "\\" in path or ":" in parts[0] or ".." in parts or "" in parts


def _without_top(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """Return files without the one folder that holds them all, if there is one."""
    tops = {path.partition("/")[0] for path in files}
    if len(tops) == 1 and MANIFEST not in files:
        return {path.partition("/")[2]: content for path, content in files.items()}
    return dict(files)


def _link(path: str) -> Problem:
    text = "this is a link, and links are not followed."
    return Problem("link", path[:120], text, "Put the file itself in its place.")


def _too_large(what: str, limit: int) -> Problem:
    text = f"{what} is larger than {limit // 1024 // 1024} MB."
    return Problem("too_large", "archive", text, "A template is made of small texts.")
