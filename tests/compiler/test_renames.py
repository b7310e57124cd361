"""What is renamed keeps its column, its place and everything that names it, in every layer."""

from __future__ import annotations

import pytest

from fieldstone.base.errors import MetadataError
from tests.builders import a_model

LEAD = """
object: lead
fields:
  name: text
  budget: integer
  grade: {type: select, options: {poor: Poor, good: Good}}
  half: {type: formula, returns: decimal, value: "budget / 2"}
  customer: {type: lookup, to: customer}
stages: {pipelines: {standard: {stages: {new: New, contacted: {needs: [budget], guard: "budget > 0"}}}}}
search: [name]
views:
  rich: {filter: "budget > 100 and grade == 'good' and stage != 'contacted'", columns: [name, budget], sort: "-budget,name"}
forms: {default: {main: {fields: [name, budget]}}}
permissions: {sales: {read: all, fields: {budget: read}}}
"""
CUSTOMER = """
object: customer
fields:
  name: text
  total: {type: rollup, of: leads, function: sum, value: budget}
  rich: {type: formula, returns: boolean, value: "any(leads, budget > 5 and grade in ['good'])"}
"""
SITE = """
roles: {sales: Sales}
nav: {main: {label: Main, items: [lead, customer]}}
rules:
  check: {kind: validation, object: lead, field: budget, that: "budget < 10", message: No, when: "customer.name != ''"}
"""


def test_a_field_that_a_higher_layer_renames_is_followed_by_views_rules_formulas_and_permissions() -> (
    None
):
    model = a_model(
        LEAD,
        CUSTOMER,
        SITE,
        site="object: lead\nfields: {cost: {renamed_from: budget, label: Cost}}",
    )

    lead = model.objects["lead"]
    assert list(lead.fields)[:3] == ["name", "cost", "grade"]
    assert (lead.fields["cost"].column, lead.fields["cost"].type.name) == ("f_budget", "integer")
    assert lead.fields["half"].formula.text == "cost / 2"
    view = lead.views["rich"]
    assert view.filter.text.startswith("cost > 100")
    assert (view.columns, view.sort) == (("name", "cost"), (("cost", True), ("name", False)))
    assert lead.form[0].fields == ("name", "cost")
    assert lead.permissions["sales"].fields["cost"].level == "read"
    stage = lead.pipelines.pipelines["standard"].stages["contacted"]
    assert (stage.needs, stage.guard.text) == (("cost",), "cost > 0")
    customer = model.objects["customer"]
    assert customer.fields["total"].rollup.value == "cost"
    assert "cost > 5" in customer.fields["rich"].formula.text
    assert model.rules["check"].body.that.text == "cost < 10"


def test_options_and_stages_that_are_renamed_are_followed_by_conditions() -> None:
    site = """
    object: lead
    fields: {grade: {options: {fine: {renamed_from: good}}}}
    stages: {pipelines: {standard: {stages: {talking: {renamed_from: contacted}}}}}
    """
    model = a_model(LEAD, CUSTOMER, SITE, site=site)

    lead = model.objects["lead"]
    assert list(lead.fields["grade"].type.options) == ["poor", "fine"]
    assert list(lead.pipelines.pipelines["standard"].stages) == ["new", "talking"]
    assert (
        lead.views["rich"].filter.text == "budget > 100 and grade == 'fine' and stage != 'talking'"
    )
    assert "grade in ['fine']" in model.objects["customer"].fields["rich"].formula.text


def test_an_object_that_is_renamed_keeps_its_table_its_relations_and_what_names_it() -> None:
    model = a_model(
        LEAD, CUSTOMER, SITE, site="object: prospect\nrenamed_from: lead\nlabel: Prospect"
    )

    assert "lead" not in model.objects
    prospect = model.objects["prospect"]
    assert prospect.table == "o_lead"
    assert prospect.label.en == "Prospect"
    assert model.rules["check"].object_name == "prospect"
    assert [item.target for item in model.nav] == ["prospect", "customer"]
    assert model.objects["customer"].relations["leads"].object_name == "prospect"


def test_a_view_that_is_renamed_is_followed_by_the_navigation_and_by_what_stands_after_it() -> None:
    own = """
    object: lead
    views: {wealthy: {renamed_from: rich, label: Wealthy}, last: {columns: [name], after: rich}, poor: {columns: [name]}}
    """
    parts = SITE.replace("items: [lead,", "items: [{object: lead, view: rich},")

    model = a_model(LEAD, CUSTOMER, parts, site=own)

    lead = model.objects["lead"]
    assert list(lead.views) == ["wealthy", "last", "poor"]
    assert lead.views["wealthy"].filter.text.startswith("budget > 100")
    assert [(one.target, one.view) for one in model.nav] == [("lead", "wealthy"), ("customer", "")]


TWO_PIPELINES = """
object: deal
fields:
  name: text
  size: integer
stages:
  pipelines:
    sale: {stages: {new: New, won: {kind: won, guard: "pipeline == 'sale'"}}}
    renewal: {when: "size > 5", stages: {due: {enter: [{set: {name: "'Again'"}}]}, won: {kind: won}}, moves: {due: [won]}}
views:
  again: {filter: "pipeline == 'renewal'", columns: [name, pipeline]}
permissions: {sales: {read: all, when: "pipeline in ['renewal']"}}
"""
OF_PIPELINES = """
roles: {sales: Sales}
rules:
  check: {kind: validation, object: deal, that: "size < 10", message: No, when: "pipeline != 'renewal'"}
  sort: {kind: automation, object: deal, when: "size > 5", set: {pipeline: "if_(size > 7, 'renewal', coalesce(null, 'sale'))"}}
reports:
  money:
    kind: dashboard
    object: deal
    date: created_at
    figures: {n: {measure: "count(pipeline == 'renewal')", list: "pipeline:in:renewal"}}
"""


def test_a_pipeline_that_is_renamed_is_followed_by_all_that_names_it() -> None:
    site = "object: deal\nstages: {pipelines: {renewals: {renamed_from: renewal}, third: {stages: {a: A}, after: renewal}}}"

    model = a_model(TWO_PIPELINES, OF_PIPELINES, site=site)

    deal = model.objects["deal"]
    pipelines = deal.pipelines.pipelines
    assert list(pipelines) == ["sale", "renewals", "third"]
    assert pipelines["renewals"].renamed_from == ("renewal",)
    assert pipelines["renewals"].moves == {"due": ("won",), "won": ()}
    assert list(deal.fields["pipeline"].type.options) == ["sale", "renewals", "third"]
    assert deal.fields["pipeline"].type.format("renewal", "en", "UTC") == "Renewals"
    assert deal.views["again"].filter.text == "pipeline == 'renewals'"
    assert deal.permissions["sales"].when.text == "pipeline in ['renewals']"
    assert model.rules["check"].when.text == "pipeline != 'renewals'"
    assigned = model.rules["sort"].written["set"]
    assert assigned["pipeline"] == "if_(size > 7, 'renewals', coalesce(null, 'sale'))"
    figure = model.reports["money"].body["figures"]["n"]
    assert figure["measure"] == "count(pipeline == 'renewals')"
    assert figure["list"] == "pipeline:in:renewals"


@pytest.mark.parametrize(
    "site",
    [
        "object: lead\nviews: {wealthy: {renamed_from: rich}, rich: {columns: [name]}}",
        "object: lead\nstages: {pipelines: {usual: {renamed_from: standard, stages: {b: B}}, standard: {stages: {a: A}}}}",
    ],
)
def test_a_code_that_was_given_up_is_no_other_ones(site: str) -> None:
    with pytest.raises(MetadataError) as refusal:
        a_model(LEAD, CUSTOMER, SITE, site=site)

    assert [one.code for one in refusal.value.problems] == ["code_given_up"]


def test_a_code_that_was_given_up_cannot_be_taken_again_while_its_column_is_in_use() -> None:
    site = (
        "object: lead\nfields: {cost: {type: integer, renamed_from: budget}, budget: {type: text}}"
    )

    with pytest.raises(MetadataError) as refusal:
        a_model("object: lead\nfields: {name: text, budget: integer}", site=site)

    assert refusal.value.problems[0].code == "shared_column"


def test_reports_follow_what_is_renamed() -> None:
    report = """
    reports:
      money:
        kind: dashboard
        object: lead
        date: created_at
        figures:
          budget: {measure: "sum(budget, stage == 'contacted')", list: "stage:in:new~contacted"}
        charts:
          by_grade: {kind: bars, group: grade, figures: {n: {measure: "count(grade == 'good')"}}}
    """
    site = """
    object: lead
    fields: {cost: {renamed_from: budget}, grade: {options: {fine: {renamed_from: good}}}}
    stages: {pipelines: {standard: {stages: {talking: {renamed_from: contacted}}}}}
    """
    model = a_model(LEAD, CUSTOMER, SITE, report, site=site)

    body = model.reports["money"].body
    assert body["figures"]["budget"]["measure"] == "sum(cost, stage == 'talking')"
    assert body["figures"]["budget"]["list"] == "stage:in:new~talking"
    assert body["charts"]["by_grade"]["figures"]["n"]["measure"] == "count(grade == 'fine')"
    assert any(
        use.what == "field"
        and use.target == ("lead", "cost")
        and use.path[:2] == ("reports", "money")
        for use in model.uses
    )


def test_the_tree_of_a_report_follows_what_is_renamed_of_the_records_it_is_made_of() -> None:
    report = """
    reports:
      money:
        kind: dashboard
        object: lead
        date: created_at
        charts:
          by_customer: {kind: tree, group: customer, parent: above, below: budget, figures: {n: {measure: "count()"}}}
    """
    customer = CUSTOMER + "  above: {type: lookup, to: customer}\n"
    site = """
    object: customer
    fields: {part_of: {renamed_from: above}}
    """
    model = a_model(LEAD, customer, SITE, report, site=site)

    chart = model.reports["money"].body["charts"]["by_customer"]
    assert (chart["parent"], chart["below"]) == ("part_of", "budget")


@pytest.mark.parametrize(
    ("site", "code"),
    [
        ("object: user\nfields: {zone: {renamed_from: time_zone}}", "platform_name"),
        ("object: person\nrenamed_from: user", "platform_name"),
        ("object: absence\nfields: {begins: {renamed_from: starts_at}}", "platform_name"),
        ("object: user\nfields: {language: {options: {cn: {renamed_from: zh}}}}", "platform_name"),
        ("object: user\nfields: {email: null}", "platform_needs"),
        ("object: user\nfields: {active: {archived: true}}", "platform_needs"),
    ],
)
def test_what_the_platform_itself_reads_keeps_its_code(site: str, code: str) -> None:
    user = "object: user\nfields: {name: text, email: email, roles: tags, active: boolean, time_zone: text, language: {type: select, options: {en: English, zh: 中文}}}"
    absence = "object: absence\nfields: {starts_at: datetime, ends_at: datetime}"

    with pytest.raises(MetadataError) as refused:
        a_model(user, absence, site=site)

    assert code in [one.code for one in refused.value.problems]


def test_what_the_platform_reads_may_have_another_label_and_its_namesakes_another_code() -> None:
    user = "object: user\nfields: {name: text, email: email, time_zone: text, nickname: text}"
    site = "object: user\nfields: {time_zone: {label: Where}, alias: {renamed_from: nickname}}"

    fields = a_model(user, site=site).objects["user"].fields

    assert fields["time_zone"].label.en == "Where"
    assert fields["alias"].column == "f_nickname"
