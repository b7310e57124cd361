"""The site's layer as files for git, and files as the site's layer."""

from __future__ import annotations

from pathlib import Path

from fieldstone.base.errors import Problem, RefusedError
from fieldstone.compiler.loading import FOLDERS, read_layer
from fieldstone.compiler.tree import Document
from fieldstone.evolution.documents import SITE, Documents


def export(documents: Documents, folder: Path) -> tuple[Path, ...]:
    """Write the site's documents below `folder` and return the files; what lies there and is gone is deleted.

    Only YAML files under metadata/, rules/ and reports/ are touched.
    """
    wanted = {folder / one.path: one.text for one in documents.site.documents}
    for part in FOLDERS:
        for file in (folder / part).rglob("*.y*ml"):
            if file not in wanted and file.is_file():
                file.unlink()
    for file, text in wanted.items():
        file.parent.mkdir(parents=True, exist_ok=True)
        if not file.is_file() or file.read_text("utf-8") != text:
            file.write_text(text, "utf-8")
    return tuple(sorted(wanted))


def read_site(folder: Path) -> tuple[Document, ...]:
    """Return the documents of a folder. Raises RefusedError when it is none, MetadataError for what cannot be read."""
    if not folder.is_dir():
        text = f"there is no folder {str(folder)!r}."
        cure = "Name one that 'fieldstone export DIR' wrote, or make it."
        raise RefusedError([Problem("no_folder", "DIR", text, cure)])
    return tuple(read_layer(SITE, folder).documents)
