"""A small host for the page templates: real URLs, the strict policy, canned answers, no database."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from tests.web.gallery.samples import TEMPLATES, context, drawn, drawn_block, environment

POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
    "font-src 'self'; connect-src 'self'; object-src 'none'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'"
)
KINDS = {
    ".css": "text/css",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
    ".woff2": "font/woff2",
}
PAGES = {
    "/o/lead": "list", "/o/lead/board": "board",
    "/o/lead/calendar": "calendar", "/o/lead/1": "record", "/o/lead/new": "form",
    "/pools/east": "pool", "/tasks": "tasks", "/dashboards/leads": "dashboard", "/login": "login",
    "/imports": "imports", "/imports/2": "import_steps", "/": "home", "/denied": "denied", "/gone": "not_found",
    "/inbox": "inbox",
    "/tokens": "tokens",
}  # fmt: skip


class Answer(BaseHTTPRequestHandler):
    """Answers as the product would, and remembers what was posted."""

    posted: list[tuple[str, dict[str, list[str]]]] = []  # noqa: RUF012  shared by all requests on purpose

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def answer(self, body: str | bytes, status: int = 200, kind: str = "text/html; charset=utf-8",
               told: Mapping[str, object] | None = None) -> None:  # fmt: skip
        """Send one answer under the security policy."""
        data = body.encode() if isinstance(body, str) else body
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Security-Policy", POLICY)
        self.send_header("Content-Length", str(len(data)))
        if told is not None:
            self.send_header("HX-Trigger", json.dumps(told))
        self.end_headers()
        with suppress(BrokenPipeError, ConnectionResetError):  # the page went on without waiting
            self.wfile.write(data)

    def part(self, page: str, **changes: object) -> str:
        """Return a fragment page with some of its sample values changed."""
        template = environment("en").get_template(f"pages/{page}.html")
        return template.render(context(page) | changes)

    def do_GET(self) -> None:
        """Answer a file, a page, or the block that htmx asked for."""
        url = urlsplit(self.path)
        asked = {name: values[0] for name, values in parse_qs(url.query).items()}
        target = (self.headers.get("HX-Target") or "").partition("#")[2].replace("-", "_")
        if url.path.startswith("/static/"):
            file = TEMPLATES / url.path[1:]
            self.answer(file.read_bytes(), kind=KINDS[file.suffix])
        elif (fragment := self.fragment(url.path, asked, target)) is not None:
            self.answer(fragment)
        elif url.path in PAGES and target in ("main", "dialog", "form", "feed"):
            self.answer(drawn_block(PAGES[url.path], target))
        elif url.path in PAGES:
            shell = {"theme": asked.get("theme", "light"), "path": self.path}
            self.answer(drawn(PAGES[url.path], asked.get("lang", "en"), **shell))
        else:
            self.answer("", 404)

    def fragment(self, path: str, asked: Mapping[str, str], target: str) -> str | None:
        """Return what is no block of a page, or None."""
        found: str | None = None
        plain = {
            "options": path == "/o/lead/options",
            "place": path.endswith("/place"),
            "filter_words": "words" in asked,
            "filter_form": "filter_field" in asked,
        }
        if page := next((name for name, fits in plain.items() if fits), ""):
            found = self.part(page)
        elif path == "/search":
            found = drawn_block("search", "found")
        elif path.endswith("/move"):
            found = self.part("gate", move_url=path, problems=[])
        elif "/field/" in path:
            found = self.field("edit" if "edit" in asked else "view")
        elif target == "more":  # the last rows: nothing further to load
            found = drawn_block("list", "more").partition('<tr id="more"')[0]
        return found

    def field(self, mode: str, saved: str = "Logistics", errors: tuple[str, ...] = ()) -> str:
        """Return one field of a record, shown or edited."""
        f = {
            "name": "industry", "label": "Industry", "type": "text", "value": saved,
            "shown": {"type": "text", "text": saved}, "errors": list(errors),
        }  # fmt: skip
        return self.part("field", f=f, mode=mode, url="/o/lead/1/field/industry", stages=None)

    def do_POST(self) -> None:
        """Answer a write as the product would."""
        size = int(self.headers.get("Content-Length") or 0)
        values = parse_qs(self.rfile.read(size).decode("utf-8", "replace"), keep_blank_values=True)
        self.posted.append((self.path, values))
        if self.path.endswith("/move"):
            self.move(values)
        elif "/field/" in self.path:
            typed = values["industry"][0]
            wrong = typed == "wrong"
            errors = ("No such industry",) if wrong else ()
            self.answer(
                self.field("edit" if wrong else "view", typed, errors), 422 if wrong else 200
            )
        elif "/claim/" in self.path:
            self.answer(self.part("pool_row"), told={"toast": {"text": "Yours"}})
        elif self.path.endswith("/activity"):
            self.answer(drawn_block("record", "feed"))
        elif self.path == "/o/lead/new":
            self.answer(drawn_block("form", "dialog"), 422)
        else:
            self.answer("", 204)

    def move(self, values: Mapping[str, list[str]]) -> None:
        """Move a card, ask for what is missing, or refuse."""
        to = values["to"][0]
        if to == "qualified" and not any(values.get("decision_date", [])):
            self.answer(self.part("gate", move_url=self.path), 422)
        elif to == "contacted" and "/4/" in self.path:
            self.answer("", 409, told={"toast": {"text": "Mei moved it first", "tone": "bad"}})
        else:
            done = {"dialog-close": True, "toast": {"text": "Moved", "undo": "/undo"}}
            self.answer(self.part("moved"), told=done)


@contextmanager
def hosted() -> Iterator[str]:
    """Serve the gallery on a free port; give its address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
