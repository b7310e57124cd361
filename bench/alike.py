"""Proves that the servers that are compared answer the same, before anybody counts how fast they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from bench.asking import answer_of
from bench.ground import STAGES, Ground

# Made anew by each server for each new lead.
OF_ITS_OWN = frozenset({"id", "created_at", "updated_at", "owned_at", "stage_entered_at", "owner"})
# What the core comes to fill in by itself later, the handler does not know: only what it set is compared.
SAMPLE = 50


def prove_alike(
    ports: Mapping[str, int], ground: Ground, new: Sequence[Mapping[str, object]]
) -> str:
    """Return what was compared. Raises AssertionError at the first difference."""
    for record_id in ground.ids[:SAMPLE]:
        _same(ports, ground, f"/api/v1/lead/{record_id}")
    for stage in STAGES:
        filtered = quote(f"stage == {stage!r}")
        _same(ports, ground, f"/api/v1/lead?filter={filtered}&sort=-created_at&limit=50")
    by_hand, ours = (
        answer_of(ports[who], "/api/v1/lead", ground.token, body)["data"]
        for who, body in (("floor", new[0]), ("small", {**new[0], **_unlike(new[1])}))
    )
    known = {code for code, value in by_hand.items() if value is not None}
    for code in known - OF_ITS_OWN - _unlike(new[1]).keys():
        assert by_hand[code] == ours[code], (code, by_hand[code], ours[code])
    assert by_hand["owner"], "the handler gave the lead to nobody"
    assert ours["owner"], "the site gave the lead to nobody"
    for who in ("floor", "small"):
        again = answer_of(ports[who], "/api/v1/lead", ground.token, new[0])
        assert again.get("warnings"), f"{who} found no duplicate"
    return f"{SAMPLE} of get, {len(STAGES)} of list; a create, and both find its duplicate"


def _unlike(lead: Mapping[str, object]) -> dict[str, object]:
    """Return other keys, so that the second create is no duplicate of the first."""
    return {code: lead[code] for code in ("mobile", "email")}


def _same(ports: Mapping[str, int], ground: Ground, path: str) -> None:
    by_hand, ours = (answer_of(ports[who], path, ground.token) for who in ("floor", "ours"))
    assert _bare(by_hand) == _bare(ours), (path, by_hand, ours)


def _bare(answer: Mapping[str, Any]) -> object:
    """Return the data, and whether there is a next page: where it begins each server writes its own way."""
    page = answer.get("page")
    return answer["data"], page and bool(page["next"])
