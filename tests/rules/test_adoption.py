"""What makes a scoring rule wait: other points and states do, other words do not."""

from __future__ import annotations

from pathlib import Path

import pytest

from fieldstone.rules.adoption import weighing
from tests.company import open_company, with_site

WORDS = """
rules:
  lead_scoring:
    label: {en: Points of leads, zh: 线索积分}
    in_flight: recompute
    items: {paid_channel: {label: {en: Ads, zh: 广告}}}
  lead_interest: {label: Interest}
"""
POINTS = """
rules:
  lead_scoring: {items: {paid_channel: {points: 11}}}
"""


@pytest.mark.parametrize(("site", "version"), [(WORDS, 1), (POINTS, 2)])
def test_only_an_edit_that_changes_points_is_a_version_that_waits(
    tmp_path: Path, site: str, version: int
) -> None:
    url = f"sqlite:///{tmp_path / 'fieldstone.db'}"
    before = open_company(url)
    assert before.model.rules["lead_scoring"].version == 1

    after = with_site(before, url, site)

    assert after.model.rules["lead_scoring"].version == version
    assert after.model.rules["lead_interest"].version == 1
    after.storage.close()


def test_an_item_that_is_called_label_still_counts() -> None:
    assert weighing({"items": {"label": {"points": 1}}}) == {"items": {"label": {"points": 1}}}
    assert weighing({"label": "Score", "items": [{"label": {"zh": "分"}, "points": 2}]}) == {
        "items": [{"points": 2}]
    }
