"""A section of a form, or of a record's page, gets another code: what follows it stays, and going back brings it back."""

from __future__ import annotations

from typing import Any

from tests.evolution.world import Process

LEAD = ["objects", "lead"]
FORM = [*LEAD, "forms", "default"]
PAGE = [*LEAD, "layout", "sections"]


def of_form(process: Process) -> dict[str, tuple[str, ...]]:
    return {one.code: one.fields for one in process.site.model.objects["lead"].form}


def of_page(process: Process) -> list[tuple[str, ...]]:
    sections = process.site.model.objects["lead"].layout.sections or ()
    return [(one.label.en, *one.fields) for one in sections]


def test_a_section_of_a_form_is_renamed_and_the_page_of_a_record_follows(process: Process) -> None:
    first = next(iter(of_form(process)))
    sections = {one: {} for one in of_form(process)}
    process.apply(("objects.lead.layout.sections", sections))
    before, page = of_form(process), of_page(process)
    documents = process.documents.renamed([*FORM, first], "basics")
    last = list(before)[-1]
    documents = documents.with_value([*FORM, last, "after"], first)

    planned = process.plan(documents=documents)
    process.apply(documents=documents)

    (renamed,) = [one for one in planned.operations if one.verb == "rename"]
    assert renamed.sentence("en").endswith(f'of Lead (was "{first}")')
    assert renamed.what == "form"
    assert not any(one.what == "layout" for one in planned.operations)
    assert list(of_form(process))[:2] == ["basics", last]
    assert of_form(process)["basics"] == before[first]
    assert of_page(process)[: len(page)] == page
    process.rollback(1)
    assert of_form(process) == before
    assert of_page(process) == page


def test_a_section_of_a_page_is_renamed_and_goes_on_following_the_form(process: Process) -> None:
    first = next(iter(of_form(process)))
    sections: dict[str, Any] = {first: {"place": "main"}, "rest": {"rest": True}}
    process.apply(("objects.lead.layout.sections", sections))
    page = of_page(process)
    documents = process.documents.renamed([*PAGE, first], "top")

    planned = process.plan(documents=documents)
    process.apply(documents=documents)

    assert [(one.verb, one.what, one.path[-1]) for one in planned.operations] == [("rename", "layout", "top")]  # fmt: skip
    assert of_page(process) == page
    process.apply(documents=process.documents.renamed([*FORM, first], "basics"))
    assert of_page(process) == page
    process.rollback(1)
    assert of_page(process) == page


def test_a_code_that_a_section_gave_up_is_no_other_ones(process: Process) -> None:
    first, second, *_ = of_form(process)
    documents = process.documents.renamed([*FORM, first], "basics")

    planned = process.plan(documents=documents.renamed([*FORM, second], first))

    assert "code_given_up" in [one.code for one in planned.problems]
