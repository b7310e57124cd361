"""What a chart counts, said with it: which records, whose days, and whose owner."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fieldstone.base.label import Label
from fieldstone.model.objects import ObjectType
from fieldstone.reports.every_source import SOURCES

Settings = Mapping[str, Any]


def basis_of(spec: ObjectType, day: str, zone: str, settings: Settings) -> Label:
    """Return the sentence below a chart: population, time zone, owner."""
    parts = [
        _population(spec, day, settings),
        *_known_so_far(settings),
        *_owner(settings),
        *_money(settings),
        _zone(zone),
    ]
    return Label(
        " · ".join(part.en for part in parts), " · ".join(part.text("zh") for part in parts)
    )


def _population(spec: ObjectType, day: str, settings: Settings) -> Label:
    plural = spec.plural.text("en").lower(), spec.plural.text("zh")
    if settings.get("count") == "as_of":
        return Label(
            f"{plural[0]} of all time, as they stood when the period ended, or now",
            f"全部{plural[1]}，截至期末（或当前）的状态",
        )
    if settings.get("names"):
        return Label("by the dates of its own records, in the period", "按各自记录的日期落在本期")
    if counts_events(settings):
        return Label(
            f"what happened to {plural[0]} in the period, each counted once",
            f"本期内发生的变化，每条{plural[1]}只计一次",
        )
    field = spec.fields.get(day)
    english = field.label.text("en").lower() if field is not None else day
    chinese = field.label.text("zh") if field is not None else day
    return Label(f"{plural[0]} by {english}, in the period", f"按{chinese}落在本期的{plural[1]}")


def counts_events(settings: Settings) -> bool:
    """Tell whether all figures count what happened in the period, whenever the records were made."""
    figures = [one for one in settings.get("figures", {}).values() if not _ratio(one)]
    counted = [one for one in figures if {"other", "borne"}.isdisjoint(one)]
    return bool(counted) and all(
        "event" in one or "credited" in one.get("quantile", {}) for one in counted
    )


def _ratio(figure: Settings) -> bool:
    return not {"share", "each", "return"}.isdisjoint(figure)


def _owner(settings: Settings) -> list[Label]:
    if settings.get("group") != "owner":
        return []
    figures = settings.get("figures", {}).values()
    if any(not SOURCES.keys().isdisjoint(one) and "event" in one for one in figures):
        return [Label("by the owner at that moment", "按当时的负责人")]
    return [Label("by the present owner", "按当前负责人")]


def _known_so_far(settings: Settings) -> list[Label]:
    if settings.get("kind") != "survival":
        return []
    return [
        Label(
            "who has not converted counts for as long as known (Kaplan-Meier)",
            "未转化的按已观察时长计入（Kaplan-Meier）",
        )
    ]


def _money(settings: Settings) -> list[Label]:
    """Say how costs are cut to the period, and that revenue is counted by its deals."""
    every = settings.get("figures", {}).values()
    others = [one["other"] for one in every if "other" in one]
    said = []
    if any("borne" in one for one in every):
        said.append(
            Label(
                "costs in equal parts over the leads of their channel or campaign",
                "成本按其渠道或活动的线索平均分摊",
            )
        )
    if any("spread" in one for one in others):
        said.append(Label("costs by their days in the period", "成本按本期天数分摊"))
    if any("credited" in one for one in others):
        said.append(Label("deals by whoever had them when they closed", "商机归于关闭时的负责人"))
    elif any("spread" not in one and "date" in one for one in others):
        said.append(
            Label("each deal once, with the lead it came from", "每笔商机只计一次，归于来源线索")
        )
    return said


def _zone(zone: str) -> Label:
    return Label(f"days of {zone}", f"时区 {zone}")
