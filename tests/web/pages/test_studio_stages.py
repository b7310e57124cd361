"""Stages in the studio: a path in an order of one's own, moves in a table, and records that are told where to go."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

import pytest

from fieldstone.model.objects import Pipeline
from tests.web.pages.office import Office, Visitor
from tests.web.pages.studio_desk import confirm, open_studio

PAGE = "/studio/o/lead/stages"


@pytest.fixture
def admin(office: Office) -> Iterator[Visitor]:
    yield from open_studio(office)


def pipeline(office: Office) -> Pipeline:
    pipelines = office.site.model.objects["lead"].pipelines
    assert pipelines is not None
    return pipelines.pipelines["standard"]


def values(page: str, name: str) -> list[str]:
    return re.findall(rf'name="{re.escape(name)}" value="([^"]*)"', page)


def form(page: str) -> dict[str, object]:
    """Return what the form of the path posts when nothing is touched."""
    checked = re.findall(r'type="checkbox" name="(move\.[a-z_]+)" value="([a-z_]+)" checked', page)
    hidden = re.findall(r'type="hidden" name="((?:move|shown)\.[a-z_]+)" value="([a-z_]+)"', page)
    moves: dict[str, list[str]] = {}
    for name, value in [*hidden, *checked]:
        moves.setdefault(name, []).append(value)
    kind = re.search(r'name="moves" value="([a-z]+)" checked', page)
    assert kind is not None
    base = values(page, "base")[0]
    return {"order": values(page, "order"), "moves": kind[1], "base": base, **moves}


def test_the_path_shows_what_each_stage_asks_and_how_many_stand_in_it(
    office: Office, admin: Visitor
) -> None:
    office.a_lead("Ann")
    page = html.unescape(admin.get(PAGE).text)

    assert values(page, "order") == ["new", "contacted", "qualified", "converted", "invalid"]
    assert re.search(r">New</a>.*?\d+ records? ", page, re.DOTALL)
    assert "2 working days" in page
    assert "Score is at least 20" in page
    assert "Need, Budget" in page
    assert page.count("Won</span>") == 1


def test_untouched_nothing_changes(admin: Visitor) -> None:
    plan = admin.post(PAGE, **form(admin.get(PAGE).text))

    assert "Nothing would change for anybody." in plan.text


def test_stages_are_put_in_another_order_step_by_step_then_planned(
    office: Office, admin: Visitor
) -> None:
    first = admin.post(PAGE, shift="qualified:-1", **form(admin.get(PAGE).text))
    untouched = list(pipeline(office).stages)
    plan = admin.post(PAGE, **form(first.text))
    confirm(admin, plan)
    after = list(pipeline(office).stages)
    again = admin.post(PAGE, shift="contacted:-1", **form(admin.get(PAGE).text))
    confirm(admin, admin.post(PAGE, **form(again.text)))

    assert "in another order, not planned yet" in first.text
    assert untouched == ["new", "contacted", "qualified", "converted", "invalid"]
    assert after == ["new", "qualified", "contacted", "converted", "invalid"]
    assert list(pipeline(office).stages) == untouched


def test_moves_are_marked_in_a_table(office: Office, admin: Visitor) -> None:
    shown = form(admin.get(PAGE).text)
    kept = ["qualified", "converted"]
    confirm(admin, admin.post(PAGE, **{**shown, "move.qualified": kept}))
    marked = pipeline(office).moves
    confirm(admin, admin.post(PAGE, **{**form(admin.get(PAGE).text), "moves": "any"}))

    assert marked["qualified"] == ("converted",)
    assert marked["new"] == ("contacted", "qualified", "converted", "invalid")
    assert pipeline(office).moves["invalid"] == ("new", "contacted", "qualified", "converted")


def test_a_stage_is_added_and_goes_only_with_a_word_on_where_its_records_go(
    office: Office, admin: Visitor
) -> None:
    new = {"code": "waiting", "pipeline": "standard", "after": "new", "label.en": "Waiting"}
    confirm(admin, admin.post(f"{PAGE}/+", **new))
    added = list(pipeline(office).stages)
    empty = admin.post(f"{PAGE}/waiting/remove", pipeline="standard")
    lead = office.settle("lead", office.a_lead("Bea"), stage="waiting")
    asked = admin.post(f"{PAGE}/waiting/remove", pipeline="standard")
    carried = re.search(r'name="edits" value="([^"]*)"', asked.text)
    assert carried is not None
    edits = html.unescape(carried[1])
    forced = admin.post("/studio/apply", edits=edits, second_word="true")
    where = "where.lead.stage.waiting"
    told = admin.post("/studio/plan", edits=edits, **{where: "qualified"})
    strange = admin.post("/studio/plan", edits=edits, **{where: "nowhere"})
    stage_before = office.value("lead", lead, "stage")
    confirm(admin, told, second_word="true")

    assert added == ["new", "waiting", "contacted", "qualified", "converted", "invalid"]
    assert "Where do their records go?" not in empty.text
    assert "Put into force" in empty.text
    assert "1 of Leads in “Waiting”" in asked.text
    assert "Put into force" not in asked.text
    assert (forced.status_code, strange.status_code) == (422, 422)
    assert stage_before == "waiting"
    assert "1 lead goes from" in html.unescape(told.text)
    assert office.value("lead", lead, "stage") == "qualified"
    assert "waiting" not in pipeline(office).stages


@pytest.mark.parametrize(
    "typed",
    [
        {"order": ["new", "nowhere"]},
        {"order": ["new", "new", "contacted", "qualified", "converted"]},
        {"moves": "sideways"},
        {"moves": "map", "move.new": ["nowhere"]},
        {"moves": "map", "move.nowhere": ["new"]},
    ],
)
def test_hand_made_paths_are_refused(office: Office, typed: dict[str, object]) -> None:
    assert office.visitor("admin").post(PAGE, **typed).status_code == 422


def test_an_object_without_stages_offers_its_first(office: Office, admin: Visitor) -> None:
    page = admin.get("/studio/o/department/stages")
    plan = admin.post(
        "/studio/o/department/stages/+",
        code="planned",
        pipeline="standard",
        **{"label.en": "Planned"},
    )
    confirm(admin, plan)

    assert "This object has no stages yet" in page.text
    pipelines = office.site.model.objects["department"].pipelines
    assert pipelines is not None
    assert pipelines.pipelines["standard"].first.code == "planned"


def test_options_are_lines_with_how_many_records_hold_each(office: Office, admin: Visitor) -> None:
    office.a_lead("Eve", urgency="high")
    office.a_lead("Fay", urgency="high")
    page = admin.get("/studio/o/lead/fields/urgency").text
    counts = re.findall(r'id="f-options-\d+-used"><span class="grow">([^<]*)<', page)

    assert (counts[0], counts[2]) == ("2", "0")
    assert 'value="High"' in page


def test_the_fields_that_a_stage_needs_are_picked_by_their_names(
    office: Office, admin: Visitor
) -> None:
    page = admin.get(f"{PAGE}/qualified").text
    offered = admin.get(
        "/studio/names?sort=field&about=lead&q=BUDG", target="div#f-needs-list"
    ).text
    shown = {"code": "qualified", "probability": "50", "color": "green", "label.en": "Qualified"}
    plan = admin.post(f"{PAGE}/qualified", **shown, needs=["", "need", "email"])
    confirm(admin, plan)

    assert 'Budget<input type="hidden" name="needs" value="budget">' in page
    assert 'data-value="budget"' in offered
    assert 'data-value="need"' not in offered
    assert pipeline(office).stages["qualified"].needs == ("need", "email")
    assert admin.get("/studio/names?sort=field&about=nothing").status_code == 404


def test_a_stage_takes_the_moves_from_and_to_it_along(office: Office, admin: Visitor) -> None:
    new = {"code": "resting", "pipeline": "standard", "after": "new", "label.en": "Resting"}
    confirm(admin, admin.post(f"{PAGE}/+", **new))
    shown = form(admin.get(PAGE).text)
    marked = {
        "moves": "map",
        "move.new": ["resting", "contacted"],
        "move.resting": ["contacted"],
        "move.contacted": ["qualified"],
    }
    confirm(admin, admin.post(PAGE, **{**shown, **marked}))
    before = dict(pipeline(office).moves)

    confirm(admin, admin.post(f"{PAGE}/resting/remove", pipeline="standard"), second_word="true")

    assert set(before["new"]) == {"resting", "contacted"}
    after = pipeline(office)
    assert "resting" not in after.stages
    assert after.moves["new"] == ("contacted",)
    assert "resting" not in after.moves
