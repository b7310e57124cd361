"""The page templates draw their sample values, in both languages, within the security policy."""

from __future__ import annotations

import ast
import hashlib
import re
from html.parser import HTMLParser

import pytest
from jinja2 import nodes

from tests.web.gallery.samples import (
    TEMPLATES,
    catalogue,
    context,
    drawn,
    drawn_block,
    environment,
    page_names,
    sample_values,
)

# Elements that have no end tag.
VOID = {"br", "col", "hr", "img", "input", "link", "meta", "source"}
# Blocks that an htmx request may ask for by the id of its target.
BLOCKS = [
    ("list", "more"), ("record", "feed"), ("record", "path"), ("form", "dialog"), ("form", "form"),
    ("pool", "more"), ("pool", "quota"), ("search", "found"), ("board", "main"), ("list", "main"),
]  # fmt: skip


class Shape(HTMLParser):
    """Reads a page and keeps what the tests ask about: nesting, ids, attributes, text."""

    def __init__(self, html: str) -> None:
        """Read `html` to its end."""
        super().__init__()
        self.open: list[str] = []
        self.wrong: list[str] = []
        self.ids: list[str] = []
        self.attributes: list[tuple[str, str, str | None]] = []
        self.scripts: list[dict[str, str | None]] = []
        self.icons: set[str] = set()
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Remember one element."""
        values = dict(attrs)
        if len(values) != len(attrs):
            self.wrong.append(f"<{tag}> has an attribute twice")
        if tag not in VOID:
            self.open.append(tag)
        if tag == "script":
            self.scripts.append(values)
        if (identity := values.get("id")) is not None:
            self.ids.append(identity)
        if tag == "use":
            self.icons.add((values.get("href") or "").partition("#")[2])
        self.attributes += [(tag, name, value) for name, value in attrs]

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Remember an element that closes itself."""
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        """Check that the innermost open element is the one that ends."""
        if not self.open or self.open[-1] != tag:
            self.wrong.append(f"</{tag}> ends nothing; open are {self.open[-3:]}")
        if tag in self.open:
            while self.open.pop() != tag:
                pass


def test_every_page_has_sample_values() -> None:
    pages = sample_values()["pages"]

    assert isinstance(pages, dict)
    assert sorted(pages) == page_names()


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("page", page_names())
def test_a_page_is_well_formed(page: str, language: str) -> None:
    shape = Shape(drawn(page, language))

    assert not shape.wrong
    assert not shape.open
    assert len(shape.ids) == len(set(shape.ids)), "an id stands twice"


@pytest.mark.parametrize("page", page_names())
def test_a_page_keeps_to_the_content_security_policy(page: str) -> None:
    shape = Shape(drawn(page))

    assert all(
        "src" in script or script.get("type") == "application/json" for script in shape.scripts
    )
    names = {name for _, name, _ in shape.attributes}
    assert "style" not in names
    assert not [name for name in names if name.startswith(("on", "hx-on"))]
    values = [value or "" for _, name, value in shape.attributes if name.startswith("hx-")]
    assert not [value for value in values if value.startswith(("js:", "javascript:"))]


@pytest.mark.parametrize(("page", "block"), BLOCKS)
def test_a_block_is_drawn_alone(page: str, block: str) -> None:
    html = drawn_block(page, block)

    assert html.strip()
    assert "<html" not in html


def test_a_record_with_all_facts_moves_on_at_a_press() -> None:
    values = context("record")
    stages = values["stages"]
    assert isinstance(stages, dict)
    ready = stages | {"gate": stages["gate"] | {"ready": True}}

    html = environment("en").get_template("pages/record.html").render(values | {"stages": ready})

    shape = Shape(html)
    assert ("button", "hx-vals", '{"to": "qualified"}') in shape.attributes
    assert ("button", "hx-post", "/o/lead/1/move") in shape.attributes


def test_every_icon_that_a_page_names_is_in_the_sprite() -> None:
    sprite = next((TEMPLATES / "static/dist").glob("icons.*.svg")).read_text("utf-8")
    known = set(re.findall(r'<symbol id="([^"]+)"', sprite))

    used = set().union(*(Shape(drawn(page)).icons for page in page_names()))

    assert used <= known


def test_the_built_files_are_made_of_the_present_sources() -> None:
    source = TEMPLATES / "src"
    files = [
        f"{folder}/{path.name}" for folder in ("css", "js") for path in (source / folder).iterdir()
    ]
    digest = hashlib.sha256()
    for name in sorted([*files, "build.mjs", "icons.txt", "package-lock.json"]):
        digest.update(f"{name}\0".encode() + (source / name).read_bytes())

    built_from = (TEMPLATES / "static/dist/sources.sha256").read_text("utf-8").strip()
    assert built_from == digest.hexdigest(), "run 'make assets'"


def test_every_text_of_a_template_has_a_chinese_one() -> None:
    texts: set[str] = set()
    for path in TEMPLATES.glob("*/*.html"):
        tree = environment("en").parse(path.read_text("utf-8"))
        for call in tree.find_all(nodes.Call):
            if isinstance(call.node, nodes.Name) and call.node.name in ("t", "tn"):
                key = call.args[call.node.name == "tn"]
                assert isinstance(key, nodes.Const), (
                    f"{path.name}:{call.lineno}: t() wants a plain text"
                )
                texts.add(key.value)

    assert texts <= set(catalogue())


def test_every_text_of_a_page_module_has_a_chinese_one() -> None:
    texts: set[str] = set()
    for path in (TEMPLATES.parent / "platform/fieldstone/web").rglob("*.py"):
        for call in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(call, ast.Call) and (key := text_said(call)) is not None:
                texts.add(key)

    assert texts <= set(catalogue())


def text_said(call: ast.Call) -> str | None:
    """Return the plain text that a call of t() or tn() says, if it is one."""
    called = call.func
    name = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")
    at = {"t": 0, "tn": 1}.get(name)
    if at is None or len(call.args) <= at:
        return None
    key = call.args[at]
    return key.value if isinstance(key, ast.Constant) and isinstance(key.value, str) else None


def test_a_translation_has_the_same_blanks_as_its_text() -> None:
    def blanks(text: str) -> list[str]:
        return sorted(re.findall(r"{\w+}", text))

    assert not [text for text, chinese in catalogue().items() if blanks(text) != blanks(chinese)]


@pytest.mark.parametrize("page", [name for name in page_names() if name != "login"])
def test_a_chinese_page_has_no_english_words_of_the_shell(page: str) -> None:
    html = drawn(page, "zh")

    english = [
        text for text in catalogue() if len(text) > 6 and "{" not in text and f">{text}<" in html
    ]
    assert not english
