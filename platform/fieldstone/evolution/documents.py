"""The documents of one revision: the templates installed in the database, and above them the site's own."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final, Self

from fieldstone.base.errors import Problem, RefusedError
from fieldstone.compiler import editing
from fieldstone.compiler.loading import FOLDERS
from fieldstone.compiler.tree import Document, Layer
from fieldstone.storage.revisions import Text

SITE: Final = "site"
OBJECTS: Final = "objects"
# Where a part goes that no document holds yet; objects have a document each.
HOMES: Final[Mapping[str, str]] = {
    "rules": "rules/rules.yaml",
    "reports": "reports/reports.yaml",
    "roles": "metadata/site.yaml",
    "nav": "metadata/site.yaml",
    "options": "metadata/site.yaml",
    "calendars": "metadata/site.yaml",
    "default_calendar": "metadata/site.yaml",
}
RENAMED: Final = frozenset({"fields", "options", "stages", "pipelines", "views", "sections"})
"""The maps of an object whose entries may get another code: all that names them follows."""
NAMED: Final = frozenset({"rules", "roles", "reports"})
"""The parts of the site whose entries may get another code."""
WITH_ALIAS: Final = frozenset({"fields", "pipelines", "views", "rules", "reports"})
_FILE: Final = re.compile(r"(metadata|rules|reports)/([a-z0-9_-]+/)*[a-z0-9_-]+\.ya?ml")
Path = Sequence[str]
"""Where a setting stands: ("objects", "lead", "fields", "budget", "required") or ("rules", "first_call", "within")."""


@dataclass(frozen=True)
class Documents:
    """What is stored of one revision; `layers` lowest first, the site's own last. Values: nothing changes it."""

    layers: tuple[Layer, ...] = (Layer(SITE, ()),)

    @classmethod
    def of_texts(cls, texts: Iterable[Text]) -> Self:
        """Return the documents kept in the database."""
        layers: dict[str, list[Document]] = {}
        for one in texts:
            layers.setdefault(one.layer, []).append(Document(one.path, one.text))
        site = layers.pop(SITE, [])
        found = [Layer(name, tuple(documents)) for name, documents in layers.items()]
        return cls((*found, Layer(SITE, tuple(site))))

    def texts(self) -> tuple[Text, ...]:
        """Return the documents as the database keeps them."""
        return tuple(
            Text(layer.name, one.path, place, one.text)
            for place, layer in enumerate(self.layers)
            for one in layer.documents
        )

    @property
    def site(self) -> Layer:
        """Return the site's own layer."""
        return self.layers[-1]

    @property
    def templates(self) -> tuple[Layer, ...]:
        """Return the installed templates, lowest first, with all that belongs to them."""
        return self.layers[:-1]

    @property
    def configuring(self) -> tuple[Layer, ...]:
        """Return the installed templates with the documents that configure, without manifests, samples and tests."""
        return tuple(
            Layer(
                one.name,
                tuple(d for d in one.documents if d.path.partition("/")[0] in FOLDERS),
            )
            for one in self.templates
        )

    def text(self, path: str) -> str:
        """Return the site's document at a path of a file, "" when there is none."""
        return next((one.text for one in self.site.documents if one.path == path), "")

    def with_text(self, path: str, text: str) -> Self:
        """Return the documents with the site's file `path` holding `text`; an empty one is left out.

        Raises RefusedError for a path outside the folders of metadata, rules and reports.
        """
        if not _FILE.fullmatch(path):
            said = f"{path[:60]!r} cannot be a document of the site."
            cure = "Write metadata/NAME.yaml, rules/NAME.yaml or reports/NAME.yaml."
            raise RefusedError([Problem("bad_path", "documents", said, cure)])
        kept = {one.path: one.text for one in self.site.documents} | {path: text}
        documents = tuple(Document(p, t) for p, t in sorted(kept.items()) if t.strip())
        return replace(self, layers=(*self.templates, Layer(SITE, documents)))

    def with_site(self, documents: Iterable[Document]) -> Self:
        """Return the documents with another site layer as a whole."""
        return replace(self, layers=(*self.templates, Layer(SITE, tuple(documents))))

    def with_templates(self, templates: Iterable[Layer]) -> Self:
        """Return the documents with other templates under the same site layer."""
        return replace(self, layers=(*templates, self.site))

    def value(self, path: Path) -> tuple[object, bool]:
        """Return what the site's own layer says at `path`, and whether it says anything."""
        file, inside = self._place(path)
        return editing.value_in(self.text(file), inside)

    def with_value(self, path: Path, value: object) -> Self:
        """Return the documents with a setting changed; None takes away what a lower layer says.

        The value of a whole object ("objects", "visit") is its document, None is no document.
        """
        file, inside = self._place(path)
        if not inside:
            if value is None and not self.text(file):
                raise _not_its_own(path[1])
            whole = {"object": path[1], **value} if isinstance(value, Mapping) else {}
            return self.with_text(file, editing.written(whole))
        text = self.text(file)
        if path[0] == OBJECTS and not text:
            text = f"object: {path[1]}\n"
        return self.with_text(file, editing.with_value(text, inside, value))

    def without(self, path: Path) -> Self:
        """Return the documents silent about a setting, so that the lower layers' holds: reset to template."""
        file, inside = self._place(path)
        if not inside:
            return self.with_text(file, "")
        changed = editing.without(self.text(file), inside)
        if path[0] == OBJECTS and set(_keys(changed)) <= {"object"}:
            changed = ""
        return self.with_text(file, changed)

    def renamed(self, path: Path, key: str, until: date | None = None) -> Self:
        """Return the documents in which an object, a part of one, a rule, a role or a report has the code `key`.

        It remembers its earlier code, by which the database and the layers below know it, and programs until the
        day `until`, or for ever. Raises RefusedError for what keeps its code.
        """
        if key == path[-1]:
            return self
        if not _may_be_renamed(path):
            raise _keeps_its_code(path)
        file, inside = self._place(path)
        if not inside:
            return self._renamed_object(file, path, key, until)
        text = self.text(file)
        earlier = _earlier(text, (*inside, "renamed_from"), path[-1])
        if editing.value_in(text, inside)[1]:
            text = editing.renamed_key(text, inside, key)
        found = self.with_text(file, text).with_value((*path[:-1], key, "renamed_from"), earlier)
        if until is None or path[-2] not in WITH_ALIAS:
            return found
        return found.with_value((*path[:-1], key, "alias_until"), until.isoformat())

    def _renamed_object(self, file: str, path: Path, key: str, until: date | None) -> Self:
        text = self.text(file)
        earlier = _earlier(text, ("renamed_from",), path[1])
        text = editing.with_value(text, ("object",), key)
        if until is not None:
            text = editing.with_value(text, ("alias_until",), until.isoformat())
        return self.with_text(file, editing.with_value(text, ("renamed_from",), earlier))

    def _place(self, path: Path) -> tuple[str, tuple[str, ...]]:
        """Return the file that holds a path, and the path inside it."""
        part, *rest = path
        if part == OBJECTS and rest:
            return self._file_of(rest[0]), tuple(rest[1:])
        if part not in HOMES:
            known = ", ".join((OBJECTS, *HOMES))
            text = f"a setting begins with {part!r}, which is no part of a configuration."
            raise RefusedError([Problem("bad_path", "path", text, f"Begin with one of: {known}.")])
        for document in self.site.documents:
            if (
                "object" not in _keys(document.text)
                and editing.value_in(document.text, path[:2])[1]
            ):
                return document.path, tuple(path)
        return HOMES[part], tuple(path)

    def _file_of(self, object_name: str) -> str:
        for document in self.site.documents:
            if editing.value_in(document.text, ("object",))[0] == object_name:
                return document.path
        return f"metadata/{object_name}.yaml"


def _may_be_renamed(path: Path) -> bool:
    """Tell whether something is followed to a new code: an object, a part of one, a rule, a role, a report."""
    if path[0] == OBJECTS:
        section = tuple(path[2:4]) == ("forms", "default") and len(path) > 4  # noqa: PLR2004 - of a form
        return len(path) == 2 or section or path[-2] in RENAMED  # noqa: PLR2004 - the object itself
    if path[0] in NAMED:
        return len(path) == 2  # noqa: PLR2004 - the entry itself
    return path[0] == "options" and len(path) == 3  # noqa: PLR2004 - one of a shared set


def _keeps_its_code(path: Path) -> RefusedError:
    text = f"'{path[-1]}' of {path[-2] if path[1:] else 'the site'} keeps its code; objects, fields, options, stages, pipelines, views, sections, rules, roles and reports may get another."
    return RefusedError([Problem("keeps_its_code", "rename", text, "Change its label instead.")])


def _not_its_own(object_name: str) -> RefusedError:
    text = f"the site's own layer says nothing about {object_name[:80]!r}; a lower layer brings it."
    cure = (
        f"Set objects.{object_name[:80]}.archived to true: nobody reaches it, its records are kept."
    )
    return RefusedError([Problem("not_its_own", "path", text, cure)])


def _keys(text: str) -> Iterable[str]:
    found, _ = editing.value_in(text, ())
    return found if isinstance(found, dict) else ()


def _earlier(text: str, path: Path, code: str) -> str | list[str]:
    """Return the codes that a thing had, `code` the last of them, as `renamed_from` holds them."""
    kept, _ = editing.value_in(text, path)
    known = [kept] if isinstance(kept, str) else list(kept) if isinstance(kept, list) else []
    return [*known, code] if known else code
