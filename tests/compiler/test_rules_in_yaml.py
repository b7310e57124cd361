"""The envelope that all rules share, and what a kind of rule may ask of the compiler."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone

import pytest

from fieldstone.base.errors import MetadataError
from fieldstone.base.label import Label
from fieldstone.compiler.compile import Document, Layer, compile_site
from fieldstone.expressions.types import BOOLEAN
from fieldstone.rules.kind import Kind
from tests.builders import USER, field_types

LEAD = """
object: lead
fields: {name: text, mobile: phone, budget: currency, boss: user}
stages: {pipelines: {p: {stages: {new: {}, won: {kind: won}}}}}
"""


@dataclass(frozen=True)
class Body:
    asked: tuple[object, ...]

    @property
    def reads(self):
        return ()

    def decide(self, rule, drafts, facts):
        return {}


def compile_probe(raw, build):
    asked = (
        build.expression("items.0.when", raw["items"][0].get("when"), expects=BOOLEAN),
        build.field("field", raw.get("field", "name")),
        build.known("stage", "stage", raw.get("stage", "new")),
        build.known("role", "role", raw.get("role", "admin")),
        build.fields_type("mobile"),
        build.fields_type("nothing"),
        build.scope_of(raw.get("other", "user"), "other") is not None,
    )
    return Body(asked) if "stop" not in raw else None


PROBE = Kind(
    "probe", Label("Probe", "探针"), 10,
    {
        "properties": {
            "items": {"type": "array"}, "field": {"type": "string"}, "stage": {"type": "string"},
            "role": {"type": "string"}, "other": {"type": "string"}, "stop": {"type": "boolean"},
        },
        "required": ["items"],
    },
    compile_probe,
    about=Label("Tells what it was asked.", "记录所问的内容。"),
)  # fmt: skip


def compiled(rules):
    documents = [
        Document("metadata/user.yaml", USER),
        Document("metadata/lead.yaml", LEAD),
        Document("rules/all.yaml", rules),
    ]
    site = Document(
        "metadata/site.yaml", "calendars: {office: {hours: {mon-fri: ['09:00-18:00']}}}"
    )
    return compile_site([Layer("core", (*documents, site))], field_types(), {"probe": PROBE}).rules


def problems_of(rules):
    with pytest.raises(MetadataError) as refused:
        compiled(rules)
    return [(problem.path, problem.message, problem.cure) for problem in refused.value.problems]


def test_the_envelope_has_sensible_defaults():
    rule = compiled("rules: {r: {kind: probe, object: lead, items: [{}]}}")["r"]

    assert (rule.enabled, rule.priority, rule.on, rule.in_flight) == (
        True,
        100,
        ("create", "update"),
        "keep",
    )
    assert rule.label == Label("R")
    assert rule.phase == 10
    assert (rule.when, rule.starts_at, rule.calendar) == (None, None, "")


def test_the_envelope_is_read():
    rule = compiled(
        "rules: {r: {kind: probe, object: lead, items: [{}], when: 'budget > 5', exempt: \"name == 'x'\", on: create,"
        " from: 2026-10-01, to: 2026-11-01T08:00:00+08:00, calendar: office, enabled: false, priority: 5, in_flight: recompute}}"
    )["r"]

    assert rule.when.text == "budget > 5"
    assert rule.exempt.text == "name == 'x'"
    assert rule.on == ("create",)
    assert rule.starts_at == datetime(2026, 10, 1, tzinfo=UTC)
    assert rule.ends_at == datetime(2026, 11, 1, 8, tzinfo=timezone(timedelta(hours=8)))
    assert (rule.calendar, rule.enabled, rule.priority, rule.in_flight) == (
        "office",
        False,
        5,
        "recompute",
    )


def test_the_digest_follows_the_content_not_the_place():
    one = compiled("rules: {r: {kind: probe, object: lead, items: [{}]}}")["r"]
    moved = compiled("\n\n# a remark\nrules:\n  r: {object: lead, kind: probe, items: [{}]}")["r"]
    other = compiled("rules: {r: {kind: probe, object: lead, items: [{}], priority: 7}}")["r"]

    assert one.digest == moved.digest
    assert one.digest != other.digest


def test_a_kind_gets_what_it_asks_for():
    rule = compiled("rules: {r: {kind: probe, object: lead, items: [{when: 'budget > 5'}]}}")["r"]

    when, *others = rule.body.asked
    assert when.text == "budget > 5"
    assert others == ["name", "new", "admin", "phone", "", True]


def test_what_a_kind_asks_for_in_vain_is_told_with_its_line():
    assert problems_of(
        "rules:\n  r:\n    kind: probe\n    object: lead\n    items:\n      - {when: 'bugdet > 5'}\n"
        "    field: nam\n    stage: nwe\n    role: admn\n    other: usr\n"
    ) == [
        (
            "rules/all.yaml:6:17  rules.r.items[1].when",
            "There is no 'bugdet' in lead.",
            "Write 'budget'.",
        ),
        ("rules/all.yaml:7:12  rules.r.field", "lead has no field 'nam'.", "Write 'name'."),
        ("rules/all.yaml:8:12  rules.r.stage", "there is no stage 'nwe'.", "Write 'new'."),
        ("rules/all.yaml:9:11  rules.r.role", "there is no role 'admn'.", "Write 'admin'."),
        ("rules/all.yaml:10:12  rules.r.other", "there is no object 'usr'.", "Write 'user'."),
    ]


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("object: leed", "there is no object 'leed'."),
        ("calendar: offce", "there is no calendar 'offce'."),
        ("from: soon", "'soon' is no instant."),
        ("on: [Every Day]", "'Every Day' is no event."),
        ("in_flight: drop", "'drop' is not known here."),
        ("priority: high", "'high' (a text) stands where a whole number is wanted."),
        ("prioriti: 5", "there is no key 'prioriti' here."),
        ("stop: true", "the kind 'probe' cannot use these settings."),
        ("when: 'name + 5 >'", None),
    ],
)
def test_a_wrong_envelope_is_told(setting, message):
    found = problems_of(
        f"rules: {{r: {{kind: probe, {'' if 'object' in setting else 'object: lead, '}items: [{{}}], {setting}}}}}"
    )

    assert len(found) == 1
    assert message is None or found[0][1] == message


def test_a_missing_setting_of_the_kind_is_told():
    assert problems_of("rules: {r: {kind: probe, object: lead}}") == [
        ("rules/all.yaml:1:12  rules.r", "'items' is missing.", "Add 'items:' here.")
    ]
