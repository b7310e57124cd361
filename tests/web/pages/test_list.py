"""Lists: filters, order, columns, more rows, saved views, what is done to several records."""

from __future__ import annotations

import pytest

from tests.web.pages.office import Office, told


@pytest.fixture(scope="module", autouse=True)
def leads(office: Office) -> dict[str, str]:
    li = office.people["li"]
    return {
        name: office.a_lead(
            name, owner=li, mobile=f"1380013{at:04}", budget=str(at * 1000), company=company
        )
        for at, (name, company) in enumerate(
            [("Zhang Wei", "Jingxin"), ("Emma Lindqvist", "Fjord"), ("周雅琴", "Qingmu Foods")], 1
        )
    }


def test_a_list_shows_the_first_declared_view(office: Office) -> None:
    page = office.visitor("li").get("/o/lead")

    assert page.status_code == 200
    assert "My leads" in page.text
    assert "Zhang Wei" in page.text
    assert "周雅琴" in page.text


def test_an_empty_view_leads_to_one_that_shows_records(office: Office) -> None:
    page = office.visitor("admin").get("/o/lead")

    assert "Nothing in this view" in page.text
    assert '<a class="btn primary" href="/o/lead?view=all">All leads</a>' in page.text


def test_a_filter_from_the_menu_lands_in_the_address(office: Office) -> None:
    answer = office.visitor("li").get("/o/lead?add=company&op=contains&value=FJORD")

    assert answer.status_code == 303
    assert answer.headers["Location"] == "/o/lead?f=company:contains:FJORD"


def test_filters_narrow_the_list_and_stand_above_it(office: Office) -> None:
    page = office.visitor("li").get("/o/lead?f=company:contains:FJORD&f=budget:gte:1000")

    assert "Emma Lindqvist" in page.text
    assert "Zhang Wei" not in page.text
    assert "at least" in page.text


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("budget:lte:1000", {"Zhang Wei"}),
        ("budget:eq:2,000", {"Emma Lindqvist"}),
        ("created_at:today", {"Zhang Wei", "Emma Lindqvist", "周雅琴"}),
        ("created_at:before:2020-01-01", set()),
        ("decision_on:empty", {"Zhang Wei", "Emma Lindqvist", "周雅琴"}),
        ("stage:in:new~contacted", {"Zhang Wei", "Emma Lindqvist", "周雅琴"}),
        ("stage:not_in:new", set()),
        ("owner:me", {"Zhang Wei", "Emma Lindqvist", "周雅琴"}),
        ("name:starts:周", {"周雅琴"}),
        ("name:contains:it's \\ %", set()),
        ("completeness:gte:1", {"Zhang Wei", "Emma Lindqvist", "周雅琴"}),
        ("tags:has:vip", set()),
    ],
)
def test_every_comparison_finds_what_it_says(office: Office, text: str, found: set[str]) -> None:
    page = office.visitor("li").client.get("/o/lead", query_string={"f": text})

    assert page.status_code == 200
    names = {"Zhang Wei", "Emma Lindqvist", "周雅琴"}
    assert {name for name in names if f">{name}<" in page.text} == found


@pytest.mark.parametrize(
    "text", ["nonsense", "name:explode:1", "budget:gte:many", "stage:in:nowhere"]
)
def test_a_filter_that_means_nothing_is_refused_with_a_page(office: Office, text: str) -> None:
    page = office.visitor("li").client.get("/o/lead", query_string={"f": text})

    assert page.status_code == 400
    assert "Go to home" in page.text


def test_a_wrong_value_is_told_in_the_filter_form(office: Office) -> None:
    answer = office.visitor("li").get("/o/lead?add=budget&op=gte&value=much", "main#main")

    assert answer.status_code == 422
    assert answer.headers["HX-Retarget"] == "#filter-form"
    assert "no number" in answer.text


def test_the_list_is_put_in_order_by_a_column(office: Office) -> None:
    text = office.visitor("li").get("/o/lead?sort=-budget&columns=budget").text

    assert text.index("周雅琴") < text.index("Emma Lindqvist") < text.index("Zhang Wei")
    assert 'aria-sort="descending"' in text


def test_columns_come_in_the_order_chosen(office: Office) -> None:
    text = office.visitor("li").get("/o/lead?columns=budget&columns=company").text

    head = text[text.index("<thead>") : text.index("</thead>")]
    assert head.index("Name") < head.index("Budget") < head.index("Company")
    assert "Grade" not in head


def test_more_rows_come_without_gap_or_repeat(office: Office) -> None:
    for at in range(60):
        office.create("product", name=f"Seat {at:03}", code=f"S{at:03}", price="1")
    visitor = office.visitor("admin")

    first = visitor.get("/o/product?sort=name").text
    url = first.split('id="more" hx-get="')[1].split('"')[0].replace("&amp;", "&")
    second = visitor.get(url, "tr#more").text

    assert "<html" not in second
    seen = [f"Seat {at:03}" for at in range(60)]
    assert [name for name in seen if f">{name}<" in first] == seen[:50]
    assert [name for name in seen if f">{name}<" in second] == seen[50:]


def test_the_foot_counts_and_adds_up(office: Office) -> None:
    text = office.visitor("li").get("/o/lead/totals?columns=budget").text

    assert "<b>3</b> leads" in text
    assert "¥6,000.00" in text


def test_a_hidden_field_is_no_column_no_filter_and_no_order(office: Office) -> None:
    guest = office.visitor("guest")
    text = guest.get("/o/lead?columns=budget&columns=company").text

    assert "Budget" not in text
    assert guest.get("/o/lead?f=budget:gte:1").status_code == 400
    assert guest.get("/o/lead?sort=budget").status_code == 400


def test_a_person_keeps_a_list_under_a_name_and_throws_it_away(office: Office) -> None:
    li = office.visitor("li")
    saved = li.post("/o/lead/views", label="Fjord only", f="company:contains:fjord", sort="name")
    address = saved.headers["Location"]
    page = li.get(address).text
    code = address.split("view=")[1].split("&")[0]

    assert "Fjord only" in page
    assert "Emma Lindqvist" in page
    assert "Zhang Wei" not in page
    assert ">Edited<" not in page
    assert ">Edited<" in li.get(address + "&q=x").text
    assert "Fjord only" not in office.visitor("chen").get("/o/lead").text
    assert li.get(f"/o/lead?view={code}").headers["Location"] == address
    assert office.visitor("chen").post(f"/o/lead/views/{code}/delete").status_code == 404
    li.post(f"/o/lead/views/{code}/delete")
    assert "Fjord only" not in li.get("/o/lead").text


def test_a_shared_view_reaches_everybody_who_may_see_the_list(office: Office) -> None:
    mei = office.visitor("mei")
    mei.post("/o/lead/views", label="Big ones", f="budget:gte:2000", shared="true")

    assert "Big ones" in office.visitor("li").get("/o/lead").text


def test_a_salesperson_cannot_share_a_view(office: Office) -> None:
    office.visitor("li").post("/o/lead/views", label="Forced", f="owner:me", shared="true")

    assert "Forced" not in office.visitor("chen").get("/o/lead").text


def test_only_what_the_role_allows_is_offered_for_several_records(office: Office) -> None:
    mine, managers = (office.visitor(who).get("/o/lead").text for who in ("li", "mei"))

    assert 'name="do" value="stage"' in mine
    assert 'name="do" value="owner"' not in mine
    assert 'name="do" value="owner"' in managers
    assert (
        office.visitor("li").post("/o/lead/bulk", "div#dialog", do="delete", ids=["x"]).status_code
        == 400
    )


def test_a_manager_gives_several_records_to_somebody(office: Office, leads: dict[str, str]) -> None:
    mei, chosen = office.visitor("mei"), [leads["Zhang Wei"], leads["周雅琴"]]
    asked = mei.post("/o/lead/bulk", "div#dialog", do="owner", ids=chosen)
    done = mei.post(
        "/o/lead/bulk", "div#dialog", do="owner", ids=chosen, value=office.people["chen"]
    )

    assert "Give 2 records to" in asked.text
    assert done.status_code == 204
    assert told(done)["toast"] == {"text": "2 records have a new owner.", "tone": "ok"}
    assert office.value("lead", chosen[0], "owner") == office.people["chen"]
    for lead in chosen:
        office.settle("lead", lead, owner=office.people["li"])


def test_moving_several_records_tells_who_was_refused_and_why(
    office: Office, leads: dict[str, str]
) -> None:
    li, bare = office.visitor("li"), office.a_lead("No phone", owner=office.people["li"])
    done = li.post("/o/lead/bulk", do="stage", ids=[leads["Zhang Wei"], bare], value="contacted")

    toast = told(done)["toast"]
    assert isinstance(toast, dict)
    assert toast["tone"] == "warn"
    assert "One record was moved." in toast["text"]
    assert "Mobile" in toast["text"]
    assert office.value("lead", leads["Zhang Wei"], "stage") == "contacted"
    office.settle("lead", leads["Zhang Wei"], stage="new")
    office.settle("lead", bare, owner=office.people["chen"])


def test_deleted_records_lie_in_the_recycle_bin_and_come_back(office: Office) -> None:
    lead, mei = office.a_lead("To be deleted", owner=office.people["li"]), office.visitor("mei")
    mei.post("/o/lead/bulk", "div#dialog", do="delete", ids=[lead])
    listed, binned = mei.get("/o/lead?view=all").text, mei.get("/o/lead?deleted=1").text
    mei.post("/o/lead/bulk", "div#dialog", do="restore", ids=[lead])

    assert "To be deleted" not in listed
    assert "To be deleted" in binned
    assert "To be deleted" in mei.get("/o/lead?view=all").text
    office.settle("lead", lead, owner=office.people["chen"])


def test_nobody_gets_a_list_without_signing_in(office: Office) -> None:
    answer = office.nobody().get("/o/lead?f=owner:me")

    assert answer.status_code == 303
    assert answer.headers["Location"] == "/login?back=/o/lead%3Ff%3Downer%3Ame"


def test_a_list_of_what_is_not_there_is_not_found(office: Office) -> None:
    assert office.visitor("li").get("/o/nothing").status_code == 404
    assert office.visitor("li").get("/o/opportunity__items").status_code == 404


@pytest.mark.parametrize("path", ["/o/lead", "/o/lead/board"])
def test_a_view_that_is_not_there_says_so_and_offers_the_others(office: Office, path: str) -> None:
    page = office.visitor("li").get(f"{path}?view=hot_ones")

    assert page.status_code == 404
    assert "This view is not there" in page.text
    assert "“hot_ones” was taken away" in page.text
    assert "Zhang Wei" not in page.text
    assert f'<a class="btn" href="{path}?view=' in page.text
