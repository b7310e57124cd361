"""Holds every command to its contract."""

from __future__ import annotations

from argparse import ArgumentParser

import pytest

from fieldstone.cli import commands
from fieldstone.cli.finding import commands_in

COMMANDS = commands_in(commands)


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_it_has_a_sentence_that_fits_the_overview(name: str) -> None:
    summary = COMMANDS[name].summary

    assert summary[0].islower()
    assert not summary.endswith(".")
    assert len(summary) < 64


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_it_declares_its_arguments(name: str) -> None:
    parser = ArgumentParser(prog=name)

    COMMANDS[name].arguments(parser)

    assert parser.format_help()
