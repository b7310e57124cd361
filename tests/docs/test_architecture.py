"""docs/ARCHITECTURE.md is one page, and what it says of floors and steps is so."""

import re
from configparser import ConfigParser
from pathlib import Path

from fieldstone.writes.unit import STEPS

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs/ARCHITECTURE.md").read_text("utf-8")
A_PAGE = 60  # lines of at most 140 characters


def test_it_is_one_page() -> None:
    lines = TEXT.splitlines()

    assert len(lines) <= A_PAGE
    assert max(map(len, lines)) <= 140


def test_it_draws_the_floors_that_are_checked() -> None:
    setup = ConfigParser()
    setup.read(ROOT / "setup.cfg", "utf-8")
    (written,) = (part["layers"] for part in setup.values() if "layers" in part)
    floors = [line.strip(" ()") for line in written.splitlines() if line.strip()]
    drawing = TEXT.split("```")[1].strip().splitlines()
    drawn = [re.split(r" {2,}", line)[0].strip() for line in drawing]

    assert drawn == [floor for floor in floors if floor != "__main__"]


def test_it_names_the_steps_of_a_write_in_order() -> None:
    write = TEXT.split("## A write")[1].split("\n## ")[0].split(":", 1)[1]
    steps = [step.__name__ for step in STEPS]

    assert [word for word in re.findall(r"`(\w+)`", write) if word in steps] == steps


def test_what_it_names_is_there() -> None:
    folders = re.findall(r"`([a-z_/]+/)`", TEXT)
    files = re.findall(r"`([a-z_/]+\.py)`", TEXT)

    assert folders
    assert [one for one in folders if not (ROOT / one).is_dir()] == []
    assert [one for one in files if not (ROOT / "platform/fieldstone" / one).is_file()] == []
