"""The fields that every object has without being told: owner, who and when, pool, stage, activity."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from fieldstone.base.label import Label, label_of
from fieldstone.compiler.outline import Outline, Words
from fieldstone.compiler.words import label_from
from fieldstone.fieldtypes.contract import Option
from fieldstone.model.objects import Field

LABELS = {
    "owner": Label("Owner", "负责人"),
    "owned_at": Label("Owned since", "分配时间"),
    "pool": Label("Pool", "所在公海"),
    "stage_entered_at": Label("In stage since", "进入阶段时间"),
    "last_activity_at": Label("Last activity", "最近跟进时间"),
    "created_at": Label("Created at", "创建时间"),
    "created_by": Label("Created by", "创建人"),
    "updated_at": Label("Updated at", "更新时间"),
    "updated_by": Label("Updated by", "更新人"),
    "parent": Label("Belongs to", "所属记录"),
    "position": Label("Line", "行号"),
}
# Names that the platform gives to columns or to parts of answers.
CHILD_ONLY = frozenset({"parent", "position"})
TAKEN = frozenset({*LABELS, "id", "version", "deleted_at", "deleted_by"})


def _field(words: Words, code: str, type_name: str, **settings: object) -> Field:
    return Field(
        code,
        LABELS[code],
        words.type(type_name, **settings),
        column=code,
        system=True,
        read_only=code != "owner",
    )


def ownership(raw: Mapping[str, Any]) -> tuple[str, tuple[str, ...]]:
    """Return whether records have an owner (required, optional, none) and the pools they may lie in."""
    settings = raw.get("ownership")
    if not isinstance(settings, Mapping):
        return "none", ()
    pools = settings.get("pools", [])
    named = (
        tuple(pool for pool in pools if isinstance(pool, str)) if isinstance(pools, list) else ()
    )
    owned = settings.get("owner", "optional")
    return (owned if owned in {"required", "optional", "none"} else "optional"), named


def add_system_fields(outline: Outline, words: Words, pools: Mapping[str, Option]) -> None:
    """Give an object the system fields that make sense for it; `pools` are the declared ones."""
    fields = outline.fields
    owned, named = ownership(outline.raw)
    if owned != "none":
        named_so = outline.raw["ownership"].get("label")
        owner = _field(words, "owner", "user")
        fields["owner"] = replace(owner, label=label_from(named_so, owner.label))
        fields["owned_at"] = _field(words, "owned_at", "datetime")
    if named:
        options = {pool: pools.get(pool) or Option(pool, label_of(pool)) for pool in named}
        fields["pool"] = _field(words, "pool", "select", options=options)
    if "stages" in outline.raw:
        fields["stage_entered_at"] = _field(words, "stage_entered_at", "datetime")
    if outline.raw.get("timeline") is True:
        fields["last_activity_at"] = _field(words, "last_activity_at", "datetime")
    for code, kind in (
        ("created_at", "datetime"),
        ("created_by", "user"),
        ("updated_at", "datetime"),
        ("updated_by", "user"),
    ):
        fields[code] = _field(words, code, kind)


def add_child_fields(outline: Outline, words: Words, parent: str) -> None:
    """Give child rows their parent and their place among its rows."""
    outline.fields["parent"] = Field(
        "parent",
        LABELS["parent"],
        words.type("lookup", to=parent),
        column="parent",
        system=True,
        required=True,
    )
    outline.fields["position"] = _field(words, "position", "integer")
