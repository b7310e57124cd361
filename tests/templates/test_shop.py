"""Templates on a running site: installed with their tests, upgraded without losing a change, removed without losing data."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from fieldstone import bootstrap
from fieldstone.base.errors import MetadataError, RefusedError
from fieldstone.base.settings import Settings
from fieldstone.changes.nouns import Change, Context, Operation
from fieldstone.evolution.apply import Wish
from fieldstone.evolution.packages import Package, of_texts, pack, read_archive, read_folder
from fieldstone.site import Site
from fieldstone.templates.shop import Shop, shipped_template

MANIFEST = "name: gym\nversion: {version}\nlabel: {{en: Gym, zh: 健身房}}\n"
COURSE = """object: course
label: {en: Course, zh: 课程}
fields:
  name: {type: text, label: {en: Name, zh: 名称}, required: true}
  level: {type: select, label: {en: Level, zh: 级别}, options: {easy: {en: Easy, zh: 初级}, hard: {en: Hard, zh: 高级}}}
  fee: {type: currency, label: {en: Fee, zh: 费用}}
stages:
  pipelines:
    standard:
      stages: {planned: {label: {en: Planned, zh: 计划}}, running: {label: {en: Running, zh: 进行}}, over: {label: {en: Over, zh: 结束}, kind: won}}
ownership: {owner: optional}
permissions: {admin: {read: all, create: true, update: all}, sales: {read: own, update: own}}
"""
RULES = """rules:
  fee_needed:
    kind: deadline
    object: course
    label: {en: Fee is set, zh: 定价时限}
    when: "fee == null"
    starts: created_at
    within: 3 days
    then: {notify: owner}
"""


def gym(version: str = "1.0.0", **texts: str) -> Package:
    """Return the template; a keyword is a file: metadata_course, rules_gym, tests_a, sample_data_a."""
    files = {"metadata/course.yaml": COURSE, "rules/gym.yaml": RULES}
    for key, text in texts.items():
        folder, _, name = key.rpartition("_")
        files[f"{folder}/{name}.yaml"] = text
    return of_texts({**files, "plugin.yaml": MANIFEST.format(version=version)})


@dataclass
class Club:
    """A site with its shop, and who may use it."""

    site: Site
    shop: Shop

    @property
    def ctx(self) -> Context:
        return self.site.system_context("test")

    def install(self, package: Package) -> None:
        self.shop.carry_out(self.ctx, self.shop.plan_install(self.ctx, package))

    def upgrade(self, package: Package, **choices: str) -> list[str]:
        named = {name.replace("__", "."): one for name, one in choices.items()}
        intent = self.shop.plan_upgrade(self.ctx, package, named)
        self.shop.carry_out(self.ctx, intent, second_word=True)
        return [clash.name for clash in intent.clashes]

    def change(self, path: str, value: object) -> None:
        """Change one setting of the site's own layer."""
        changing = self.site.changing
        assert changing is not None
        _, documents = changing.current(self.ctx)
        planned = changing.plan(self.ctx, documents.with_value(path.split("."), value))
        changing.apply(self.ctx, planned, Wish("test", second_word=True))

    def create(self, object_name: str, **values: object) -> str:
        change = Change(object_name, Operation.CREATE, values, trusted=True)
        (outcome,) = self.site.writes.submit(self.ctx, self.site.model, [change])
        assert outcome.problems == ()
        return str(outcome.record_id)

    def values(self, object_name: str, record_id: str) -> Mapping[str, Any]:
        found = self.site.reads.get(self.ctx, self.site.model, object_name, record_id)
        assert found is not None
        return found.values


@pytest.fixture
def club(database_url: str, tmp_path: Path) -> Iterator[Club]:
    site = bootstrap.build_site(Settings(tmp_path, database_url, secret_key="k" * 32))
    yield Club(site, Shop(site))
    site.storage.close()


def label(club: Club, path: str) -> str:
    spec = club.site.model.objects["course"]
    if path.startswith("options."):
        return str(spec.fields["level"].type.options[path.partition(".")[2]].label.zh)  # type: ignore[attr-defined]
    return str(spec.fields[path].label.zh)


def test_a_template_is_in_force_at_once_and_its_sample_data_comes_once(club: Club) -> None:
    package = shipped_template("insurance")
    club.install(package)
    with pytest.raises(RefusedError, match="Make an administrator"):
        club.shop.load_samples(club.ctx, package)
    club.create("user", name="Ada", email="ada@example.com", roles=["admin"])
    made = club.shop.load_samples(club.ctx, package)
    again = club.shop.load_samples(club.ctx, package)

    assert {"policy", "needs_analysis", "policy_claim"} <= set(club.site.model.objects)
    assert made["policy"] > 20
    assert set(again.values()) == {0}
    assert club.shop.installed(club.ctx)["insurance"].version == package.version


def test_a_template_whose_tests_fail_is_not_installed(club: Club) -> None:
    wrong = gym(
        tests_a="tests:\n  t:\n    steps:\n      - create: {object: course, as: c, values: {name: A}}\n"
        "      - expect: {record: c, values: {stage: over}}\n"
    )

    with pytest.raises(RefusedError) as refused:
        club.install(wrong)

    assert "over" in refused.value.problems[0].message
    assert "course" not in club.site.model.objects
    assert club.shop.installed(club.ctx) == {}


def test_two_templates_stand_together_and_what_one_needs_must_be_there(club: Club) -> None:
    club.install(gym())
    needy = of_texts(
        {
            "plugin.yaml": "name: spa\nversion: 1.0.0\nlabel: {en: Spa}\nneeds: {gym: '>=2'}\n",
            "metadata/spa.yaml": "object: spa\nlabel: {en: Spa, zh: 水疗}\nfields: {name: text}\n",
        }
    )

    with pytest.raises(RefusedError) as refused:
        club.install(needy)
    club.upgrade(gym("2.0.0"))
    club.install(needy)

    assert "gym >=2, and version 1.0.0 is here" in refused.value.problems[0].message
    assert {"course", "spa"} <= set(club.site.model.objects)
    with pytest.raises(RefusedError, match="spa need gym"):
        club.shop.plan_remove(club.ctx, "gym")


def test_a_field_changed_on_both_sides_keeps_the_sites_side_and_is_told(club: Club) -> None:
    club.install(gym())
    club.change("objects.course.fields.fee.label.zh", "学费")

    clashes = club.upgrade(gym("1.1.0", metadata_course=COURSE.replace("zh: 费用", "zh: 课程费")))

    assert clashes == ["course.fields.fee.label.zh"]
    assert label(club, "fee") == "学费"


def test_the_templates_side_can_be_chosen_and_the_choice_is_remembered(club: Club) -> None:
    club.install(gym())
    club.change("objects.course.fields.fee.label.zh", "学费")
    club.change("objects.course.fields.name.label.zh", "课名")
    newer = COURSE.replace("zh: 费用", "zh: 课程费").replace("zh: 名称", "zh: 课程名称")

    club.upgrade(gym("1.1.0", metadata_course=newer), course__fields__fee__label__zh="theirs")
    intent = club.shop.plan_upgrade(
        club.ctx, gym("1.2.0", metadata_course=newer.replace("zh: 高级", "zh: 进阶"))
    )

    assert (label(club, "fee"), label(club, "name")) == ("课程费", "课名")
    assert intent.clashes == ()  # neither side changed the same thing again


def test_an_option_that_the_site_renamed_keeps_its_name_and_takes_what_else_is_new(
    club: Club,
) -> None:
    club.install(gym())
    record = club.create("course", name="Yoga", level="hard")
    club.change("objects.course.fields.level.options.hard.label.zh", "困难")
    newer = COURSE.replace(
        "hard: {en: Hard, zh: 高级}", "hard: {en: Tough, zh: 进阶}, pro: {en: Pro, zh: 专业}"
    )

    clashes = club.upgrade(gym("1.1.0", metadata_course=newer))

    assert clashes == ["course.fields.level.options.hard.label.zh"]
    assert (label(club, "options.hard"), label(club, "options.pro")) == ("困难", "专业")
    assert club.values("course", record)["level"] == "hard"


def test_an_option_that_the_template_added_and_the_site_renamed_stays_the_sites(club: Club) -> None:
    club.install(gym())
    added = COURSE.replace(
        "hard: {en: Hard, zh: 高级}", "hard: {en: Hard, zh: 高级}, pro: {en: Pro, zh: 专业}"
    )
    club.upgrade(gym("1.1.0", metadata_course=added))
    record = club.create("course", name="Yoga", level="pro")
    changing = club.site.changing
    assert changing is not None
    _, documents = changing.current(club.ctx)
    path = ("objects", "course", "fields", "level", "options", "pro")
    planned = changing.plan(club.ctx, documents.renamed(path, "master"))
    changing.apply(club.ctx, planned, Wish("our word"))

    club.upgrade(gym("1.2.0", metadata_course=added.replace("zh: 专业", "zh: 大师")))

    options = club.site.model.objects["course"].fields["level"].type.options  # type: ignore[attr-defined]
    assert list(options) == ["easy", "hard", "master"]
    assert options["master"].label.zh == "大师"
    assert club.values("course", record)["level"] == "master"


def test_an_upgrade_and_a_removal_know_a_role_and_a_rule_by_the_codes_that_the_site_gave_them(
    club: Club,
) -> None:
    roles = "roles:\n  coach: {en: Coach, zh: 教练}\n"
    course = COURSE.replace("sales: {read: own", "coach: {read: own")
    club.install(gym(metadata_course=course, metadata_roles=roles))
    coach = club.create("user", name="Ada", email="ada@example.com", roles=["coach"])
    changing = club.site.changing
    assert changing is not None
    _, documents = changing.current(club.ctx)
    renamed = documents.renamed(("roles", "coach"), "trainer")
    renamed = renamed.renamed(("rules", "fee_needed"), "price_is_set")
    changing.apply(club.ctx, changing.plan(club.ctx, renamed), Wish("our words"))
    club.change("objects.course.permissions.trainer.update", "team")

    newer = course.replace("update: own}", "update: own, export: true}")
    rules = RULES.replace("3 days", "5 days").replace("{notify: owner}", '{notify: "role:coach"}')
    clashes = club.upgrade(
        gym("1.1.0", metadata_course=newer, metadata_roles=roles, rules_gym=rules)
    )

    model = club.site.model
    right = model.objects["course"].permissions["trainer"]
    assert clashes == []
    assert (right.read, right.update, right.export) == ("own", "team", True)
    assert not {"coach", "fee_needed"} & {*model.roles, *model.rules}
    assert model.rules["price_is_set"].written["within"] == "5 days"
    assert model.rules["price_is_set"].written["then"] == {"notify": "role:trainer"}
    assert club.values("user", coach)["roles"] == ("trainer",)

    intent = club.shop.plan_remove(club.ctx, "gym")
    club.shop.carry_out(club.ctx, intent, second_word=True)
    assert not {"trainer", "coach"} & club.site.model.roles.keys()
    assert not {"price_is_set", "fee_needed"} & club.site.model.rules.keys()


def test_an_option_added_by_both_is_told(club: Club) -> None:
    club.install(gym())
    club.change("objects.course.fields.level.options.pro", {"label": {"en": "Pro", "zh": "专业级"}})
    newer = COURSE.replace(
        "hard: {en: Hard, zh: 高级}",
        "hard: {en: Hard, zh: 高级}, pro: {label: {en: Pro, zh: 大师}}",
    )

    clashes = club.upgrade(gym("1.1.0", metadata_course=newer))

    assert clashes == ["course.fields.level.options.pro.label.zh"]
    assert label(club, "options.pro") == "专业级"


def test_a_stage_that_goes_and_holds_records_is_counted_and_its_records_are_moved(
    club: Club,
) -> None:
    club.install(gym())
    record = club.create("course", name="Yoga", stage="running")
    newer = COURSE.replace("running: {label: {en: Running, zh: 进行}}, ", "")

    intent = club.shop.plan_upgrade(club.ctx, gym("1.1.0", metadata_course=newer))
    with pytest.raises(RefusedError):
        club.shop.carry_out(club.ctx, intent)
    club.shop.carry_out(club.ctx, intent, second_word=True)

    assert any(one.count == 1 and "running" in one.path for one in intent.plan.findings)
    assert club.values("course", record)["stage"] == "planned"


def test_a_stage_that_the_site_changed_and_the_template_drops_becomes_the_sites_own(
    club: Club,
) -> None:
    club.install(gym())
    club.create("course", name="Yoga", stage="running")
    club.change("objects.course.stages.pipelines.standard.stages.running.label.zh", "开课中")
    newer = COURSE.replace("running: {label: {en: Running, zh: 进行}}, ", "")

    clashes = club.upgrade(gym("1.1.0", metadata_course=newer))
    pipelines = club.site.model.objects["course"].pipelines
    assert pipelines is not None
    stages = pipelines.pipelines["standard"].stages

    assert clashes == ["course.stages.pipelines.standard.stages.running"]
    assert (stages["running"].label.en, stages["running"].label.zh) == ("Running", "开课中")


def test_a_permission_tightened_by_the_site_is_not_widened_by_the_template(club: Club) -> None:
    club.install(gym())
    club.change("objects.course.permissions.sales.update", "none")
    newer = COURSE.replace("sales: {read: own, update: own}", "sales: {read: all, update: all}")

    clashes = club.upgrade(gym("1.1.0", metadata_course=newer))
    rights = club.site.model.objects["course"].permissions["sales"]

    assert clashes == ["course.permissions.sales.update"]
    assert (rights.update, rights.read) == ("none", "all")


def test_a_rule_edited_on_both_sides_holds_what_each_changed(club: Club) -> None:
    club.install(gym())
    club.change("rules.fee_needed.within", "5 days")
    newer = RULES.replace("3 days", "2 days").replace(
        "fee == null", "fee == null and level != null"
    )

    clashes = club.upgrade(gym("1.1.0", rules_gym=newer))
    rule = club.site.model.rules["fee_needed"]

    assert clashes == ["rules.fee_needed.within"]
    assert rule.body.clock.within.spans["default"].amount == 5  # type: ignore[attr-defined]
    assert rule.when is not None
    assert "level" in rule.when.names


def test_removing_keeps_the_values_and_going_back_shows_them_again(club: Club) -> None:
    club.install(gym())
    record = club.create("course", name="Yoga", fee="120")
    intent = club.shop.plan_remove(club.ctx, "gym")

    with pytest.raises(RefusedError):
        club.shop.carry_out(club.ctx, intent)
    club.shop.carry_out(club.ctx, intent, second_word=True)
    gone = "course" not in club.site.model.objects
    club.install(gym())

    assert gone
    assert any(
        "1 courses" in one.text.en or "1 course" in one.text.en for one in intent.plan.findings
    )
    assert str(club.values("course", record)["fee"]) == "120.00"


def test_what_the_site_changed_in_a_template_goes_along_with_it_and_comes_back(club: Club) -> None:
    with_lead = "object: lead\nfields:\n  goal: {type: text, label: {en: Goal, zh: 目标}}\n"
    club.install(gym(metadata_lead=with_lead))
    before = club.site.model
    club.change("objects.course.fields.fee.label.zh", "学费")
    club.change("objects.course.fields.own", {"type": "text"})
    club.change("objects.lead.fields.goal.help.en", "What for")
    club.change("objects.lead.fields.budget.label.zh", "预算金额")
    club.change("rules.fee_needed.within", "5 days")
    changing = club.site.changing
    assert changing is not None
    number, _ = changing.current(club.ctx)

    intent = club.shop.plan_remove(club.ctx, "gym")
    (said,) = [one for one in intent.plan.findings if one.code == "site_changes_go"]
    with pytest.raises(RefusedError):
        club.shop.carry_out(club.ctx, intent)
    club.shop.carry_out(club.ctx, intent, second_word=True)

    assert set(said.samples) == {"course", "lead.fields.goal", "rules.fee_needed"}
    assert "course" not in club.site.model.objects
    assert "goal" not in club.site.model.objects["lead"].fields
    assert club.site.model.objects["lead"].fields["budget"].label.zh == "预算金额"

    planned = changing.plan_rollback(club.ctx, number)
    changing.rollback(club.ctx, planned, number, Wish("back", second_word=True))
    assert label(club, "fee") == "学费"
    assert "own" in club.site.model.objects["course"].fields
    assert before.rules.keys() == club.site.model.rules.keys()


def test_an_earlier_version_or_an_unknown_template_is_refused(club: Club) -> None:
    club.install(gym("1.1.0"))

    for package in (gym("1.0.0"), gym("1.1.0")):
        with pytest.raises(RefusedError, match="no earlier version"):
            club.shop.plan_upgrade(club.ctx, package)
    with pytest.raises(RefusedError, match="not installed"):
        club.shop.plan_remove(club.ctx, "spa")
    with pytest.raises(RefusedError, match="installed already"):
        club.shop.plan_install(club.ctx, gym("2.0.0"))
    with pytest.raises(RefusedError, match="no clash"):
        club.shop.plan_upgrade(club.ctx, gym("2.0.0"), {"course.label": "theirs"})


def test_only_administrators_may_use_the_shop(club: Club) -> None:
    li = club.create("user", name="Li", email="li@example.com", roles=["sales"])
    actor = club.site.actors.by_id(club.ctx, club.site.model, li)
    assert actor is not None
    ctx = replace(club.ctx, actor=actor)

    for ask in (
        lambda: club.shop.gallery(ctx),
        lambda: club.shop.plan_install(ctx, gym()),
        lambda: club.shop.load_samples(ctx, gym()),
    ):
        with pytest.raises(RefusedError) as refused:
            ask()
        assert refused.value.status == 403


def test_what_the_site_changed_becomes_a_template_that_gives_the_same_again(club: Club) -> None:
    club.change(
        "objects.lead.fields.shoe_size",
        {"type": "integer", "label": {"en": "Shoe size", "zh": "鞋码"}},
    )

    made = read_archive(pack(club.shop.from_site(club.ctx, "ours", "Ours")))

    assert made.name == "ours"
    assert made.texts["plugin.yaml"] == (
        'name: ours\nversion: 1.0.0\nlabel: {en: "Ours", zh: "Ours"}\n'
    )
    assert "shoe_size" in made.texts["metadata/lead.yaml"]
    assert club.shop.test(made) == ()


def archive(**files: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as made:
        for name, content in files.items():
            made.writestr(name, content)
    return buffer.getvalue()


GOOD = {"plugin.yaml": MANIFEST.format(version="1.0.0").encode()}


@pytest.mark.parametrize(
    ("files", "code"),
    [
        ({**GOOD, "../../etc/cron.yaml": b"x: 1"}, "bad_path"),
        ({**GOOD, "/etc/x.yaml": b"x: 1"}, "bad_path"),
        ({**GOOD, "metadata\\..\\x.yaml": b"x: 1"}, "bad_path"),
        ({**GOOD, "metadata/a.py": b"import os"}, "code"),
        ({**GOOD, "metadata/a.exe": b"MZ"}, "no_part"),
        ({**GOOD, "metadata/a.yaml": b"\xff\xfe"}, "not_utf8"),
        ({**GOOD, "metadata/a.yaml": b"a" * (2 * 1024 * 1024 + 1)}, "too_large"),
        ({"metadata/a.yaml": b"x: 1"}, "no_manifest"),
    ],
)
def test_an_archive_with_what_does_not_belong_is_refused(
    files: dict[str, bytes], code: str
) -> None:
    with pytest.raises(RefusedError) as refused:
        read_archive(archive(**files))

    assert code in [problem.code for problem in refused.value.problems]
    assert all(problem.cure for problem in refused.value.problems)


def test_a_link_in_an_archive_or_a_folder_is_refused(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as made:
        made.writestr("plugin.yaml", GOOD["plugin.yaml"])
        entry = zipfile.ZipInfo("metadata/a.yaml")
        entry.external_attr = 0o120777 << 16
        made.writestr(entry, "/etc/passwd")
    (tmp_path / "plugin.yaml").write_bytes(GOOD["plugin.yaml"])
    (tmp_path / "metadata").mkdir()
    (tmp_path / "metadata" / "a.yaml").symlink_to("/etc/passwd")

    for read in (lambda: read_archive(buffer.getvalue()), lambda: read_folder(tmp_path)):
        with pytest.raises(RefusedError) as refused:
            read()
        assert refused.value.problems[0].code == "link"


@pytest.mark.parametrize("content", [b"", b"PK", b"not a zip at all", b"PK\x03\x04" + b"\0" * 60])
def test_what_is_no_archive_is_refused(content: bytes) -> None:
    with pytest.raises(RefusedError) as refused:
        read_archive(content)

    assert refused.value.problems[0].code == "no_archive"


@pytest.mark.parametrize(
    "text",
    ["", "name: A b\nversion: 1.0.0\nlabel: {en: A}\n", "name: a\nversion: one\nlabel: {en: A}\n",
     "name: a\nversion: 1.0.0\nlabel: {en: A}\nneeds: {gym: latest}\n", "name: [\n"],
)  # fmt: skip
def test_a_wrong_manifest_is_refused_with_its_line(text: str) -> None:
    with pytest.raises(MetadataError) as error:
        of_texts({"plugin.yaml": text})

    assert error.value.problems[0].path.startswith("plugin.yaml")


def test_packing_gives_the_same_bytes_for_the_same_texts() -> None:
    package = shipped_template("education")

    assert pack(package) == pack(read_archive(pack(package)))
    assert read_archive(pack(package)).texts == package.texts
