"""The styles, scripts and letters that pages use, cached for ever by their hashed names."""

from __future__ import annotations

import gzip
import mimetypes
from functools import lru_cache
from pathlib import Path
from typing import Final

from flask import Blueprint, Response, abort, request

from fieldstone.base.shipped import shipped

PAGE = Blueprint("static_files", __name__)
FOR_EVER: Final = "public, max-age=31536000, immutable"
PACKED: Final = frozenset({".css", ".js", ".svg", ".txt"})
KINDS: Final = {".woff2": "font/woff2", ".js": "text/javascript", ".txt": "text/plain"}


@lru_cache(maxsize=64)
def _content(path: Path) -> tuple[bytes, bytes, str]:
    """Return a file as it is and packed (empty where that saves nothing), and its kind."""
    plain = path.read_bytes()
    kind = (
        KINDS.get(path.suffix) or mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    )
    text = f"{kind}; charset=utf-8" if path.suffix in PACKED else kind
    packed = gzip.compress(plain, 9, mtime=0) if path.suffix in PACKED else b""
    return plain, packed, text


@lru_cache(maxsize=1)
def _known() -> dict[str, Path]:
    """Return every file that may be asked for: a name that is not here leads nowhere."""
    root = shipped("ui_templates") / "static"
    return {str(p.relative_to(root).as_posix()): p for p in root.rglob("*") if p.is_file()}


@PAGE.get("/static/<path:name>")
def static_file(name: str) -> Response:
    """Return one file; packed for browsers that take it."""
    path = _known().get(name)
    if path is None:
        abort(404)
    plain, packed, kind = _content(path)
    takes = bool(packed) and "gzip" in request.headers.get("Accept-Encoding", "")
    response = Response(packed if takes else plain, content_type=kind)
    response.headers["Cache-Control"] = FOR_EVER
    if packed:
        response.headers["Vary"] = "Accept-Encoding"
    if takes:
        response.headers["Content-Encoding"] = "gzip"
    return response
