"""Every channel keeps the contract: a name that effects use, labels in both languages, a page."""

from __future__ import annotations

import pytest

import fieldstone.delivery
from fieldstone.extensions.builtin import members
from fieldstone.rules.notices import CHANNELS as RULE_CHANNELS
from tests.builders import ROOT

CHANNELS = members(fieldstone.delivery, "CHANNEL")


def test_the_channels_of_the_first_version_are_there() -> None:
    assert set(CHANNELS) >= {"in_page", "email", "webhook"}
    assert set(CHANNELS) <= set(RULE_CHANNELS)


@pytest.mark.parametrize("name", CHANNELS)
def test_a_channel_has_a_name_a_label_in_both_languages_and_a_page(name: str) -> None:
    channel = CHANNELS[name]

    assert channel.name == name
    assert channel.label.en
    assert channel.label.text("zh")
    assert isinstance(channel.internal, bool)
    page = (ROOT / "docs" / "delivery" / f"{name}.md").read_text("utf-8")
    assert page.startswith(f"# {name}\n")
    assert "## When it does not get through" in page
