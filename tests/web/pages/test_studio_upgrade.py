"""An upgrade of a template in the browser: what both sides changed stands side by side, with a choice that is remembered."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator

import pytest
from werkzeug.test import TestResponse

from fieldstone.changes.nouns import Change, Operation
from fieldstone.evolution.apply import Wish
from fieldstone.evolution.packages import Package, pack
from fieldstone.worker.turns import work_until_idle
from tests.templates.test_shop import COURSE, RULES, gym
from tests.web.pages.office import Office, Visitor
from tests.web.pages.studio_desk import confirm, open_studio

NEWER = (
    COURSE.replace("zh: 费用", "zh: 课程费")
    .replace("hard: {en: Hard, zh: 高级}", "hard: {en: Tough, zh: 进阶}")
    .replace("sales: {read: own, update: own}", "sales: {read: all, update: all}")
)
FEE = "course.fields.fee.label.zh"


@pytest.fixture
def admin(office: Office) -> Iterator[Visitor]:
    yield from open_studio(office)
    work_until_idle(office.site)


def sent(admin: Visitor, package: Package) -> TestResponse:
    return admin.post("/studio/templates/plan", archive=(io.BytesIO(pack(package)), "gym.zip"))


def installed(admin: Visitor) -> None:
    assert confirm(admin, sent(admin, gym())).status_code == 303


def changed(office: Office, **settings: object) -> None:
    """Let the site change settings of the course and of the template's rule."""
    changing, ctx = office.site.changing, office.site.system_context("test")
    assert changing is not None
    _, documents = changing.current(ctx)
    for path, value in settings.items():
        documents = documents.with_value(path.split("__"), value)
    changing.apply(ctx, changing.plan(ctx, documents), Wish("ours", second_word=True))


def clashes(page: TestResponse) -> dict[str, str]:
    """Return what stands side by side, by the name of the setting."""
    found = re.findall(r'<fieldset class="st-clash">(.*?)</fieldset>', page.text, re.DOTALL)
    return {
        re.search(r"<code[^>]*>([^<]*)", one)[1]: re.sub(r"<[^>]+>", " ", one)  # type: ignore[index]
        for one in found
    }


def zh(office: Office) -> str:
    return office.site.model.objects["course"].fields["fee"].label.zh


def test_what_both_sides_changed_stands_side_by_side_and_the_choice_is_remembered(
    office: Office, admin: Visitor
) -> None:
    installed(admin)
    changed(
        office,
        objects__course__fields__fee__label__zh="学费",
        objects__course__fields__level__options__hard__label__zh="困难",
        objects__course__permissions__sales__update="none",
        rules__fee_needed__within="5 days",
    )
    newer = {"metadata_course": NEWER, "rules_gym": RULES.replace("3 days", "2 days")}

    page = sent(admin, gym("1.1.0", **newer))

    shown = clashes(page)
    assert set(shown) == {
        FEE,
        "course.fields.level.options.hard.label.zh",
        "course.permissions.sales.update",
        "rules.fee_needed.within",
    }
    assert "Course · Fee · Label · 中文" in shown[FEE]
    assert "Course · Salesperson · " in shown["course.permissions.sales.update"]
    assert "Fee is set · " in shown["rules.fee_needed.within"]
    assert all(word in shown[FEE] for word in ("Keep ours", "学费", "课程费", "It was: 费用"))
    kept = {f"choice:{one}": "mine" for one in shown}
    taken = {**kept, f"choice:{FEE}": "theirs"}
    assert confirm(admin, page, second_word="true", **taken).status_code == 303
    course = office.site.model.objects["course"]
    assert zh(office) == "课程费"
    assert (course.permissions["sales"].update, course.permissions["sales"].read) == ("none", "all")

    # The next version says the same of what was decided: ours are not asked for as if they were new.
    again = sent(
        admin, gym("1.2.0", **{**newer, "metadata_course": NEWER + "help: {en: Sport, zh: 运动}\n"})
    )
    assert not any(
        "checked" in one and "as decided before" not in one for one in clashes(again).values()
    )
    assert confirm(admin, again).status_code == 303
    assert zh(office) == "课程费"


def test_a_version_in_which_nobody_sees_a_difference_can_be_put_into_force(
    office: Office, admin: Visitor
) -> None:
    installed(admin)

    page = sent(admin, gym("1.0.1"))

    assert "Nothing would change for anybody." in page.text
    assert confirm(admin, page).status_code == 303
    assert "gym · 1.0.1" in admin.get("/studio/templates").text


def test_records_of_a_stage_that_the_new_version_drops_go_where_somebody_says(
    office: Office, admin: Visitor
) -> None:
    installed(admin)
    ctx, site = office.site.system_context("test"), office.site
    change = Change("course", Operation.CREATE, {"name": "Yoga", "stage": "running"}, trusted=True)
    (outcome,) = site.writes.submit(ctx, site.model, [change])
    newer = COURSE.replace("running: {label: {en: Running, zh: 进行}}, ", "")

    page = sent(admin, gym("1.1.0", metadata_course=newer))
    assert "Where do their records go?" in page.text
    assert "Put into force" not in page.text
    archive = re.search(r'name="archive" value="([^"]*)"', page.text)
    assert archive is not None
    again = admin.post(
        "/studio/templates/upgrade/gym/plan",
        archive=archive[1],
        **{"where.course.stage.running": "over"},
    )
    assert confirm(admin, again, second_word="true").status_code == 303

    assert office.value("course", str(outcome.record_id), "stage") == "over"
    gone = Change("course", Operation.DELETE, {}, str(outcome.record_id), trusted=True)
    site.writes.submit(ctx, site.model, [gone])


def test_an_upgrade_that_was_planned_before_somebody_elses_change_is_refused(
    office: Office, admin: Visitor
) -> None:
    installed(admin)
    page = sent(admin, gym("1.1.0", metadata_course=NEWER))
    changed(office, objects__course__fields__fee__label__zh="学费")

    answer = confirm(admin, page, second_word="true")

    assert answer.status_code == 409
    assert zh(office) == "学费"
