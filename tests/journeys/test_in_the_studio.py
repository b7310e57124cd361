"""An administrator at the studio, in a browser: rights in a table, stages as a path, a condition from rows."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.journeys.conftest import Tab
from tests.web.pages.office import Office


def into_force(page: Page) -> None:
    page.get_by_role("button", name="Put into force").click()
    expect(page.locator(".toast")).to_contain_text("is in force")


def test_a_right_is_changed_in_its_cell_and_set_back(tab: Tab, office: Office) -> None:
    page = tab("admin")
    page.goto("/studio")
    page.get_by_role("link", name="Permissions").click()
    page.get_by_label("Lead · Salesperson · See").select_option("team")
    page.get_by_role("button", name="See the plan").click()
    expect(page.locator(".notice")).to_contain_text("2 people gain over leads: see (own → team).")
    into_force(page)
    changed = office.site.model.objects["lead"].permissions["sales"].read

    page.get_by_role("link", name="Lead", exact=True).click()
    cell = page.get_by_label("Lead · Salesperson · See")
    expect(cell).to_have_value("team")
    cell.select_option("reset")
    page.get_by_label("Lead · Viewer · Budget").select_option("read")
    page.get_by_role("button", name="See the plan").click()
    into_force(page)

    assert changed == "team"
    permissions = office.site.model.objects["lead"].permissions
    assert permissions["sales"].read == "own"
    assert permissions["viewer"].fields["budget"].level == "read"


def test_a_stage_moves_along_the_path_and_a_move_is_forbidden(tab: Tab, office: Office) -> None:
    page = tab("admin", width=390)
    page.goto("/studio/o/lead/stages")
    page.get_by_role("button", name="Move Qualified forward").click()
    expect(page.locator(".sg-s a.ell")).to_have_text(
        ["New", "Qualified", "Contacted", "Converted", "Invalid"]
    )
    page.get_by_label("From New to Converted").uncheck()
    page.get_by_role("button", name="See the plan").click()
    into_force(page)

    pipelines = office.site.model.objects["lead"].pipelines
    assert pipelines is not None
    standard = pipelines.pipelines["standard"]
    assert list(standard.stages)[1] == "qualified"
    assert "converted" not in standard.moves["new"]
    expect(page.locator("input[name='moves'][value='map']")).to_be_checked()


def test_a_guard_is_put_together_from_rows_and_from_text(tab: Tab, office: Office) -> None:
    page = tab("admin", "zh")
    page.goto("/studio/o/lead/stages/contacted")
    guard = page.locator("[data-field='guard']")
    folded = page.locator("details:not([open])", has=guard)  # unless something in the group is said
    if folded.count():
        folded.locator("> summary").click()
    guard.get_by_role("button", name="条件", exact=True).click()
    guard.get_by_label("字段").select_option("channel")
    guard.get_by_label("字段").nth(1).select_option("kind")
    guard.get_by_label("取值", exact=True).select_option("paid")
    expect(guard.locator(".cond-said")).to_contain_text("渠道的渠道类型是付费渠道")
    guard.get_by_role("button", name="条件组").click()
    rows = guard.locator(".cond-p.deep .cond-row")
    rows.nth(0).get_by_label("字段").select_option("score")
    expect(rows.nth(0).get_by_label("比较方式")).to_be_visible()
    rows.nth(0).get_by_label("比较方式").select_option(">=")
    rows.nth(0).get_by_label("取值", exact=True).fill("60")
    rows.nth(1).get_by_label("字段").select_option("owner")
    expect(guard.locator(".cond-said")).to_contain_text("且（评分不少于 60，或负责人是当前用户）")

    guard.get_by_text("文本", exact=True).last.click()
    text = guard.locator("input[name='guard']")
    expect(text).to_have_value("channel.kind == 'paid' and (score >= 60 or owner == user)")
    text.fill("budget >= 1000 and channel.kind == 'paid'")
    expect(guard.locator(".cond-said")).to_contain_text("预算不少于 1,000")
    expect(guard.locator(".cond-row")).to_have_count(2)
    guard.get_by_role("button", name="移除").first.click()
    expect(text).to_have_value("channel.kind == 'paid'")
    page.get_by_role("button", name="查看影响").click()
    page.get_by_role("button", name="生效").click()
    expect(page.locator(".toast")).to_contain_text("已生效")

    pipelines = office.site.model.objects["lead"].pipelines
    assert pipelines is not None
    stage = pipelines.pipelines["standard"].stages["contacted"]
    assert stage.guard is not None
    assert stage.guard.text == "channel.kind == 'paid'"


def test_yaml_is_completed_and_its_mistakes_are_marked_while_it_is_typed(tab: Tab) -> None:
    page = tab("admin")
    page.goto("/studio/yaml?file=metadata/campaign.yaml")
    editor = page.get_by_role("textbox", name="Text")
    editor.click()
    page.keyboard.type("object: campaign")
    page.keyboard.press("Escape")
    page.keyboard.press("Enter")
    if page.locator(".cm-content .cm-line").count() == 1:
        page.keyboard.press("Enter")  # an offer that came late took the first one
    page.keyboard.type("fi")
    # Asked for: what opens by itself may be late on a busy machine.
    page.keyboard.press("Control+Space")
    offers = page.locator(".cm-tooltip-autocomplete li")
    # By mouse: for a moment after it appears, Enter still means a new line.
    offers.filter(has_text="fields").first.click()
    expect(editor).to_contain_text("fields: ")
    page.keyboard.press("Enter")
    page.keyboard.type("  size: ")
    page.keyboard.type("curency")
    page.keyboard.press("Escape")
    expect(page.locator(".cm-lintRange-error")).to_have_text("curency")
    expect(page.locator(".cm-lint-marker-error")).to_be_visible()
    page.locator(".cm-lintRange-error").hover()
    expect(page.locator(".cm-diagnostic")).to_contain_text("'curency'")
    for _ in "curency":
        page.keyboard.press("Backspace")
    page.keyboard.type("integer")
    page.keyboard.press("Escape")
    expect(page.locator(".cm-lint-marker-error")).to_have_count(0)

    page.get_by_role("button", name="See the plan").click()
    expect(page.locator(".st-steps")).to_contain_text('Add field "Size" to Campaign')


def test_a_stage_is_dragged_and_carried_along_its_path(tab: Tab, office: Office) -> None:
    page = tab("admin")
    page.goto("/studio/o/opportunity/stages")
    before = page.locator(".sg-s a.ell").all_inner_texts()
    source = page.locator(".sg-s .grip").nth(2).bounding_box()
    target = page.locator(".sg-s").nth(1).bounding_box()
    assert source is not None
    assert target is not None
    page.mouse.move(source["x"] + 8, source["y"] + 12)
    page.mouse.down()
    page.mouse.move(source["x"] - 10, source["y"] + 14, steps=4)
    page.mouse.move(target["x"] + 20, target["y"] + 20, steps=12)
    expect(page.locator(".sg-s a.ell").nth(1)).to_have_text(before[2])
    with page.expect_response(lambda answer: answer.url.endswith("/stages")):
        page.mouse.up()
    dragged = [before[0], before[2], before[1], *before[3:]]
    expect(page.locator(".sg-s a.ell")).to_have_text(dragged)
    expect(page.locator(".chip", has_text="not planned yet")).to_be_visible()

    grip = page.locator(".sg-s .grip").nth(1)
    grip.press("Space")
    grip.press("ArrowRight")
    expect(page.locator("#spoken")).to_contain_text(f"{before[2]}: 3 of {len(before)}")
    with page.expect_response(lambda answer: answer.url.endswith("/stages")):
        grip = page.locator(".sg-s .grip").nth(2)
        grip.press("Space")
    expect(page.locator(".sg-s a.ell")).to_have_text(before)
    expect(page.locator(".chip", has_text="not planned yet")).to_have_count(0)


def test_an_entry_of_a_rule_is_added_with_a_condition_about_a_record(
    tab: Tab, office: Office
) -> None:
    campaign = office.create("campaign", name="Harbour days")
    before = len(office.site.model.rules["lead_assignment"].written["entries"])  # type: ignore[arg-type]
    page = tab("admin")
    page.goto("/studio/o/-/rules/lead_assignment")
    entries = page.locator("[data-field=entries] .ent")
    expect(entries).to_have_count(before)
    page.get_by_role("button", name="Add an entry").click()
    expect(entries).to_have_count(before + 1)
    new = entries.last
    new.locator("[name$='-code']").fill("harbour")
    new.get_by_role("button", name="Condition").click()
    new.locator("[name$='.r.0.s0']").select_option("campaign")
    find = new.get_by_role("combobox", name="Record")
    find.fill("Harb")
    page.get_by_role("option", name="Harbour days").click()
    expect(new.locator(".cond-said").first).to_contain_text("“Harbour days”")
    expect(find).to_have_value("Harbour days")
    new.get_by_role("group", name="Role", exact=True).get_by_label("Salesperson").check()
    new.get_by_role("button", name="Move line: arrow keys, or drag").press("ArrowUp")
    page.get_by_role("button", name="See the plan").click()
    into_force(page)

    made = office.site.model.rules["lead_assignment"].written["entries"][before - 1]  # type: ignore[index]
    assert made["when"] == f"campaign == '{campaign}'"
    assert made["code"] == "harbour"


def test_a_rule_is_written_in_lines_inside_entries_and_in_another_way(
    tab: Tab, office: Office
) -> None:
    page = tab("admin")
    page.goto("/studio/o/-/rules/lead_duplicate")
    against = page.locator("[data-field=against]")
    customer = against.locator("> crm-lines > ol > li").nth(1)
    customer.get_by_role("button", name="Add line").click()
    line = customer.locator("tbody tr").last
    line.get_by_label("Which one").fill("site")
    line.get_by_role("combobox", name="Value").fill("webs")
    line.get_by_role("option", name="Website").click()
    against.get_by_role("button", name="Add an entry").click()
    fresh = against.locator("> crm-lines > ol > li").last
    fresh.locator("select").first.select_option("opportunity")
    fresh.get_by_role("button", name="Add line").click()
    expect(fresh.locator("tbody tr")).to_have_count(2)  # the blank one and this one
    first = fresh.locator("tbody tr").first
    first.get_by_label("Which one").fill("mobile")
    first.get_by_role("combobox", name="Value").fill("exter")
    first.get_by_role("option").first.click()
    keys = page.locator("[data-field=keys]").first
    keys.get_by_role("button", name="Add an entry").click()
    key = keys.locator("> crm-lines > ol > li").last
    key.get_by_label("Code").fill("site")
    key.get_by_role("combobox").first.fill("web")
    key.get_by_role("option", name="Website").click()
    page.get_by_role("button", name="See the plan").click()
    into_force(page)

    rule = office.site.model.rules["lead_duplicate"].written
    assert rule["keys"]["site"] == "website"
    assert rule["against"]["customer"]["keys"]["site"] == "website"
    assert rule["against"]["opportunity"]["keys"] == {"mobile": "external_id"}

    page.goto("/studio/o/-/rules/opportunity_stagnation")
    time = page.locator("[data-field=within]").first
    expect(time.get_by_role("textbox", name="Value").first).to_be_visible()
    page.get_by_label("How it is given: Time allowed").select_option("one value")
    expect(time.get_by_role("textbox", name="Value").first).to_be_hidden()
    page.get_by_role("textbox", name="Time allowed").fill("12 working days")
    page.get_by_role("button", name="See the plan").click()
    into_force(page)

    assert office.site.model.rules["opportunity_stagnation"].written["within"] == "12 working days"


def test_the_fields_of_an_object_that_is_just_chosen_are_found_by_keys(
    tab: Tab, office: Office
) -> None:
    page = tab("admin", width=390)
    page.goto("/studio/o/-/rules/lead_duplicate")
    against = page.locator("[data-field='against']").first
    against.locator("> crm-lines > button").click()
    entry = against.locator("> crm-lines > ol > li").last
    entry.get_by_label("Which one").first.select_option("ticket")
    entry.get_by_label("Which one").nth(1).fill("mobile")
    field = entry.locator("td [role=combobox]").last
    field.press_sequentially("subj")
    expect(entry.get_by_role("option", name="Subject")).to_be_visible()
    field.press("Enter")
    expect(entry.locator(".chip")).to_contain_text("Subject")
    page.get_by_role("button", name="See the plan").click()
    into_force(page)

    assert office.site.model.rules["lead_duplicate"].written["against"]["ticket"] == {
        "keys": {"mobile": "subject"}
    }


def test_a_text_in_two_languages_is_set_in_one_line(tab: Tab, office: Office) -> None:
    page = tab("admin")
    page.goto("/studio/o/-/rules/new?variant=automation&object=lead")
    page.get_by_label("Label · in English").fill("A word of welcome")
    line = page.locator("[data-field='set'] tbody tr").first
    line.get_by_label("Field").select_option("need")
    expect(line.get_by_label("in Chinese")).to_be_hidden()
    line.get_by_label("How it is given").select_option("text")
    line.get_by_label("Value").fill("Welcome")
    line.get_by_label("in Chinese").fill("欢迎")
    page.get_by_role("button", name="See the plan").click()
    into_force(page)

    written = office.site.model.rules["a_word_of_welcome"].written
    assert written["set"] == {"need": {"text": {"en": "Welcome", "zh": "欢迎"}}}
