"""Line items on the page of their record and in its form: worked out live, saved at once, wrong at their cells."""

from __future__ import annotations

import re

import pytest

from tests.web.pages.office import Office


@pytest.fixture(scope="module")
def seat(office: Office) -> str:
    return office.create("product", name="Seat", code="SEAT", price="100")


@pytest.fixture
def deal(office: Office, seat: str) -> str:
    li = office.people["li"]
    items = [
        {"product": seat, "quantity": "2", "price": "100"},
        {"product": seat, "quantity": "1", "price": "50", "discount": "0.5"},
    ]
    return office.create("opportunity", name="Deal", owner=li, items=items)


def line(n: int, **values: object) -> dict[str, object]:
    """Return what the cells of a line post."""
    return {f"items-{n}-{name}": value for name, value in values.items()}


def partial(text: str, target: str) -> str:
    """Return what goes into a place beside the answer."""
    found = re.search(rf'<hx-partial hx-target="#{re.escape(target)}">(.*?)</hx-partial>', text)
    assert found, (target, text)
    return found[1]


def ids(text: str) -> list[str]:
    return re.findall(r'name="items-\d+-id" value="([^"]+)"', text)


def test_a_record_shows_its_lines_with_the_total_over_them(office: Office, deal: str) -> None:
    page = office.visitor("li").get(f"/o/opportunity/{deal}").text

    assert "Seat" in page
    assert "¥200.00" in page
    assert 'Products total</span><b class="num">¥225.00' in page


def test_what_lines_come_to_is_worked_out_while_they_are_typed(
    office: Office, deal: str, seat: str
) -> None:
    li = office.visitor("li")
    answer = li.post(
        f"/o/opportunity/lines/items?id={deal}",
        "sums",
        items="",
        **line(7, product=seat, quantity="3", price="100", discount="10"),
        **line(4, product=seat, quantity="x", price="7"),
        **line(9, product="", quantity="1", price="", discount="0"),
    )

    assert "¥270.00" in answer.text.partition("<hx-partial")[0]
    assert partial(answer.text, "f-items-7-amount .grow") == "¥270.00"
    assert partial(answer.text, "f-items-4-amount .grow") == "—"
    assert "not a number" in partial(answer.text, "f-items-4-quantity-said")
    assert partial(answer.text, "f-items-9-price-said") == ""
    assert office.value("opportunity", deal, "items_total") == 225


def test_of_the_cell_that_is_being_typed_nothing_is_said_yet(
    office: Office, deal: str, seat: str
) -> None:
    answer = office.visitor("li").post(
        f"/o/opportunity/lines/items?id={deal}",
        "sums",
        _at="items-0-quantity",
        **line(0, product=seat, quantity="-", price="7"),
    )

    assert "f-items-0-quantity-said" not in answer.text
    assert "f-items-0-price-said" in answer.text


def test_lines_are_added_changed_put_in_order_and_removed_in_one_write(
    office: Office, deal: str, seat: str
) -> None:
    li = office.visitor("li")
    url = f"/o/opportunity/{deal}/lines/items"
    form = li.get(f"{url}?edit=1", "lines-items").text
    first, second = ids(form)
    version = re.search(r'name="version" value="(\d+)"', form)
    assert version

    answer = li.post(
        url,
        "lines-items",
        version=version[1],
        items="",
        **line(2, product=seat, quantity="5", price="10"),
        **line(1, id=second, product=seat, quantity="1", price="60", discount="0"),
    )

    assert answer.status_code == 200
    assert "¥110.00" in answer.text
    assert 'hx-target="#v-items_total"' in answer.text
    kept = ids(li.get(f"{url}?edit=1", "lines-items").text)
    assert kept[1] == second
    assert first not in kept


def test_a_bad_line_is_wrong_at_its_cells_and_nothing_is_saved(
    office: Office, deal: str, seat: str
) -> None:
    li = office.visitor("li")
    answer = li.post(
        f"/o/opportunity/{deal}/lines/items",
        "lines-items",
        items="",
        **line(0, product="", quantity="1.00", price="", discount="0"),  # only added: not sent
        **line(1, product=seat, quantity="1", price="5"),
        **line(2, product="", quantity="many", price="5"),
    )

    assert answer.status_code == 422
    said = dict(re.findall(r'id="f-items-(\d-\w+)-said">(.*?)</span></td>', answer.text))
    assert "not a number" in said["2-quantity"]
    assert said["0-product"] == said["1-product"] == ""
    assert office.value("opportunity", deal, "items_total") == 225


def test_a_line_without_what_it_needs_says_so_at_the_cell(
    office: Office, deal: str, seat: str
) -> None:
    answer = (
        office.visitor("li")
        .speaking("zh")
        .post(
            f"/o/opportunity/{deal}/lines/items",
            "lines-items",
            items="",
            **line(0, product=seat, quantity="1", price=""),
        )
    )

    said = dict(re.findall(r'id="f-items-(\d-\w+)-said">(.*?)</span></td>', answer.text))
    assert "请填写此项" in said["0-price"]


def test_who_saved_meanwhile_is_not_overwritten_unseen(
    office: Office, deal: str, seat: str
) -> None:
    li = office.visitor("li")
    answer = li.post(
        f"/o/opportunity/{deal}/lines/items",
        "lines-items",
        version="0",
        items="",
        **line(0, product=seat, quantity="9", price="9"),
    )

    assert answer.status_code == 422
    assert "Somebody changed this record meanwhile" in answer.text
    assert 'value="9"' in answer.text


def test_lines_are_hidden_from_roles_that_may_not_see_them(office: Office, deal: str) -> None:
    guest = office.visitor("guest")

    assert "Products total" not in guest.get(f"/o/opportunity/{deal}").text
    assert guest.get(f"/o/opportunity/{deal}/lines/items", "lines-items").status_code == 404
    assert guest.post(f"/o/opportunity/lines/items?id={deal}", "sums").status_code == 404


def test_who_may_read_but_not_write_gets_no_grid(office: Office, deal: str) -> None:
    other = office.create("opportunity", name="Theirs", owner=office.people["chen"])
    li = office.visitor("li")

    assert li.get(f"/o/opportunity/{other}/lines/items?edit=1", "lines-items").status_code == 404
    assert li.post(f"/o/opportunity/lines/items?id={other}", "sums").status_code == 404
