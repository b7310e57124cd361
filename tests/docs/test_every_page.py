"""Whatever can be added has its page, every page is linked, and every link leads somewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from fieldstone import actions, delivery, fieldtypes, rules
from fieldstone.cli import commands
from fieldstone.cli.finding import commands_in
from fieldstone.extensions.builtin import members

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
COMMANDS = commands_in(commands)
MEMBERS = {
    "fieldtypes": set(members(fieldtypes, "TYPE")),
    "rules": set(members(rules, "KIND")),
    "actions": set(members(actions, "ACTION")),
    "delivery": set(members(delivery, "CHANNEL")),
    "commands": set(COMMANDS),
}
PAGES = sorted(
    [*ROOT.glob("*.md"), *DOCS.rglob("*.md"), ROOT / "ui_templates" / "README.md"],
    key=lambda path: path.as_posix(),
)
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("folder", sorted(MEMBERS))
def test_everything_that_can_be_added_has_its_page(folder: str) -> None:
    pages = {path.stem for path in (DOCS / folder).glob("*.md")} - {"README"}

    assert pages == MEMBERS[folder]


@pytest.mark.parametrize("folder", sorted(set(MEMBERS) - {"fieldtypes"}))
def test_the_index_leads_to_every_page(folder: str) -> None:
    index = (DOCS / "README.md").read_text("utf-8")

    assert [name for name in MEMBERS[folder] if f"({folder}/{name}.md)" not in index] == []


def anchors(path: Path) -> set[str]:
    heads = re.findall(r"^#+ (.+)$", FENCE.sub("", path.read_text("utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_link_leads_somewhere(page: Path) -> None:
    broken = []
    for link in LINK.findall(FENCE.sub("", page.read_text("utf-8"))):
        place, _, anchor = link.partition("#")
        if "://" in link or link.startswith("mailto:"):
            continue
        target = (page.parent / place).resolve() if place else page
        if not target.exists() or (anchor and anchor not in anchors(target)):
            broken.append(link)

    assert broken == []


@pytest.mark.parametrize("name", sorted(MEMBERS["actions"]))
def test_the_page_of_an_action_tells_of_every_parameter(name: str) -> None:
    page = (DOCS / "actions" / f"{name}.md").read_text("utf-8")
    schema = members(actions, "ACTION")[name].schema

    assert [one for one in schema["properties"] if f"| `{one}` |" not in page] == []
    assert f"actions/{name}" in page


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_the_page_of_a_command_tells_of_every_argument(name: str) -> None:
    from argparse import ArgumentParser

    parser = ArgumentParser(prog=name, add_help=False)
    COMMANDS[name].arguments(parser)
    page = (DOCS / "commands" / f"{name}.md").read_text("utf-8")
    usage = page.split("```", 2)[1]

    assert [one for one in _options(parser) if one not in usage] == []
    assert f"fieldstone {name}" in usage
    assert "Exit codes: " in page


def _options(parser: object) -> set[str]:
    """Return the options and verbs of a parser and of what stands under it."""
    found: set[str] = set()
    for action in parser._actions:  # type: ignore[attr-defined] # argparse tells of its arguments nowhere else
        found |= {one for one in action.option_strings if one.startswith("--") and one != "--help"}
        if isinstance(action.choices, dict):
            for verb, under in action.choices.items():
                found |= {verb, *_options(under)}
    return found
