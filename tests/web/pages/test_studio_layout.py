"""The designers of the studio and the live preview: fields, forms, records and lists, drawn from the compiled draft."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from werkzeug.datastructures import MultiDict
from werkzeug.test import TestResponse

from tests.web.pages.office import Office, Visitor
from tests.web.pages.studio_desk import confirm, open_studio


@pytest.fixture
def admin(office: Office) -> Iterator[Visitor]:
    yield from open_studio(office)


def marks(page: TestResponse) -> list[str]:
    """Return the order that a page carries."""
    return re.findall(r'name="at" value="([^"]*)"', page.text)


def send(admin: Visitor, url: str, at: list[str], **more: str) -> TestResponse:
    pairs = [("csrf_token", admin.csrf), *(("at", one) for one in at), *more.items()]
    return admin.client.post(url, data=MultiDict(pairs))


def names(page: TestResponse) -> dict[str, str]:
    """Return what stands in the names and columns of the sections."""
    found = dict(re.findall(r'name="((?:en|zh):[a-z0-9_]+)" value="([^"]*)"', page.text))
    columns = re.findall(r'name="(columns:\w+)">.*?value="(\d)" selected', page.text)
    return {**found, **dict(columns)}


def test_a_new_field_is_shown_in_the_real_form_and_list_before_it_is_there(
    office: Office, admin: Visitor
) -> None:
    office.a_lead("Zhang Wei")
    drawn = admin.post(
        "/studio/preview/lead/fields/new", variant="select", _section="demand", _views="all",
        **{"label.en": "Shoe colour", "label.zh": "鞋色", "required": "true",
           "options-0-en": "Ruby red", "options-0-color": "red", "options-1-zh": "蓝色"},
    )  # fmt: skip

    assert drawn.status_code == 200
    assert 'name="pv.shoe_colour"' in drawn.text
    assert '<option value="ruby_red">Ruby red</option>' in drawn.text
    assert '<option value="lan_se">蓝色</option>' in drawn.text
    assert "Zhang Wei" in drawn.text
    assert "Ruby red" in drawn.text.partition("<tbody>")[2]
    assert "shoe_colour" not in office.site.model.objects["lead"].fields


def test_what_is_being_typed_is_compiled_once_and_pushes_no_model_out_of_the_cache(
    office: Office, admin: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = office.site.settings.state_folder / "cache"
    before = sorted(kept.glob("*"))
    field = {"variant": "text", "label.en": "Shoe size", "_section": "demand"}
    admin.post("/studio/preview/lead/fields/new", **field)
    monkeypatch.setattr(
        "fieldstone.bootstrap.compile_site", lambda *_, **__: pytest.fail("compiled again")
    )

    drawn = admin.post("/studio/preview/lead/fields/new", **field, **{"pv-role": "sales"})

    assert 'name="pv.shoe_size"' in drawn.text
    assert sorted(kept.glob("*")) == before


def test_what_is_typed_into_the_preview_decides_over_conditions(admin: Visitor) -> None:
    field = {"variant": "text", "label.en": "Reason", "code": "why_red", "visible_when": "urgency == 'high'", "_section": "contact"}  # fmt: skip
    calm = admin.post("/studio/preview/lead/fields/new", **field)
    urgent = admin.post("/studio/preview/lead/fields/new", **field, **{"pv.urgency": "high"})

    assert 'name="pv.why_red"' not in calm.text
    assert "Hidden now; shown while" in calm.text
    assert 'name="pv.why_red"' in urgent.text


def test_the_preview_says_what_is_wrong_and_shows_the_field_all_the_same(admin: Visitor) -> None:
    blank = admin.post("/studio/preview/lead/fields/new", variant="select", _section="contact")
    wrong = admin.post(
        "/studio/preview/lead/fields/new", variant="text", **{"label.en": "X", "visible_when": "nonsense > 1"},
    )  # fmt: skip

    assert "Options: Write at least one option." in blank.text
    assert 'name="pv.new_field"' in blank.text
    assert "nonsense" in wrong.text
    assert wrong.status_code == 200


def test_the_preview_is_seen_by_a_role_in_a_language_and_with_a_record(
    office: Office, admin: Visitor
) -> None:
    lead = office.a_lead("Wang Fang", company="Harbour Ltd")
    seen = {"pv-language": "zh", "pv-record": lead}
    named = {"variant": "text", "label.en": "Company", "label.zh": "公司"}
    shown = admin.post("/studio/preview/lead/fields/company", **named, **seen)
    unseen = admin.post("/studio/preview/lead/fields/company", **named, **{"pv-role": "viewer"})

    assert 'value="Harbour Ltd"' in shown.text
    assert "公司" in shown.text
    assert unseen.status_code == 200
    assert 'name="pv.company"' not in unseen.text


def test_a_field_of_a_type_with_settings_of_its_own_has_a_preview(admin: Visitor) -> None:
    for variant, settings in {
        "lookup": {"to": "customer"},
        "formula": {"value": "budget * 2", "returns": "currency"},
        "rollup": {"of": "activities", "function": "count"},
        "rows": {"fields-0-en": "Item", "fields-0-type": "text", "fields-1-en": "Price", "fields-1-type": "currency"},
    }.items():  # fmt: skip
        drawn = admin.post(
            "/studio/preview/lead/fields/new", variant=variant, _section="contact", _views="all",
            **{"label.en": "Thing", "code": "a_thing"}, **settings,
        )  # fmt: skip

        assert drawn.status_code == 200
        assert "triangle-alert" not in drawn.text, drawn.text[:600]
        assert "Thing" in drawn.text


def test_a_new_field_takes_its_code_from_its_name_and_its_place_on_form_and_list(
    office: Office, admin: Visitor
) -> None:
    plan = admin.post(
        "/studio/o/lead/fields/new", variant="text", _section="demand", _views="all",
        **{"label.zh": "鞋码"},
    )  # fmt: skip
    confirm(admin, plan)
    spec = office.site.model.objects["lead"]

    assert spec.fields["xie_ma"].label.zh == "鞋码"
    assert spec.form[1].fields[-1] == "xie_ma"
    assert spec.views["all"].columns[-1] == "xie_ma"
    assert 'name="xie_ma"' in admin.get("/o/lead/new").text


def test_options_are_added_relabelled_reordered_and_retired(office: Office, admin: Visitor) -> None:
    form = {"variant": "select", "code": "urgency", "label.en": "Urgency", "label.zh": "紧急程度", "default": "normal"}  # fmt: skip
    low = {"options-0-id": "low", "options-0-en": "Low", "options-0-zh": "不急", "options-0-color": "gray", "options-0-archived": "true"}  # fmt: skip
    high = {"options-1-id": "high", "options-1-en": "Top", "options-1-zh": "紧急", "options-1-color": "red"}  # fmt: skip
    normal = {"options-2-id": "normal", "options-2-en": "Normal", "options-2-zh": "一般", "options-2-color": "blue"}  # fmt: skip
    new = {"options-3-en": "Someday", "options-3-zh": "以后"}

    confirm(admin, admin.post("/studio/o/lead/fields/urgency", **form, **low, **high, **normal, **new))  # fmt: skip
    kind = office.site.model.objects["lead"].fields["urgency"].type
    options = getattr(kind, "options", {})

    assert list(options) == ["low", "high", "normal", "someday"]
    assert options["high"].label.en == "Top"
    assert options["high"].label.zh == "紧急"
    assert options["low"].archived
    assert not options["normal"].archived


def test_a_switch_of_the_sites_own_field_goes_off_again(office: Office, admin: Visitor) -> None:
    form = {"variant": "text", "code": "nickname", "label.en": "Nickname"}
    confirm(admin, admin.post("/studio/o/lead/fields/new", **form, required="true", max_length="40"))  # fmt: skip
    on = office.site.model.objects["lead"].fields["nickname"]
    confirm(admin, admin.post("/studio/o/lead/fields/nickname", **form, required="false"))
    off = office.site.model.objects["lead"].fields["nickname"]

    assert (on.required, off.required) == (True, False)
    assert getattr(off.type, "max_length", 0) != 40


def test_a_field_gets_another_type_and_its_old_settings_go(office: Office, admin: Visitor) -> None:
    office.a_lead("Li Lei", website="https://example.com")
    form = {"code": "website", "label.en": "Website", "label.zh": "网站"}
    confirm(admin, admin.post("/studio/o/lead/fields/website", variant="text", **form))

    assert office.site.model.objects["lead"].fields["website"].type.name == "text"


def test_fields_stand_in_another_order_after_a_plan(office: Office, admin: Visitor) -> None:
    page = admin.get("/studio/o/lead/fields")
    before = marks(page)
    drawn = send(admin, "/studio/order/lead/fields", before, do=f"up {before[2]}")
    moved = marks(drawn)
    plan = send(admin, "/studio/order/lead/fields", moved, plan="true")
    confirm(admin, plan)
    now = [c for c, f in office.site.model.objects["lead"].fields.items() if not f.system]

    assert "The order is not in force yet." in drawn.text
    assert moved[:3] == [before[0], before[2], before[1]]
    assert "Order of fields" in plan.text
    assert now[:3] == moved[:3]
    assert marks(admin.get("/studio/o/lead/fields")) == moved


def test_stages_stand_in_another_order_after_a_plan(office: Office, admin: Visitor) -> None:
    before = ["new", "contacted", "qualified", "converted", "invalid"]
    wanted = [before[1], before[0], *before[2:]]
    confirm(admin, send(admin, "/studio/order/lead/stages", wanted, plan="true", pipeline="standard"))  # fmt: skip
    pipelines = office.site.model.objects["lead"].pipelines
    assert pipelines is not None

    assert list(pipelines.pipelines["standard"].stages) == wanted


def test_a_form_is_arranged_and_becomes_the_real_one(office: Office, admin: Visitor) -> None:
    url = "/studio/layout/lead/form"
    page = admin.get(url)
    added = send(admin, url, marks(page), do="section-new", **names(page))
    at = marks(added)
    fresh = "s:section_1"
    at.remove(fresh)
    at.remove("f:budget")
    at = [fresh, "f:budget", *at]
    named = {**names(page), "en:section_1": "Money first", "zh:section_1": "预算优先", "columns:section_1": "2"}  # fmt: skip
    named |= {"en:contact": "Who", "columns:demand": "1"}
    gone = send(admin, url, at, do="section-out source", **named)
    plan = send(admin, url, marks(gone), plan="true", **{k: v for k, v in named.items() if "source" not in k})  # fmt: skip
    confirm(admin, plan)
    form = office.site.model.objects["lead"].form

    assert "Not in force yet." in gone.text
    assert [s.code for s in form] == ["money_first", "contact", "demand", "notes"]
    assert form[0].fields == ("budget",)
    assert (form[0].label.en, form[0].columns) == ("Money first", 2)
    assert (form[1].label.en, form[1].label.zh, form[2].columns) == ("Who", "联系信息", 1)
    assert "budget" not in form[2].fields
    real = admin.get("/o/lead/new").text
    assert real.index('name="budget"') < real.index('name="name"')


def test_the_preview_of_a_form_shows_form_and_record_as_they_are_arranged(
    office: Office, admin: Visitor
) -> None:
    lead = office.a_lead("Han Mei", company="Harbour Ltd")
    page = admin.get("/studio/layout/lead/form")
    at = [one for one in marks(page) if one != "f:company"]
    at.insert(at.index("s:notes") + 1, "f:company")
    pairs = {**names(page), "pv-record": lead}
    drawn = send(admin, "/studio/preview/lead/layout/form", at, **pairs)
    headings = re.split(r'class="form-h"', drawn.text)

    assert "Harbour Ltd" in drawn.text
    assert 'name="pv.company"' not in headings[1]
    assert 'name="pv.company"' in headings[3]


def test_the_quick_form_and_the_columns_of_a_list_are_arranged(
    office: Office, admin: Visitor
) -> None:
    quick = admin.get("/studio/layout/lead/quick")
    send_quick = send(admin, "/studio/layout/lead/quick", marks(quick), do="in email", plan="true")
    confirm(admin, send_quick)
    columns = ["s:list-hot", "f:name", "f:score", "f:city", "p:"]
    drawn = send(admin, "/studio/preview/lead/layout/list-hot", columns)
    confirm(admin, send(admin, "/studio/layout/lead/list-hot", columns, plan="true"))
    spec = office.site.model.objects["lead"]

    assert spec.quick[-1] == "email"
    assert spec.views["hot"].columns == ("name", "score", "city")
    assert "City" in drawn.text


def test_nothing_moved_plans_nothing(admin: Visitor) -> None:
    for url in ("/studio/layout/lead/form", "/studio/layout/lead/quick", "/studio/layout/lead/list-all"):  # fmt: skip
        page = admin.get(url)
        plan = send(admin, url, marks(page), plan="true", **names(page))

        assert "Nothing would change for anybody." in plan.text


def test_only_administrators_arrange_and_nothing_else_is_there(
    office: Office, admin: Visitor
) -> None:
    seller = office.visitor("li")

    assert admin.get("/studio/o/lead/forms").headers["Location"] == "/studio/layout/lead/form"
    assert admin.get("/studio/layout/lead/nonsense").status_code == 404
    assert admin.get("/studio/layout/lead/list-pipeline").status_code == 404
    assert admin.post("/studio/preview/lead/views/all").status_code == 404
    assert seller.get("/studio/layout/lead/form").status_code == 403
    assert seller.post("/studio/preview/lead/fields/new").status_code == 403
    assert seller.post("/studio/order/lead/fields").status_code == 403
    assert seller.get("/studio/preview/options?to=customer").status_code == 403


def test_an_order_made_from_a_page_that_is_no_longer_true_is_refused(
    office: Office, admin: Visitor
) -> None:
    page = admin.get("/studio/layout/lead/list-all")
    base = re.findall(r'name="base" value="(\d+)"', page.text)[0]
    order = marks(page)
    moved = [order[0], *order[2:4], order[1], *order[4:]]
    other = [order[0], *reversed(order[1:4]), *order[4:]]
    confirm(admin, send(admin, "/studio/layout/lead/list-all", other, plan="true", base=base))

    late = send(admin, "/studio/layout/lead/list-all", moved, plan="true", base=base)
    fields = send(admin, "/studio/order/product/fields", [], plan="true", base=base)

    assert late.status_code == 409
    assert fields.status_code == 200  # what others changed elsewhere is in nobody's way
