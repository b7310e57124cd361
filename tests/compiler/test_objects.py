"""An object document becomes an object with fields, stages, views, forms and permissions."""

import pickle

import pytest

from fieldstone.base.label import Label
from fieldstone.expressions.types import Kind
from fieldstone.model.objects import FieldAccess, Rollup
from tests.builders import a_model

LEAD = """
object: lead
label: {en: Lead, zh: 线索}
fields:
  name: {type: text, required: true}
  email: email
  next_follow_up: datetime
  budget: currency
  score: {type: integer, default: 0, read_only: true}
  grade: {type: select, options: {poor: {zh: 劣质}, good: {label: {en: Good, zh: 优质}, color: green}, old: {en: Old, archived: true}}}
  fullness: {type: formula, returns: percent, value: "filled(name, email) / 2"}
stages:
  pipelines:
    standard:
      stages:
        new: {probability: 5}
        contacted: {needs: [email], within: 2 working days}
        qualified: {guard: "score >= 60"}
        won: {kind: won}
        invalid: {kind: lost}
ownership: {owner: optional, pools: [public_pool]}
views:
  mine: {filter: "owner == user", sort: -score}
  board: {kind: board}
forms:
  quick: [name, email]
roles_are: elsewhere
""".replace("roles_are: elsewhere\n", "")


def test_short_and_long_forms_of_a_field_say_the_same():
    model = a_model(
        "object: a\nfields: {name: text, mail: email}", "object: b\nfields: {name: {type: text}}"
    )

    assert model.objects["a"].fields["name"].type == model.objects["b"].fields["name"].type
    assert model.objects["a"].fields["mail"].type.name == "email"


def test_a_label_left_out_is_made_from_the_code_and_completed_where_one_language_is_missing():
    fields = a_model(LEAD).objects["lead"].fields

    assert fields["next_follow_up"].label == Label("Next follow up")
    assert fields["grade"].type.options["poor"].label == Label("Poor", "劣质")
    assert a_model(LEAD).objects["lead"].plural == Label("Leads", "线索")


def test_an_archived_option_stays_known():
    options = a_model(LEAD).objects["lead"].fields["grade"].type.options

    assert options["old"].archived
    assert not options["good"].archived
    assert options["good"].color == "green"


def test_words_that_yaml_would_turn_into_something_else_stay_text():
    options = a_model(
        "object: a\nfields: {answer: {type: select, options: {yes: Yes, no: No, on: On}}}"
    )

    assert list(options.objects["a"].fields["answer"].type.options) == ["yes", "no", "on"]


def test_the_stage_field_is_made_from_the_pipelines():
    lead = a_model(LEAD).objects["lead"]

    assert lead.stage_field == "stage"
    assert list(lead.fields["stage"].type.options) == [
        "new",
        "contacted",
        "qualified",
        "won",
        "invalid",
    ]
    assert lead.fields["stage"].required
    assert lead.pipelines.pipeline_field == ""
    assert lead.pipelines.pipelines["standard"].first.code == "new"


def test_forward_allows_later_stages_and_any_lost_one_but_nothing_back_nor_out_of_an_end():
    moves = a_model(LEAD).objects["lead"].pipelines.pipelines["standard"].moves

    assert moves["contacted"] == ("qualified", "won", "invalid")
    assert moves["won"] == ()
    assert moves["invalid"] == ()


def test_any_allows_every_other_stage_and_a_map_only_what_it_names():
    stages = "stages: {pipelines: {p: {stages: {a: {}, b: {}, c: {}}, moves: MOVES}}}"
    anything = a_model("object: t\nfields: {name: text}\n" + stages.replace("MOVES", "any"))
    mapped = a_model("object: t\nfields: {name: text}\n" + stages.replace("MOVES", "{a: [c]}"))

    assert anything.objects["t"].pipelines.pipelines["p"].moves["b"] == ("a", "c")
    assert mapped.objects["t"].pipelines.pipelines["p"].moves == {"a": ("c",), "b": (), "c": ()}


def test_several_pipelines_bring_a_pipeline_field():
    deal = a_model(
        "object: deal\nfields: {name: text}\n"
        "stages: {pipelines: {new: {stages: {a: {}, won: {kind: won}}}, renewal: {stages: {due: {}, won: {kind: won}}}}}"
    ).objects["deal"]

    assert list(deal.fields["pipeline"].type.options) == ["new", "renewal"]
    assert list(deal.fields["stage"].type.options) == ["a", "won", "due"]
    assert deal.pipelines.pipelines["new"].stages["won"].probability == 100


def test_system_fields_exist_where_they_make_sense():
    lead = a_model(LEAD).objects["lead"]
    plain = a_model("object: a\nfields: {name: text}").objects["a"]

    assert {
        "owner",
        "owned_at",
        "pool",
        "stage_entered_at",
        "created_at",
        "updated_by",
    } <= lead.fields.keys()
    assert (
        not {"owner", "owned_at", "pool", "stage_entered_at", "last_activity_at"}
        & plain.fields.keys()
    )
    assert not lead.fields["owner"].read_only
    assert lead.fields["created_at"].read_only
    assert lead.fields["created_at"].column == "created_at"


def test_a_lookup_gives_the_other_object_a_relation():
    model = a_model(
        "object: customer\nfields: {name: text}",
        "object: activity\nfields: {subject: text, customer: {type: lookup, to: customer}}",
    )

    relation = model.objects["customer"].relations["activities"]
    assert (relation.object_name, relation.field, relation.owned) == ("activity", "customer", False)
    assert model.scope("activity").follow("customer").object_name == "customer"


def test_two_lookups_to_one_object_are_told_apart_by_related_name():
    relations = (
        a_model(
            "object: customer\nfields: {name: text}",
            "object: deal\nfields: {a: {type: lookup, to: customer}, b: {type: lookup, to: customer, related_name: paid_deals}}",
        )
        .objects["customer"]
        .relations
    )

    assert list(relations) == ["deals", "paid_deals"]


def test_child_rows_become_an_object_of_their_own_with_a_total_over_them():
    model = a_model(
        """
        object: quote
        fields:
          name: text
          lines:
            type: rows
            fields:
              quantity: {type: integer, required: true}
              price: currency
              amount: {type: formula, returns: currency, value: "quantity * price"}
          total: {type: rollup, of: lines, function: sum, value: amount}
          biggest: {type: formula, returns: currency, value: "max(lines, amount)"}
        """
    )

    quote, line = model.objects["quote"], model.objects["quote__lines"]
    assert line.parent == ("quote", "lines")
    assert line.hidden
    assert list(line.fields)[:2] == ["parent", "position"]
    assert quote.relations["lines"].owned
    assert quote.fields["lines"].column == ""
    assert quote.fields["lines"].type.expression_type.kind is Kind.ROWS
    assert list(quote.fields["lines"].type.fields) == ["quantity", "price", "amount"]
    assert quote.fields["total"].rollup == Rollup("lines", "sum", "amount")
    assert quote.fields["total"].type.returns.name == "currency"


def test_a_rollup_may_sum_up_a_rollup_that_is_written_later():
    model = a_model(
        "object: customer\nfields: {name: text, won: {type: rollup, of: deals, function: sum, value: total}}",
        """
        object: deal
        fields:
          customer: {type: lookup, to: customer}
          lines: {type: rows, fields: {price: currency}}
          total: {type: rollup, of: lines, function: sum, value: price}
        """,
    )

    assert model.objects["customer"].fields["won"].type.returns.name == "currency"


def test_a_formula_is_stored_when_it_reads_its_own_row_only():
    fields = (
        a_model(
            """
        object: a
        fields:
          name: text
          x: integer
          y: {type: formula, returns: integer, value: "x * 2"}
          z: {type: formula, returns: integer, value: "y + 1"}
          kept_out: {type: formula, returns: integer, value: "x + 1", stored: false}
          age: {type: formula, returns: decimal, value: "days_since(created_at)"}
          older: {type: formula, returns: boolean, value: "age > 3"}
          chief: {type: formula, returns: text, value: "created_by.name"}
        """
        )
        .objects["a"]
        .fields
    )

    stored = {code for code, field in fields.items() if field.formula is not None and field.column}
    assert stored == {"y", "z"}


def test_conditions_defaults_and_guards_are_read_as_expressions():
    lead = a_model(
        LEAD,
        site='object: lead\nfields: {due: {type: date, default_expression: today(), required_when: "score > 5", visible_when: "grade == \'good\'"}}',
    ).objects["lead"]

    assert lead.fields["due"].default_expression.text == "today()"
    assert lead.fields["due"].required_when.names == {"score"}
    assert lead.fields["due"].visible_when.text == "grade == 'good'"
    assert lead.pipelines.pipelines["standard"].stages["qualified"].guard.text == "score >= 60"
    assert lead.fields["score"].default == 0


def test_views_forms_and_search_have_sensible_defaults():
    lead = a_model(LEAD).objects["lead"]
    plain = a_model(
        "object: a\nfields: {code: text, name: {type: text, required: true}, note: long_text}"
    ).objects["a"]

    assert lead.views["board"].by == "stage"
    assert lead.views["mine"].columns[0] == "name"
    assert lead.quick == ("name", "email")
    assert plain.title == "name"
    assert plain.search == ("name",)
    assert list(plain.views) == ["all"]
    assert plain.form[0].fields == ("code", "name", "note")
    assert plain.quick == ("name", "code", "note")


def test_a_long_form_asks_in_its_dialog_for_what_is_required_only():
    fields = ", ".join(f"f{n}: text" for n in range(12))
    long = a_model(
        f"object: a\nfields: {{name: text, must: {{type: text, required: true}}, {fields}}}"
    )

    assert long.objects["a"].quick == ("name", "must")


def test_permissions_name_scopes_fields_and_masks():
    lead = a_model(
        LEAD,
        "roles: {admin: {administrator: true}, sales: Sales}",
        site='object: lead\npermissions: {sales: {read: own, create: true, other_fields: read, fields: {budget: hidden, email: {mask: "owner != user"}}}}',
    ).objects["lead"]

    sales = lead.permissions["sales"]
    assert (sales.read, sales.create, sales.update, sales.default_field) == (
        "own",
        True,
        "none",
        "read",
    )
    assert sales.fields["budget"] == FieldAccess("hidden")
    assert sales.fields["email"].level == "mask"
    assert sales.fields["email"].mask_when.text == "owner != user"


def test_renaming_keeps_the_column_and_the_table():
    model = a_model(
        "object: prospect\nrenamed_from: lead\nfields: {name: text, phone_number: {type: phone, renamed_from: [mobile, phone]}}"
    )

    assert model.objects["prospect"].table == "o_lead"
    assert model.objects["prospect"].fields["phone_number"].column == "f_mobile"


def test_indexes_serve_the_lists_that_the_views_show():
    indexes = a_model(LEAD).objects["lead"].indexes

    assert ("owner", "created_at", "id") in indexes
    assert ("owner", "-score", "-id") in indexes
    assert ("pool", "created_at", "id") in indexes
    assert ("stage", "created_at", "id") in indexes


def test_a_model_compares_by_value_and_travels_between_processes():
    model = a_model(LEAD)
    copy = pickle.loads(pickle.dumps(model))

    assert model == a_model(LEAD)
    assert copy == model
    assert (
        copy.objects["lead"]
        .pipelines.pipelines["standard"]
        .stages["qualified"]
        .guard.read_back("en")
    )


def test_every_setting_knows_where_it_was_written():
    lead = a_model(LEAD, template="object: lead\nfields: {extra: text}").objects["lead"]

    assert (lead.fields["email"].origin.layer, lead.fields["email"].origin.line) == ("core", 6)
    assert (lead.fields["extra"].origin.layer, lead.fields["extra"].origin.line) == ("template", 2)
    assert lead.views["mine"].origin.line == 23


@pytest.mark.parametrize("kind", ["lookup", "multi_lookup"])
def test_links_know_the_object_they_lead_to(kind):
    model = a_model(
        f"object: a\nfields: {{name: text, others: {{type: {kind}, to: a, related_name: back}}}}"
    )

    assert model.scope("a").follow("others").object_name == "a"


def test_a_lookup_named_like_its_object_is_called_what_the_object_is_called():
    lead = "object: lead\nlabel: {en: Lead, zh: 线索}\nfields: {name: text}\n"
    note = "object: note\nfields:\n  name: text\n  lead: {type: lookup, to: lead}\n  other: {type: lookup, to: lead, related_name: others}\n"

    plain = a_model(lead, note).objects["note"].fields
    renamed = a_model(lead, note, site="object: lead\nlabel: {en: Enquiry, zh: 咨询}\n")
    own = a_model(lead, note.replace("to: lead}\n  o", "to: lead, label: From}\n  o"))

    assert (plain["lead"].label.en, plain["lead"].label.zh) == ("Lead", "线索")
    assert plain["other"].label.en == "Other"
    assert renamed.objects["note"].fields["lead"].label.text("zh") == "咨询"
    assert own.objects["note"].fields["lead"].label.en == "From"
