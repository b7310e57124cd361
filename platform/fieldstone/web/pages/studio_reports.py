"""A first report in the studio: which object, what is counted or summed, by what it is split; YAML goes on from there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from flask import Blueprint, Response, request
from werkzeug.datastructures import MultiDict

from fieldstone.base.names import is_code
from fieldstone.model.objects import ObjectType
from fieldstone.web.asking import Asked, the_call
from fieldstone.web.i18n import speech
from fieldstone.web.pages import drawing
from fieldstone.web.pages.studio import tabs
from fieldstone.web.pages.studio_edits import Edits, changing_of, effective_of
from fieldstone.web.pages.studio_lines import code_from, spoken
from fieldstone.web.pages.studio_own import taken_away
from fieldstone.web.pages.studio_parts import REPORTS, part_of
from fieldstone.web.pages.studio_plan import planned_page

PAGE = Blueprint("studio_reports", __name__)
Drawn = dict[str, Any]
COUNT: Final = "count"
SUMMED: Final = frozenset({"currency", "integer", "decimal"})
SPLIT: Final = frozenset({"select", "lookup", "user", "boolean"})
FUNNEL, TREND = "funnel", "trend"


@PAGE.get("/studio/reports")
def reports_page() -> Response:
    """Show the reports there are, and the form of a new one; another object draws the form anew."""
    return _page(the_call(), request.args, {})


@PAGE.post("/studio/reports")
def make_report() -> Response:
    """Plan a dashboard over one object."""
    asked, given = the_call(), request.form
    changing_of(asked)
    t, spec = speech(asked.language).t, _object(asked, given)
    label = {one: " ".join(given.get(one, "").split()) for one in ("en", "zh")}
    label = spoken({one: text for one, text in label.items() if text})
    taken = effective_of(asked).value(("reports",)) or {}
    code = code_from(label.get("en", "") or "", list(taken))
    if not is_code(code):
        return _page(asked, given, {"en": t("Give it a name.")})
    value = {
        "kind": "dashboard",
        "label": label,
        "icon": spec.icon or "box",
        "object": spec.code,
        "date": "created_at",
        "period": "last_365",
        "figures": _figures(asked, spec, given),
        "charts": _charts(asked, spec, given),
    }
    return planned_page(asked, Edits().set(("reports", code), value), f"/dashboards/{code}")


def _object(asked: Asked, given: Mapping[str, str]) -> ObjectType:
    """Return the object to report on: the one named, else the newest one of this site, else the first."""
    listed = _objects(asked)
    own = [one for one in listed if one.origin.layer == "site"]
    wanted = [one for one in listed if one.code == given.get("object", "")]
    return (wanted or own[-1:] or listed)[0]


def _objects(asked: Asked) -> list[ObjectType]:
    return [one for one in asked.model.objects.values() if one.parent is None]


def _figures(asked: Asked, spec: ObjectType, given: Mapping[str, str]) -> Drawn:
    """Return how many there are, and the sum of a field."""
    plural = {"en": spec.plural.text("en"), "zh": spec.plural.text("zh")}
    found: Drawn = {COUNT: {"label": plural, "measure": "count()", "good": "up"}}
    field = spec.fields.get(given.get("measure", ""))
    if field is not None and field.type.name in SUMMED:
        summed = {"label": {"en": field.label.text("en"), "zh": field.label.text("zh")}}
        money = {"format": "money"} if field.type.name == "currency" else {}
        found[field.code] = {**summed, "measure": f"sum({field.code})", **money}
    return found


def _charts(asked: Asked, spec: ObjectType, given: MultiDict[str, str]) -> Drawn:
    """Return the charts that were chosen: the funnel, month by month, and by a field."""
    figures = _figures(asked, spec, given)
    plain = {name: {k: v for k, v in one.items() if k != "good"} for name, one in figures.items()}
    found: Drawn = {}
    shown = given.getlist("charts")
    if FUNNEL in shown and spec.pipelines:
        label = {"en": "Funnel", "zh": "漏斗"}
        found["funnel"] = {"kind": "funnel", "label": label, "count": "reached", "wide": 6}
    if TREND in shown:
        label = {"en": "Month by month", "zh": "按月"}
        found["trend"] = {"kind": "columns", "label": label, "wide": 6, "figures": {COUNT: plain[COUNT]}}  # fmt: skip
    field = spec.fields.get(given.get("group", ""))
    if field is not None and field.type.name in SPLIT:
        label = {"en": f"By {field.label.text('en').lower()}", "zh": f"按{field.label.text('zh')}"}
        found["split"] = {"kind": "bars", "label": label, "wide": 6, "group": field.code, "figures": plain}  # fmt: skip
    return found


def _page(asked: Asked, given: MultiDict[str, str], errors: Mapping[str, str]) -> Response:
    changing_of(asked)
    spec, effective = _object(asked, given), effective_of(asked)
    context: Drawn = {
        "tabs": tabs(asked, "reports"),
        "reports": [
            {
                "label": one.label.text(asked.language),
                "code": code,
                "href": f"/studio/reports/{code}",
                "layer": effective.layer(("reports", code)),
            }
            for code, one in asked.model.reports.items()
        ],
        "away": taken_away(asked, part_of(asked, "-", REPORTS)),
        "fields": _controls(asked, spec, given, errors),
        "errors": [{"name": name, "text": text} for name, text in errors.items()],
    }
    return drawing.page(asked, "studio_reports", context, 422 if errors else 200)


def _controls(
    asked: Asked, spec: ObjectType, given: MultiDict[str, str], errors: Mapping[str, str]
) -> list[Drawn]:
    t, language = speech(asked.language).t, asked.language
    fields = [f for f in spec.fields.values() if not f.archived and f.type.name != "secret"]
    summed = [
        (f.code, t("Sum of {what}", what=f.label.text(language)))
        for f in fields
        if f.type.name in SUMMED and not f.system
    ]
    split = [(f.code, f.label.text(language)) for f in fields if f.type.name in SPLIT]
    charts = [(TREND, t("Month by month"))]
    if spec.pipelines:
        charts = [(FUNNEL, t("Funnel of its stages")), *charts]
    objects = [(one.code, one.label.text(language)) for one in _objects(asked)]
    first = "object" not in given
    chosen = [code for code, _ in charts] if first else given.getlist("charts")
    name = {"type": "text", "max_length": 80}
    return [
        {**_choice("object", t("Object"), objects, [spec.code]), "required": True, "again": True},
        {**_choice("measure", t("Beside their number"), summed, [given.get("measure", "")]), "placeholder": t("Nothing else")},
        {**name, "name": "en", "label": t("Name in English"), "value": given.get("en", ""), "errors": [errors["en"]] if errors else []},
        {**name, "name": "zh", "label": t("Name in Chinese"), "value": given.get("zh", "")},
        {**_choice("group", t("Split by"), split, [given.get("group", "")]), "placeholder": t("Nothing")},
        {**_choice("charts", t("Charts"), charts, chosen), "type": "multi_select"},
    ]  # fmt: skip


def _choice(name: str, label: str, listed: list[tuple[str, str]], chosen: list[str]) -> Drawn:
    options = [{"value": v, "label": w, "chosen": v in chosen} for v, w in listed]
    return {"name": name, "label": label, "type": "select", "options": options}
