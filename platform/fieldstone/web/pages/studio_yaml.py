"""The site's own documents as text, for those who prefer it; comments and order stay as they were typed."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, request

from fieldstone.web.asking import the_call
from fieldstone.web.pages import drawing
from fieldstone.web.pages.studio import tabs
from fieldstone.web.pages.studio_edits import Edits, changing_of
from fieldstone.web.pages.studio_plan import planned_page

PAGE = Blueprint("studio_yaml", __name__)
Drawn = dict[str, Any]


@PAGE.get("/studio/yaml")
def yaml_page() -> Response:
    """Show the documents of the site, and one of them to write in."""
    asked = the_call()
    _, documents = changing_of(asked).current(asked.ctx)
    files = {one.path: one.text for one in documents.site.documents}
    chosen = request.args.get("file", "") or next(iter(files), "")
    context: Drawn = {
        "tabs": tabs(asked, "yaml"),
        "files": [
            {"path": path, "href": f"/studio/yaml?file={path}", "current": path == chosen}
            for path in files
        ],
        "file": chosen,
        "text": files.get(chosen, ""),
        "there": chosen in files,
        "below": [one.name for one in documents.templates],
    }
    return drawing.page(asked, "studio_yaml", context)


@PAGE.post("/studio/yaml")
def write_yaml() -> Response:
    """Plan a document of the site as it was typed; an empty one is taken away."""
    asked, given = the_call(), request.form
    changing_of(asked)
    file = given.get("file", "").strip()
    edits = Edits().write(file, given.get("text", "").replace("\r\n", "\n"))
    return planned_page(asked, edits, f"/studio/yaml?file={file}")
