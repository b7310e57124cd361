"""Renders page templates with the sample values of samples.yaml, in either language."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader
from jinja2_fragments import render_block
from ruamel.yaml import YAML

TEMPLATES = Path(__file__).parents[3] / "ui_templates"
HERE = Path(__file__).parent
LANGUAGES = {"en": "en", "zh": "zh-CN"}


@cache
def sample_values() -> dict[str, object]:
    """Return the whole of samples.yaml, texts still in both languages."""
    loaded: dict[str, object] = YAML(typ="safe").load((HERE / "samples.yaml").read_text("utf-8"))
    return loaded


@cache
def catalogue() -> dict[str, str]:
    """Return the Chinese text of every English one."""
    texts: dict[str, str] = {}
    for path in sorted((TEMPLATES / "translations").glob("zh*.json")):
        texts |= json.loads(path.read_text("utf-8"))
    return texts


def in_language(value: object, language: str) -> object:
    """Return `value` with every {en, zh} pair replaced by the text of one language."""
    if isinstance(value, Mapping):
        if set(value) and set(value) <= {"en", "zh"}:
            return value[language]
        return {key: in_language(part, language) for key, part in value.items()}
    if isinstance(value, list):
        return [in_language(part, language) for part in value]
    return value


def page_names() -> list[str]:
    """Return the page templates' names, each of which must have sample values."""
    return sorted(path.stem for path in (TEMPLATES / "pages").glob("*.html"))


@cache
def environment(language: str) -> Environment:
    """Return a template environment with the functions that the templates ask for."""
    manifest: dict[str, str] = json.loads(
        (TEMPLATES / "static/dist/manifest.json").read_text("utf-8")
    )
    texts = catalogue() if language == "zh" else {}

    def t(text: str, /, **values: object) -> str:
        shown = texts.get(text, text)
        return shown.format_map(values) if values else shown  # the page's own scripts fill some

    def tn(one: str, many: str, n: int, /, **values: object) -> str:
        return t(many if n != 1 or language == "zh" else one, n=n, **values)

    made = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, trim_blocks=True, lstrip_blocks=True
    )
    made.globals.update(t=t, tn=tn, asset=lambda name: f"/static/dist/{manifest[name]}")
    return made


def context(page: str, language: str = "en", **changes: object) -> dict[str, object]:
    """Return the sample context of one page, with `changes` put in its shell."""
    everything = in_language(sample_values(), language)
    assert isinstance(everything, dict)
    shell = everything["shell"] | {"lang": LANGUAGES[language]} | changes
    return {"shell": shell, **everything["pages"][page]}


def drawn(page: str, language: str = "en", **changes: object) -> str:
    """Return the HTML of one page."""
    template = environment(language).get_template(f"pages/{page}.html")
    return template.render(context(page, language, **changes))


def drawn_block(page: str, block: str, language: str = "en") -> str:
    """Return the HTML of one block, as an htmx request gets it."""
    return render_block(environment(language), f"pages/{page}.html", block, context(page, language))
