"""Each shipped template at work: its sample data fills every dashboard, and a site's changes outlive upgrade and removal."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from fieldstone import bootstrap
from fieldstone.base.errors import RefusedError
from fieldstone.base.settings import Settings
from fieldstone.evolution.packages import Package, of_texts
from fieldstone.reads.query import Query
from fieldstone.reports.dashboards import Asked, dashboard
from fieldstone.reports.results import Dashboard
from fieldstone.templates.shop import Shop, shipped_template
from tests.templates.test_shipped import INDUSTRIES
from tests.templates.test_shop import Club

PEOPLE = [
    ("Ada", "admin"),
    ("Li", "sales"),
    ("Mei", "sales"),
    ("Wu", "service"),
    ("He", "marketing"),
]


def opened(url: str, folder: Path) -> Iterator[Club]:
    site = bootstrap.build_site(Settings(folder, url, secret_key="k" * 32))
    club = Club(site, Shop(site))
    for name, role in PEOPLE:
        club.create("user", name=name, email=f"{name.lower()}@example.com", roles=[role])
    yield club
    site.storage.close()


@pytest.fixture
def club(database_url: str, tmp_path: Path) -> Iterator[Club]:
    yield from opened(database_url, tmp_path)


@pytest.fixture
def sqlite_club(sqlite_url: str, tmp_path: Path) -> Iterator[Club]:
    yield from opened(sqlite_url, tmp_path)


def empty_parts(found: Dashboard) -> list[str]:
    figures = [f"{found.code}.{one.code}" for one in found.figures if not one.value]
    charts = [f"{found.code}.{one.code}" for one in found.charts if not one.lines]
    return figures + charts


@pytest.mark.parametrize("name", INDUSTRIES)
def test_sample_data_fills_every_dashboard_of_its_template(name: str, sqlite_club: Club) -> None:
    club, package = sqlite_club, shipped_template(name)
    club.install(package)
    club.shop.load_samples(club.ctx, package)
    site = club.site
    asked = Asked(site.reads, club.ctx, site.model)
    own = [code for code, one in site.model.reports.items() if one.origin.layer == name]

    assert own
    assert [part for code in own for part in empty_parts(dashboard(asked, code))] == []


@dataclass(frozen=True)
class Story:
    """What the site and the next version of a template both touch, and which stage the next version no longer has."""

    template: str
    object_name: str
    label: str  # a field
    option: str  # one of its options, by field and code
    role: str  # who works with it
    rule: str
    rules: str  # the file that says the rule
    stage: str  # by object and code
    to: str  # where its records go
    pipeline: str = "standard"

    @property
    def paths(self) -> tuple[str, str, str, str]:
        """Return what clashes: a label, the name of an option, a right, a span."""
        field, code = self.option.split(".")
        here = self.object_name
        return (
            f"{here}.fields.{self.label}.label.zh",
            f"{here}.fields.{field}.options.{code}.label.zh",
            f"{here}.permissions.{self.role}.update",
            f"rules.{self.rule}.within",
        )

    def next_version(self, package: Package, version: str, word: str = "") -> Package:
        """Return the package as its makers changed it meanwhile."""
        texts, file = dict(package.texts), f"metadata/{self.object_name}.yaml"
        stage_file, stage = self.stage.split(".")
        code = self.option.partition(".")[2]
        edits = [
            ("plugin.yaml", r"version: .*", f"version: {version}"),
            (file, rf"^(  {self.label}: .*?zh: )([^}},]+)", rf"\1新\2{word}"),
            (file, rf"^( +{code}: .*?zh: )([^}},]+)(.*)$", r"\1新\2\3\n      extra: {en: Extra, zh: 其他新项}"),
            (file, rf"^(  {self.role}: .*)update: own", r"\1update: all"),
            (self.rules, rf"^(  {self.rule}:.*?within: )[^\n]+", r"\g<1>2 hours"),
            (f"metadata/{stage_file}.yaml", rf"^        {stage}: .*\n", ""),
        ]  # fmt: skip
        for path, old, new in edits:
            flags = re.MULTILINE | (re.DOTALL if path == self.rules else 0)
            texts[path], made = re.subn(old, new, texts[path], count=1, flags=flags)
            assert made == 1, (path, old)
        return of_texts(texts)


STORIES = [
    Story(
        "education", "lead", "home_city", "quality.might_be", "consultant",
        "school_first_payment", "rules/school.yaml", "trial_lesson.missed", "cancelled",
    ),
    Story(
        "insurance", "compliance_note", "evidence", "kind.consent", "sales",
        "insurance_claim_answer", "rules/insurance.yaml", "needs_analysis.declined", "accepted",
    ),
    Story(
        "b2b_software", "success_plan", "measure", "kind.growth", "sales",
        "software_trial_welcome", "rules/software.yaml", "opportunity.security", "negotiation", "software",
    ),
    Story(
        "manufacturing", "work_order", "hours_spent", "kind.inspection", "technician",
        "service_on_time", "rules/field_service.yaml", "opportunity.survey", "enquiry", "machines",
    ),
    Story(
        "ecommerce", "member", "birthday", "level.silver", "sales",
        "shop_return_answer", "rules/shop.yaml", "care_action.skipped", "done",
    ),
]  # fmt: skip


def shown(club: Club, story: Story) -> dict[str, object]:
    """Return what holds on the site of everything that both sides touched."""
    spec = club.site.model.objects[story.object_name]
    field, code = story.option.split(".")
    options = spec.fields[field].type.options  # type: ignore[attr-defined]
    return {
        "label": spec.fields[story.label].label.zh,
        "option": options[code].label.zh,
        "options": {"ours", "extra"} & set(options),
        "update": spec.permissions[story.role].update,
        "within": club.site.model.rules[story.rule].body.clock.within.spans["default"].amount,  # type: ignore[attr-defined]
    }


def in_stage(club: Club, object_name: str, stage: str) -> set[str]:
    query = Query(filter=f"stage == '{stage}'", limit=500)
    page = club.site.reads.list(club.ctx, club.site.model, object_name, query)
    return {one.id for one in page.rows}


@pytest.mark.parametrize("story", STORIES, ids=lambda one: one.template)
def test_a_sites_changes_outlive_the_upgrade_and_the_removal_of_a_template(
    story: Story, club: Club
) -> None:
    package = shipped_template(story.template)
    club.install(package)
    club.shop.load_samples(club.ctx, package)
    label, option, right, span = story.paths
    field, _ = story.option.split(".")
    ours = {"label": {"en": "Ours", "zh": "本站新增"}}
    for path, value in (
        (f"objects.{label}", "本站叫法"),
        (f"objects.{option}", "本站选项"),
        (f"objects.{story.object_name}.fields.{field}.options.ours", ours),
        (f"objects.{right}", "none"),
        (span, "5 hours"),
    ):
        club.change(path, value)
    stage_of, stage = story.stage.split(".")
    left = in_stage(club, stage_of, stage)
    newer = story.next_version(package, "8.0.0")

    asked = club.shop.plan_upgrade(club.ctx, newer)
    with pytest.raises(RefusedError):
        club.shop.carry_out(club.ctx, asked)
    intent = club.shop.plan_upgrade(
        club.ctx, newer, {label: "theirs"}, {(stage_of, "stage", stage): story.to}
    )
    club.shop.carry_out(club.ctx, intent, second_word=True)

    assert {one.name for one in asked.clashes} == set(story.paths)
    assert left
    assert left <= in_stage(club, stage_of, story.to)
    after = {"option": "本站选项", "options": {"ours", "extra"}, "update": "none", "within": 300}
    found = shown(club, story)
    assert {key: found[key] for key in after} == after
    assert str(found["label"]).startswith("新")

    # What was chosen is not asked for again, and holds, while the makers change other things.
    third = of_texts(
        {**newer.texts, "plugin.yaml": newer.texts["plugin.yaml"].replace("8.0.0", "8.1.0")}
    )
    again = club.shop.plan_upgrade(club.ctx, third)
    assert all(one.remembered for one in again.clashes)
    club.shop.carry_out(club.ctx, again, second_word=True)
    assert shown(club, story) == found

    # Removed, it says what it leaves; installed again, the records are there as they were.
    own = next(
        code
        for code, spec in club.site.model.objects.items()
        if spec.origin.layer == story.template and not spec.parent
    )
    before = ids_of(club, own)
    removal = club.shop.plan_remove(club.ctx, story.template)
    with pytest.raises(RefusedError):
        club.shop.carry_out(club.ctx, removal)
    club.shop.carry_out(club.ctx, removal, second_word=True)
    assert own not in club.site.model.objects
    assert any(one.count == len(before) for one in removal.plan.findings)
    club.install(third)
    assert ids_of(club, own) == before


def ids_of(club: Club, object_name: str) -> set[str]:
    page = club.site.reads.list(club.ctx, club.site.model, object_name, Query(limit=500))
    return {one.id for one in page.rows}
