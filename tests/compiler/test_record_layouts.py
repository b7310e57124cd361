"""What stands where on a record's page: said in YAML, laid over by higher layers, followed when something is renamed or goes."""

from __future__ import annotations

import pytest

from fieldstone.base.errors import MetadataError
from fieldstone.evolution.difference import difference
from fieldstone.evolution.references import places_of
from fieldstone.model.objects import RecordLayout
from tests.builders import a_model

CUSTOMER = """
object: customer
fields:
  name: text
  phone: phone
  size: integer
  city: text
forms: {default: {main: {fields: [name, phone, size]}}}
"""
LAYOUT = """
layout:
  highlights: [size, phone]
  sections:
    contact: {label: {en: Contact, zh: 联系}, columns: 2, place: main, fields: [name, phone], visible_when: "size > 1"}
    more: {fields: [city, name]}
  panels: [related, details]
  related: [visits]
"""
VISIT = """
object: visit
fields:
  subject: text
  customer: {type: lookup, to: customer}
  guest: {type: lookup, to: customer, related_name: invitations}
"""


def laid_out(upper: str = "", **layers: str) -> RecordLayout:
    model = a_model(CUSTOMER + LAYOUT, VISIT, **({"upper": upper} if upper else {}), **layers)
    return model.objects["customer"].layout


def test_an_object_without_a_layout_leaves_everything_to_its_form() -> None:
    layout = a_model(CUSTOMER, VISIT).objects["customer"].layout

    assert layout == RecordLayout()
    assert (layout.sections, layout.panels, layout.related) == (None, None, None)


def test_a_layout_has_highlights_sections_panels_and_related_lists_in_their_order() -> None:
    layout = laid_out()
    contact, more = layout.sections or ()

    assert layout.highlights == ("size", "phone")
    assert (contact.fields, contact.columns, contact.place) == (("name",), 2, "main")
    assert contact.visible_when is not None
    assert (more.fields, more.columns, more.place) == (("city",), 1, "side")
    assert layout.panels == ("related", "details")
    assert layout.related == ("visits",)


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("highlights: [sise]", "Write 'size'."),
        ("sections: {a: {fields: [fone]}}", "Write 'phone'."),
        ("panels: [detials]", "details"),
        ("related: [visit]", "Write 'visits'."),
        ("sections: {a: {fields: [city], place: top}}", "main"),
        ("highlites: [size]", "highlights"),
    ],
)
def test_what_is_not_there_is_told_with_the_nearest_right_word(written: str, said: str) -> None:
    with pytest.raises(MetadataError) as refused:
        a_model(CUSTOMER + f"layout:\n  {written}\n", VISIT)

    problem = refused.value.problems[0]
    assert said in f"{problem.message} {problem.cure}"
    assert "customer.layout" in problem.path


def test_a_higher_layer_changes_one_property_and_keeps_the_others() -> None:
    layout = laid_out(
        "object: customer\nlayout:\n  highlights: !append [city]\n"
        "  sections: {more: {columns: 3, after: ''}, contact: {label: {en: Who}}}\n"
    )
    more, contact = layout.sections or ()

    assert layout.highlights == ("size", "phone", "city")
    assert (more.code, more.columns, more.fields) == ("more", 3, ("name",))
    assert (contact.label.en, contact.label.zh, contact.place) == ("Who", "联系", "main")
    assert layout.related == ("visits",)


FOLLOWING = """
forms: {default: {main: {label: {en: Who}, columns: 2, fields: [name, phone, size]}, place: {fields: [city]}}}
layout:
  highlights: [phone]
  sections: {main: {place: main}, facts: {rest: true}}
"""


def test_a_section_without_fields_follows_the_form_and_the_rest_takes_what_none_names() -> None:
    alone = a_model(CUSTOMER.partition("forms:")[0] + FOLLOWING, VISIT)
    upper = "object: customer\nfields: {fax: text, code: text}\nforms: {default: {main: {fields: !append [fax]}}}"
    more = a_model(CUSTOMER.partition("forms:")[0] + FOLLOWING, VISIT, upper=upper)
    main, place, facts = alone.objects["customer"].layout.sections or ()
    later = {one.code: one.fields for one in more.objects["customer"].layout.sections or ()}

    assert (main.label.en, main.columns, main.place) == ("Who", 2, "main")
    assert (main.fields, place.fields, facts.fields) == (("name", "size"), ("city",), ())
    assert (place.place, facts.rest) == ("side", True)
    gone = a_model(CUSTOMER.partition("forms:")[0] + FOLLOWING, VISIT, upper="object: customer\nforms: {default: {main: null}}")  # fmt: skip
    left = {one.code: one.fields for one in gone.objects["customer"].layout.sections or ()}

    assert left == {"place": ("city",), "facts": ("name", "size")}
    assert later == {"main": ("name", "size", "fax"), "place": ("city",), "facts": ("code",)}


def test_null_gives_a_part_of_the_layout_back_to_the_form() -> None:
    layout = laid_out("object: customer\nlayout: {sections: null, related: null}")

    assert (layout.sections, layout.related) == (None, None)
    assert layout.highlights == ("size", "phone")


def test_a_layout_follows_what_is_renamed() -> None:
    layout = laid_out("object: customer\nfields: {staff: {renamed_from: size}}")

    assert layout.highlights == ("staff", "phone")
    assert (layout.sections or ())[0].visible_when.text == "staff > 1"


def test_a_layout_forgets_what_a_higher_layer_takes_away() -> None:
    gone = laid_out("object: customer\nfields: {city: null}")
    unlinked = laid_out(links="object: visit\nfields: {customer: null}")

    assert (gone.sections or ())[1].fields == ()
    assert unlinked.related == ()


def test_a_lookup_without_its_list_is_told_to_the_layer_that_took_it() -> None:
    with pytest.raises(MetadataError, match="has rows that customer calls 'visits'"):
        a_model(CUSTOMER, VISIT, upper="object: visit\nfields: {customer: null}", more="object: customer\nlayout: {related: [visits]}")  # fmt: skip


def test_the_references_of_a_field_name_the_layout_that_shows_it() -> None:
    model = a_model(CUSTOMER + LAYOUT, VISIT)

    city = [one.text.en for one in places_of(model, "field", ("customer", "city"))]
    lookup = [one.text.en for one in places_of(model, "field", ("visit", "customer"))]
    assert "record layout of Customer" in city
    assert "record layout of Customer" in lookup


def test_the_difference_of_two_layouts_is_told_by_section_and_by_property() -> None:
    before = a_model(CUSTOMER + LAYOUT, VISIT)
    after = a_model(
        CUSTOMER + LAYOUT,
        VISIT,
        upper="object: customer\nlayout: {panels: null, sections: {contact: null, more: {columns: 2}}}",
    )
    said = [one.sentence("en") for one in difference(before, after)]

    assert said == [
        "Change object \"Customer\"",
        'Change record section "More" of Customer',
        'Remove record section "Contact" of Customer',
    ]  # fmt: skip
