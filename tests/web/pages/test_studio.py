"""The studio: an administrator changes the running site in the browser, sees what would happen, and takes it back."""

from __future__ import annotations

import html
import io
import json
import re
from collections.abc import Iterator

import pytest

from fieldstone.actions.simulating import SILENT
from fieldstone.evolution.packages import pack
from fieldstone.storage.notices import Notices
from fieldstone.templates.shop import shipped_template
from fieldstone.worker.turns import work_until_idle
from tests.web.pages.office import Office, Visitor
from tests.web.pages.studio_desk import Drawn, confirm, open_studio


@pytest.fixture
def admin(office: Office) -> Iterator[Visitor]:
    yield from open_studio(office)


def test_only_administrators_enter_the_studio_and_see_the_way_there(office: Office) -> None:
    seller, admin = office.visitor("li"), office.visitor("admin")

    assert 'href="/studio"' in admin.get("/").text
    assert 'href="/studio"' not in seller.get("/").text
    for address in ("/studio", "/studio/rules", "/studio/templates", "/studio/revisions",
                    "/studio/yaml", "/studio/o/lead", "/studio/o/lead/fields/new"):  # fmt: skip
        assert seller.get(address).status_code == 403
    assert seller.post("/studio/plan", edits="[]").status_code == 403
    assert seller.post("/studio/apply", edits="[]").status_code == 403


def test_a_new_object_is_planned_then_in_force_with_a_page_of_its_own(
    office: Office, admin: Visitor
) -> None:
    plan = admin.post("/studio/objects", en="Machine", zh="设备", code="machine", icon="wrench")
    unchanged = "machine" not in office.site.model.objects
    done = confirm(admin, plan, reason="we rent machines")

    assert unchanged
    assert "Add object &#34;Machine&#34;" in plan.text
    assert done.status_code == 303
    assert done.headers["Location"] == "/studio/o/machine"
    assert admin.get("/o/machine").status_code == 200
    assert admin.get("/o/machine/new").status_code == 200
    assert "we rent machines" in admin.get("/studio/revisions").text


def test_a_new_object_wants_a_name_and_a_free_code(admin: Visitor) -> None:
    taken = admin.post("/studio/objects", en="Lead", code="lead")
    bad = admin.post("/studio/objects", en="", code="Lead Two")

    assert (taken.status_code, bad.status_code) == (422, 422)
    assert "There is an object of this code." in taken.text
    assert "Give it a name." in bad.text


def test_a_field_is_added_changed_renamed_and_retired(office: Office, admin: Visitor) -> None:
    new = admin.post(
        "/studio/o/lead/fields/new", code="shoe_size", variant="integer",
        **{"label.en": "Shoe size", "label.zh": "鞋码", "min": "20", "after": "company"},
    )  # fmt: skip
    confirm(admin, new)
    lead = office.a_lead("Feet", shoe_size=42)
    codes = list(office.site.model.objects["lead"].fields)

    renamed = admin.post(
        "/studio/o/lead/fields/shoe_size", code="foot_size", variant="integer",
        **{"label.en": "Foot size", "label.zh": "脚码", "min": "20", "after": "company"},
    )  # fmt: skip
    confirm(admin, renamed)
    value = office.value("lead", lead, "foot_size")
    retired = admin.post("/studio/o/lead/fields/foot_size/remove")
    refused = confirm(admin, retired)
    confirm(admin, retired, second_word="true")

    assert codes.index("shoe_size") == codes.index("company") + 1
    assert "Rename field" in renamed.text
    assert value == 42
    assert refused.status_code == 422
    assert "1 lead" in retired.text
    assert "foot_size" not in office.site.model.objects["lead"].fields


def test_a_view_is_renamed_and_its_address_and_what_is_made_from_it_go_on(
    office: Office, admin: Visitor
) -> None:
    li = office.visitor("li")

    def shown(code: str) -> list[str]:
        page = li.get(f"/o/lead?view={code}").text
        return re.findall(r'href="/o/lead\?view=(\w+)" aria-checked="true"', page)

    kept = li.post("/o/lead/views", label="Hot and rich", view="hot", q="x").headers["Location"]
    on_list = li.get(kept).text
    form = Drawn(admin.get("/studio/o/lead/views/hot").text).values

    renamed = admin.post("/studio/o/lead/views/hot", **{**form, "code": "glowing"})
    confirm(admin, renamed)
    views = office.site.model.objects["lead"].views
    by_earlier, by_present = shown("hot"), shown("glowing")
    storage, now = office.site.storage, office.site.clock()
    with storage.looking() as connection:
        body = Notices(connection, storage.dialect, now).views("lead", office.people["li"])[0].body

    assert "Rename view" in renamed.text
    assert list(views)[:4] == ["mine", "all", "glowing", "unworked"]
    assert views["glowing"].filter is not None
    assert by_earlier == by_present == ["glowing"]
    assert body["view"] == "glowing"
    assert "Hot and rich" in on_list
    assert li.get(kept).status_code == 200
    past = {"do": "set", "path": ["objects", "lead", "views", "glowing", "alias_until"], "value": "2020-01-01"}  # fmt: skip
    admin.post("/studio/apply", edits=json.dumps([past]))
    assert shown("hot") == []


def test_a_pipeline_is_renamed_and_its_board_and_its_stages_are_found_by_the_earlier_code(
    office: Office, admin: Visitor
) -> None:
    deal = office.create("opportunity", name="Again", owner=office.people["li"], pipeline="renewal")
    page = admin.get("/studio/o/opportunity/pipelines/renewal").text

    renamed = admin.post(
        "/studio/o/opportunity/pipelines/renewal", **{**Drawn(page).values, "code": "renewals"}
    )
    before = office.value("opportunity", deal, "pipeline")
    confirm(admin, renamed)
    listed = admin.get("/studio/o/opportunity/pipelines").text
    stages = admin.get("/studio/o/opportunity/stages?pipeline=renewal")
    board = admin.get("/o/opportunity/board?pipeline=renewal").text

    assert "Another code takes records and references along." in page
    text = html.unescape(renamed.text)
    assert "Rename pipeline" in text
    assert '1 opportunity is in "Renewal" and follows, with its history.' in text
    assert (before, office.value("opportunity", deal, "pipeline")) == ("renewal", "renewals")
    assert "/studio/o/opportunity/pipelines/renewals" in listed
    assert stages.status_code == 200
    assert 'name="pipeline" value="renewals"' in stages.text
    assert "Again" in board
    assert '"due"' in board
    path = ["objects", "opportunity", "stages", "pipelines", "renewals", "alias_until"]
    past = {"do": "set", "path": path, "value": "2020-01-01"}
    admin.post("/studio/apply", edits=json.dumps([past]))
    assert admin.get("/studio/o/opportunity/stages?pipeline=renewal").status_code == 404


def test_a_section_of_a_form_is_renamed_in_its_own_form(office: Office, admin: Visitor) -> None:
    before = office.site.model.objects["customer"].form
    page = admin.get(f"/studio/o/customer/forms/{before[0].code}").text

    renamed = admin.post(
        f"/studio/o/customer/forms/{before[0].code}", **{**Drawn(page).values, "code": "basics"}
    )
    confirm(admin, renamed)

    assert "Rename form section" in renamed.text
    after = office.site.model.objects["customer"].form
    assert [one.code for one in after] == ["basics", *(one.code for one in before[1:])]
    assert after[0].fields == before[0].fields


def test_the_address_of_a_record_goes_on_when_its_object_gets_another_code(
    office: Office, admin: Visitor
) -> None:
    made = office.create("product", name="Ladder", price="10")

    edits = [{"do": "rename", "path": ["objects", "product"], "to": "article"}]
    admin.post("/studio/apply", edits=json.dumps(edits))
    pages = [admin.get(f"/o/{code}/{made}") for code in ("article", "product")]

    assert [page.status_code for page in pages] == [200, 200]
    assert f"/o/article/{made}/edit" in pages[1].text


def test_a_setting_of_a_lower_layer_is_changed_above_it_and_reset(
    office: Office, admin: Visitor
) -> None:
    confirm(
        admin,
        admin.post(
            "/studio/o/lead/stages/contacted", code="contacted",
            **{"label.en": "Called", "label.zh": "已联系", "probability": "25", "color": "teal",
               "needs": "mobile", "within": "2 working days"},
        ),
    )  # fmt: skip
    pipelines = office.site.model.objects["lead"].pipelines
    assert pipelines is not None
    changed = pipelines.pipelines["standard"].stages["contacted"]
    page = admin.get("/studio/o/lead/stages/contacted")
    confirm(admin, admin.post("/studio/o/lead/stages/contacted/reset"))
    pipelines = office.site.model.objects["lead"].pipelines
    assert pipelines is not None

    assert (changed.label.en, changed.probability) == ("Called", 25)
    assert "this site" in page.text
    assert "Reset to the template" in page.text
    assert pipelines.pipelines["standard"].stages["contacted"].label.en == "Contacted"


def test_a_rule_is_made_from_the_form_of_its_kind_and_switched_off(
    office: Office, admin: Visitor
) -> None:
    made = admin.post(
        "/studio/o/-/rules/new", code="big_budget", variant="automation", object="lead",
        when="budget >= 500000", on="create, update",
        **{"set-0-key": "urgency", "set-0-value": "'high'"},
        **{"label.en": "Big budgets are urgent", "label.zh": "大预算优先"},
    )  # fmt: skip
    confirm(admin, made)
    lead = office.a_lead("Rich", budget="600000")
    off = admin.post(
        "/studio/o/-/rules/big_budget", code="big_budget", enabled="false",
        when="budget >= 500000", on="create, update",
        **{"set-0-key": "urgency", "set-0-value": "'high'"},
        **{"label.en": "Big budgets are urgent", "label.zh": "大预算优先"},
    )  # fmt: skip
    confirm(admin, off)

    assert office.value("lead", lead, "urgency") == "high"
    assert office.site.model.rules["big_budget"].enabled is False


def test_what_does_not_compile_is_told_with_its_cure_and_nothing_changes(
    office: Office, admin: Visitor
) -> None:
    wrong = admin.post(
        "/studio/o/lead/fields/new", code="shoe_size", variant="integer",
        **{"label.en": "Shoe size", "visible_when": "colour == 'red'"},
    )  # fmt: skip
    broken = admin.post("/studio/yaml", file="metadata/lead.yaml", text="object: lead\nfields: [\n")
    outside = admin.post("/studio/yaml", file="../etc/x.yaml", text="a: b")
    half = admin.post("/studio/o/-/rules/new", code="x", variant="automation", create="{a: [")

    assert [one.status_code for one in (wrong, broken, outside, half)] == [422] * 4
    assert "colour" in wrong.text
    assert "metadata/lead.yaml:" in broken.text
    assert "Put into force" not in wrong.text
    assert "shoe_size" not in office.site.model.objects["lead"].fields


def test_a_document_is_written_as_yaml_and_keeps_its_comments(
    office: Office, admin: Visitor
) -> None:
    text = "# ours\nobject: lead\nfields:\n  hat: {type: text}  # for the party\n"
    confirm(admin, admin.post("/studio/yaml", file="metadata/lead.yaml", text=text))
    confirm(
        admin,
        admin.post("/studio/o/lead/fields/hat", code="hat", required="true", variant="text"),
    )

    assert office.site.model.objects["lead"].fields["hat"].required
    kept = html.unescape(admin.get("/studio/yaml?file=metadata/lead.yaml").text)
    assert "# ours" in kept
    assert "# for the party" in kept


def test_every_change_can_be_taken_back_from_the_list_of_revisions(
    office: Office, admin: Visitor
) -> None:
    text = "object: lead\nfields:\n  hat: {type: text}\n"
    confirm(admin, admin.post("/studio/yaml", file="metadata/lead.yaml", text=text))
    listed = admin.get("/studio/revisions").text
    back = re.search(
        r'href="(/studio/revisions/\d+/back)"[^>]*><svg.*?Take it back', listed, re.DOTALL
    )
    assert back is not None

    plan = admin.get(back[1])
    confirm(admin, plan, second_word="true")

    assert "Retire field" in plan.text
    assert "hat" not in office.site.model.objects["lead"].fields


def test_a_plan_that_was_overtaken_is_refused(office: Office, admin: Visitor) -> None:
    text = "object: lead\nfields:\n  hat: {type: text}\n"
    first = admin.post("/studio/yaml", file="metadata/lead.yaml", text=text)
    second = admin.post("/studio/yaml", file="metadata/lead.yaml", text=text.replace("hat", "cap"))
    confirm(admin, first)

    assert confirm(admin, second).status_code == 409
    assert "cap" not in office.site.model.objects["lead"].fields


def test_a_template_is_installed_with_sample_data_and_removed(
    office: Office, admin: Visitor
) -> None:
    plan = admin.get("/studio/templates/install/insurance")
    done = confirm(admin, plan, samples="true")
    page = admin.get("/studio/templates").text
    policies = admin.get("/o/policy").status_code
    remove = admin.get("/studio/templates/remove/insurance")
    asked = re.findall(r'<select class="in" id="(where[^"]*)"(.*?)</select>', remove.text, re.S)
    where = {name: re.findall(r'<option value="([^"]+)"', shown)[0] for name, shown in asked}
    unsaid = confirm(admin, remove, second_word="true")
    going = admin.post("/studio/templates/remove/insurance/plan", **where)
    gone = confirm(admin, going, second_word="true")

    assert asked
    assert unsaid.status_code == 422
    assert "Add object &#34;Policy&#34;" in plan.text
    assert (done.status_code, gone.status_code, policies) == (303, 303, 200)
    assert "/studio/templates/remove/insurance" in page
    assert "policy" not in office.site.model.objects


def test_an_archive_is_looked_at_before_anything_happens(office: Office, admin: Visitor) -> None:
    good = (io.BytesIO(pack(shipped_template("ecommerce"))), "shop.zip")
    bad = (io.BytesIO(b"no zip"), "x.zip")

    plan = admin.post("/studio/templates/plan", archive=good)
    refused = admin.post("/studio/templates/plan", archive=bad)

    assert "Install" in plan.text
    assert "member" not in office.site.model.objects
    assert refused.status_code == 422
    assert "zip archive" in refused.text


def test_an_expression_is_read_back_while_it_is_typed(admin: Visitor) -> None:
    right = admin.get("/studio/read-back?object=lead&when=budget >= 1000", target="div#said-when")
    wrong = admin.get("/studio/read-back?object=lead&when=colour == 1", target="div#said-when")
    nothing = admin.get("/studio/read-back?object=nope&when=1")

    assert "Budget is at least" in right.text
    assert "colour" in wrong.text
    assert nothing.text.strip() == ""


@pytest.mark.parametrize(
    "edits", ["[", '{"do": 1}', '[{"do": "explode"}]', '[{"do": "set", "path": []}]', "[[]]"]
)
def test_edits_that_are_none_are_refused(admin: Visitor, edits: str) -> None:
    assert admin.post("/studio/plan", edits=edits).status_code == 400


def test_parts_that_are_not_there_are_not_found(admin: Visitor) -> None:
    for address in ("/studio/o/nope", "/studio/o/lead/nope", "/studio/o/lead/fields/nope", "/studio/o/-/fields",
                    "/studio/o/lead/fields/new?variant=nope", "/studio/o/lead/stages?pipeline=nope",
                    "/studio/templates/install/nope", "/studio/revisions/999/back"):  # fmt: skip
        assert admin.get(address).status_code == 404, address


@pytest.mark.parametrize("kind", ["fields", "pipelines", "stages", "views", "permissions"])
def test_every_part_of_an_object_has_a_list_and_forms_in_both_languages(
    office: Office, kind: str
) -> None:
    for language in ("en", "zh"):
        admin = office.visitor("admin", language)
        page = admin.get(f"/studio/o/lead/{kind}")
        links = re.findall(rf'href="(/studio/o/lead/{kind}/[a-z_]+[^"]*)"', page.text)
        assert page.status_code == 200
        assert links
        for link in links[:4]:
            assert admin.get(html.unescape(link)).status_code == 200


def test_every_kind_of_rule_and_type_of_field_has_a_form(office: Office) -> None:
    admin, words = office.visitor("admin"), office.site.vocabulary

    for kind in words.kinds:
        assert admin.get(f"/studio/o/-/rules/new?variant={kind}").status_code == 200, kind
    for name in words.types:
        assert admin.get(f"/studio/o/lead/fields/new?variant={name}").status_code == 200, name
    for code in office.site.model.rules:
        assert admin.get(f"/studio/o/-/rules/{code}").status_code == 200, code


def test_a_rule_is_applied_to_records_that_are_there_and_the_run_is_taken_back(
    office: Office, admin: Visitor
) -> None:
    trial = admin.get("/studio/rules/lead_grading/trial")
    assert 'href="/studio/rules/lead_grading/apply"' in trial.text
    assert "nothing was written yet" in admin.get("/studio/rules/lead_grading/apply?days=365").text

    begun = admin.post("/studio/rules/lead_grading/apply", days="")
    assert begun.headers["Location"] == "/studio/runs"
    work_until_idle(office.site)
    page = admin.get("/studio/runs").text
    assert "applied" in page
    assert "Applying a rule to records that are there: Lead grade" in admin.get("/studio/work").text
    undo = re.search(r'action="(/studio/runs/[^"]+/undo)"', page)
    assert undo is not None
    admin.post(undo[1])
    work_until_idle(office.site)
    assert "taken back" in admin.get("/studio/runs").text
    assert admin.post(undo[1]).status_code == 409


def test_applying_is_for_administrators_and_rules_that_change_records(
    office: Office, admin: Visitor
) -> None:
    seller = office.visitor("li")
    for address in ("/studio/rules/lead_grading/apply", "/studio/runs"):
        assert seller.get(address).status_code == 403
    assert seller.post("/studio/rules/lead_grading/apply").status_code == 403
    assert admin.get("/studio/rules/lead_scoring/apply").status_code == 422
    assert admin.get("/studio/rules/nope/apply").status_code == 404


def test_a_dry_run_speaks_the_readers_language_and_is_offered_where_it_says_something(
    office: Office, admin: Visitor
) -> None:
    known = {
        "mobile": "13800138000",
        "email": "li@example.com",
        "company": "Harbor",
        "budget": "60000",
        "need": "A crane",
        "region": "east",
    }
    office.a_lead("李雷", owner=office.people["li"], **known)
    office.a_lead("韩梅")

    created = admin.get("/studio/rules/welcome_task/trial").text
    warned = admin.speaking("zh").get("/studio/rules/lead_data_quality/trial").text
    pool = admin.get("/studio/o/-/rules/public_pool").text
    refused = admin.get("/studio/rules/public_pool/trial")
    admin.speaking("en")

    assert "creates: Activity" in created
    assert "提示：" in warned
    assert "Without a mobile" not in warned
    assert 'name="try"' not in pool
    assert refused.status_code == 422
    assert "不会自行做出决定" in refused.text


def test_every_kind_that_a_dry_run_passes_over_is_a_kind(office: Office) -> None:
    kinds = office.site.vocabulary.kinds

    assert set(kinds) >= SILENT
    assert {"assignment", "deadline", "scoring", "grading", "duplicate", "automation"} <= set(
        kinds
    ) - SILENT


def test_what_a_setting_may_be_is_said_in_words(admin: Visitor) -> None:
    form = admin.get("/studio/o/-/rules/lead_recall").text

    assert (
        '<option value="last_effective_followup" selected>Last effective followup</option>' in form
    )


def test_one_setting_that_this_site_changed_says_so_and_is_given_back_alone(
    office: Office, admin: Visitor
) -> None:
    url = "/studio/o/lead/fields/website"
    untouched = admin.get(url).text
    values = Drawn(untouched).values
    confirm(admin, admin.post(url, **{**values, "label.en": "Home page", "required": "true"}))
    changed = admin.get(url).text
    plan = admin.post(f"{url}/reset", setting="label")
    confirm(admin, plan)
    field = office.site.model.objects["lead"].fields["website"]

    assert 'class="st-own' not in untouched
    assert re.findall(r'name="setting" value="([a-z_]+)"', changed) == ["label", "required"]
    assert '<del class="ell">Website</del>' in changed
    assert (field.label.en, field.required) == ("Website", True)
    assert admin.post(f"{url}/reset", setting="../x").status_code == 404


def test_the_usual_choice_of_a_field_is_one_of_its_choices(admin: Visitor) -> None:
    page = admin.get("/studio/o/lead/fields/urgency").text
    plan = admin.post("/studio/o/lead/fields/urgency", **Drawn(page).values)

    assert '<option value="normal" selected>Normal</option>' in page
    assert "Nothing would change for anybody." in plan.text
