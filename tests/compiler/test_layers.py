"""Layers change what lies below them by key; includes split a large object."""

import pytest

from fieldstone.base.errors import MetadataError
from fieldstone.base.label import Label
from fieldstone.compiler.compile import Document, Layer, compile_site, read_layer
from tests.builders import USER, a_model, field_types, rule_kinds

BASE = """
object: lead
fields:
  name: text
  email: email
  budget: {type: currency, required: true}
search: [name, email]
views:
  mine: {columns: [name, email]}
"""


def lead_with(upper):
    return a_model(BASE, upper="object: lead\n" + upper).objects["lead"]


def test_an_upper_layer_changes_one_setting_and_keeps_the_others():
    budget = lead_with("fields: {budget: {label: {zh: 预算}}}").fields["budget"]

    assert budget.required
    assert budget.label.zh == "预算"


def test_null_removes_and_what_named_it_below_forgets_it():
    lead = lead_with("fields: {email: null}")

    assert "email" not in lead.fields
    assert lead.search == ("name",)
    assert lead.views["mine"].columns == ("name",)


def test_a_layer_that_names_what_it_removes_is_told():
    with pytest.raises(MetadataError, match="lead has no field 'email'"):
        lead_with("fields: {email: null}\nsearch: [email]")


def test_a_removed_role_takes_its_permissions_along():
    model = a_model(
        BASE + "permissions: {sales: {read: own}}",
        "roles: {sales: Sales}",
        upper="roles: {sales: null}",
    )

    assert model.objects["lead"].permissions == {}


def test_an_archived_field_is_shown_nowhere_but_stays():
    lead = lead_with("fields: {email: {archived: true}}\nforms: {quick: [name, email]}")

    assert lead.fields["email"].column == "f_email"
    assert lead.views["mine"].columns == ("name",)
    assert lead.quick == ("name",)


def test_a_list_replaces_the_lower_one_unless_told_otherwise():
    assert lead_with("search: [email]").search == ("email",)
    assert lead_with("fields: {phone: phone}\nsearch: !append [phone]").search == (
        "name",
        "email",
        "phone",
    )
    assert lead_with("search: !remove [email]").search == ("name",)


def test_new_entries_come_last_unless_after_says_where():
    def own(lead):
        return [code for code, field in lead.fields.items() if not field.system]

    assert own(lead_with("fields: {phone: phone}")) == ["name", "email", "budget", "phone"]
    assert own(lead_with("fields: {phone: {type: phone, after: name}}")) == [
        "name",
        "phone",
        "email",
        "budget",
    ]
    assert own(lead_with('fields: {budget: {after: ""}}')) == ["budget", "name", "email"]


def test_entries_may_follow_each_other_in_a_chain():
    lead = lead_with("fields: {b: {type: text, after: a}, a: {type: text, after: name}}")

    assert list(lead.fields)[:3] == ["name", "a", "b"]


def test_a_short_form_merges_like_the_long_one_that_it_stands_for():
    assert lead_with("fields: {email: {required: true}}").fields["email"].required
    assert lead_with("fields: {budget: decimal}").fields["budget"].required
    assert lead_with("fields: {budget: decimal}").fields["budget"].type.name == "decimal"
    assert lead_with("label: {zh: 线索}").label == Label("Lead", "线索")


def test_an_option_keeps_what_the_layer_above_does_not_say():
    size = "object: a\nfields: {size: {type: select, options: {s: Small, m: {zh: 中, color: red}}}}"
    above = "object: a\nfields: {size: {options: {s: {zh: 小}, m: Medium}}}"

    options = a_model(size, upper=above).objects["a"].fields["size"].type.options

    assert options["s"].label == Label("Small", "小")
    assert options["m"].label == Label("Medium", "中")
    assert options["m"].color == "red"


def test_rules_roles_and_options_merge_by_code():
    model = a_model(
        "roles: {sales: Sales}\noptions: {size: {s: Small, l: Large}}\n",
        "object: a\nfields: {name: text, size: {type: select, options_from: size}}",
        upper="roles: {sales: {zh: 销售}}\noptions: {size: {m: {en: Medium, after: s}, l: null}}\n",
    )

    assert model.roles["sales"].label.zh == "销售"
    assert list(model.objects["a"].fields["size"].type.options) == ["s", "m"]


def compiled(*documents):
    ground = Layer("ground", (Document("metadata/user.yaml", USER),))
    return compile_site([ground, Layer("core", documents)], field_types(), rule_kinds())


def test_an_object_may_be_split_into_several_files():
    model = compiled(
        Document(
            "metadata/lead.yaml",
            "object: lead\ninclude: [lead/fields.yaml, lead/views.yaml]\nfields: {name: text}",
        ),
        Document("metadata/lead/fields.yaml", "fields: {email: email}"),
        Document("metadata/lead/views.yaml", "views: {all: {columns: [name, email]}}"),
    )

    lead = model.objects["lead"]
    assert lead.views["all"].columns == ("name", "email")
    assert lead.fields["email"].origin.file == "metadata/lead/fields.yaml"


def test_a_missing_include_is_told_with_the_nearest_file():
    with pytest.raises(MetadataError) as refused:
        compiled(
            Document(
                "metadata/lead.yaml", "object: lead\ninclude: lead_field.yaml\nfields: {name: text}"
            ),
            Document("metadata/lead_fields.yaml", "fields: {email: email}"),
        )

    problem = refused.value.problems[0]
    assert problem.path == "metadata/lead.yaml:2:10  lead.include[1]"
    assert problem.cure == "Write 'metadata/lead_fields.yaml'."


def test_what_the_main_file_and_an_included_one_both_say_is_refused():
    with pytest.raises(MetadataError) as refused:
        compiled(
            Document(
                "metadata/lead.yaml", "object: lead\ninclude: [more.yaml]\nfields: {name: text}"
            ),
            Document("metadata/more.yaml", "fields: {name: email}"),
        )

    assert (
        refused.value.problems[0].message
        == "'fields.name' stands in the object's file and in the included one."
    )


def test_one_layer_may_not_define_an_object_or_a_rule_twice():
    with pytest.raises(MetadataError) as refused:
        compiled(
            Document("metadata/a.yaml", "object: lead\nfields: {name: text}"),
            Document("metadata/b.yaml", "object: lead\nfields: {name: text}"),
            Document("rules/a.yaml", "rules: {r: {kind: validation, object: lead}}"),
            Document("rules/b.yaml", "rules: {r: {kind: validation, object: lead}}"),
        )

    codes = [problem.code for problem in refused.value.problems]
    assert codes[:2] == ["defined_twice", "defined_twice"]


def test_a_layer_is_read_from_a_folder(tmp_path):
    (tmp_path / "metadata" / "deep").mkdir(parents=True)
    (tmp_path / "metadata" / "b.yaml").write_text("object: b\nfields: {name: text}\n")
    (tmp_path / "metadata" / "deep" / "a.yml").write_text("object: a\nfields: {name: text}\n")
    (tmp_path / "metadata" / "notes.txt").write_text("not YAML")

    layer = read_layer("mine", tmp_path)

    assert [document.path for document in layer.documents] == [
        "metadata/b.yaml",
        "metadata/deep/a.yml",
    ]
    assert read_layer("none", tmp_path / "nowhere").documents == ()


def test_a_file_that_is_no_utf8_is_refused(tmp_path):
    (tmp_path / "metadata").mkdir()
    (tmp_path / "metadata" / "a.yaml").write_bytes(b"object: \xff\xfe")

    with pytest.raises(MetadataError, match="not written in UTF-8"):
        read_layer("mine", tmp_path)
