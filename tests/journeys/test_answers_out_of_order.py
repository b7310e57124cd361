"""Answers that come late, or in another order than they were asked for: the page shows what is true now."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import permutations

import pytest
from playwright.sync_api import APIResponse, Page, Route, expect

from tests.journeys.carrying import drag, hold_over, pick_up
from tests.journeys.conftest import Tab
from tests.web.pages.office import Office

# The root element tells how many requests are open.
COUNT = """
for (const [name, by] of [["before", 1], ["finally", -1]])
  addEventListener(`htmx:${name}:request`, () => {
    const { dataset } = document.documentElement;
    dataset.open = Number(dataset.open || 0) + by;
  });
"""


class Held:
    """Answers that the server has given and the page has not got yet, in the order in which they were asked for."""

    def __init__(self, page: Page, of: Callable[[Route], bool]) -> None:
        self._page = page
        self._of = of
        self._answers: list[tuple[Route, APIResponse]] = []
        self.holds = True
        page.route("**/*", self._keep)

    def _keep(self, route: Route) -> None:
        if self.holds and self._of(route):
            self._answers.append((route, route.fetch()))
        else:
            route.fallback()

    def wait(self, count: int = 1) -> None:
        """Wait until so many answers are here."""
        for _ in range(600):
            if len(self._answers) >= count:
                return
            self._page.wait_for_timeout(25)
        raise AssertionError(f"{len(self._answers)} answers, not {count}")

    def __len__(self) -> int:
        return len(self._answers)

    def let_go(self) -> None:
        """Hand out the answers that are here; what is asked for from now on is not held any more."""
        self.holds = False
        for route, answer in self._answers:
            route.fulfill(response=answer)
        self._answers.clear()


def boards(route: Route) -> bool:
    return route.request.url.partition("?")[0].endswith("/board")


def moves(route: Route) -> bool:
    return route.request.method == "POST" and route.request.url.endswith("/move")


def at_rest(page: Page) -> None:
    """Wait until every answer has been dealt with."""
    page.wait_for_load_state("networkidle")
    expect(page.locator("html")).to_have_attribute("data-open", "0")


def reload(page: Page) -> None:
    """Ask for the page anew, as answers and other parts of the page do."""
    page.evaluate("void document.dispatchEvent(new Event('reload'))")


@pytest.fixture
def board(tab: Tab) -> Iterator[Page]:
    page = tab("li")
    page.add_init_script(COUNT)
    page.goto("/o/lead/board")
    page.wait_for_load_state("networkidle")
    yield page
    page.unroute_all(behavior="ignoreErrors")


def a_full_lead(office: Office, name: str) -> str:
    li = office.people["li"]
    return office.a_lead(name, owner=li, mobile="13911110009", need="x", budget="1")


def in_column(page: Page, lead: str, column: str) -> None:
    expect(page.locator(f"#col-{column} #card-{lead}")).to_be_visible()
    expect(page.locator(f"[id='card-{lead}']")).to_have_count(1)


def heads_count_their_cards(page: Page) -> None:
    for column in ("new", "contacted"):
        cards = page.locator(f"#col-{column} .card").count()
        expect(page.locator(f"#head-{column} .count")).to_have_text(str(cards))


# The card is picked up, put down, and the move is answered; the board is asked for, and the answer arrives.
ORDERS = [
    order
    for order in permutations(("picked up", "put down", "moved", "asked", "drawn"))
    if order.index("picked up") < order.index("put down") < order.index("moved")
    and order.index("asked") < order.index("drawn")
]


@pytest.mark.parametrize("order", ORDERS, ids="-".join)
def test_a_card_stays_where_it_was_put_whenever_the_board_is_asked_for_and_answered(
    board: Page, office: Office, order: tuple[str, ...]
) -> None:
    name = " ".join(word[0] for word in order)
    lead = a_full_lead(office, name)
    reload(board)
    expect(board.locator(f"#card-{lead}")).to_be_visible()
    at_rest(board)
    pages, answers = Held(board, boards), Held(board, moves)
    for step in order:
        if step == "picked up":
            pick_up(board, lead)
            hold_over(board, "contacted")
        elif step == "put down":
            board.mouse.up()
            answers.wait()
        elif step == "moved":
            answers.let_go()
            expect(board.locator("#spoken")).to_contain_text(f"{name} moved to Contacted")
        elif step == "asked":
            reload(board)
            pages.wait()
        else:
            pages.let_go()
            if order[0] == "asked" and order[1] == "drawn":
                at_rest(board)
            if "put down" in order[: order.index("drawn")]:
                expect(board.locator("html")).to_have_attribute("data-open", "0")
                in_column(board, lead, "contacted")

    at_rest(board)
    in_column(board, lead, "contacted")
    heads_count_their_cards(board)
    assert office.value("lead", lead, "stage") == "contacted"


def test_two_moves_reach_the_server_in_their_order_and_the_board_counts_right(
    board: Page, office: Office
) -> None:
    first, second = a_full_lead(office, "First"), a_full_lead(office, "Second")
    reload(board)
    expect(board.locator(f"#card-{second}")).to_be_visible()
    at_rest(board)
    answers = Held(board, moves)
    drag(board, first, "contacted")
    board.mouse.up()
    answers.wait()
    pick_up(board, second)
    hold_over(board, "contacted")
    board.mouse.up()

    assert len(answers) == 1
    answers.let_go()
    expect(board.locator("#spoken")).to_contain_text("Second moved to Contacted")
    in_column(board, first, "contacted")
    in_column(board, second, "contacted")
    heads_count_their_cards(board)


def test_the_answer_to_a_move_waits_while_the_next_card_is_in_the_hand(
    board: Page, office: Office
) -> None:
    first, second = a_full_lead(office, "Before"), a_full_lead(office, "Behind")
    reload(board)
    expect(board.locator(f"#card-{second}")).to_be_visible()
    at_rest(board)
    answers, pages = Held(board, moves), Held(board, boards)
    reload(board)
    pages.wait()
    pick_up(board, first)
    hold_over(board, "contacted")
    board.mouse.up()
    answers.wait()
    pick_up(board, second)
    answers.let_go()
    pages.let_go()
    expect(board.locator("html")).to_have_attribute("data-open", "0")
    held = board.locator(".card.held").count()
    hold_over(board, "contacted")
    board.mouse.up()

    assert held == 1
    expect(board.locator("#spoken")).to_contain_text("Behind moved to Contacted")
    at_rest(board)
    in_column(board, first, "contacted")
    in_column(board, second, "contacted")
    heads_count_their_cards(board)


@pytest.mark.parametrize("given", [True, False])
def test_a_board_that_arrives_while_a_card_is_asked_for_its_facts_changes_nothing(
    board: Page, office: Office, given: bool
) -> None:
    lead = office.a_lead(f"Lacks {given}", owner=office.people["li"])
    reload(board)
    expect(board.locator(f"#card-{lead}")).to_be_visible()
    at_rest(board)
    pages = Held(board, boards)
    reload(board)
    pages.wait()
    pick_up(board, lead)
    hold_over(board, "contacted")
    board.mouse.up()
    expect(board.get_by_role("button", name="Put it back")).to_be_visible()
    pages.let_go()
    expect(board.locator("html")).to_have_attribute("data-open", "0")
    in_column(board, lead, "contacted")
    if given:
        board.locator("#dialog [name=mobile]").fill("13911110019")
        board.locator("#dialog button[type=submit]").click()
    else:
        board.get_by_role("button", name="Put it back").click()
    expect(board.locator("#sheet")).to_be_hidden()

    at_rest(board)
    in_column(board, lead, "contacted" if given else "new")
    heads_count_their_cards(board)
    assert office.value("lead", lead, "stage") == ("contacted" if given else "new")


def test_a_card_that_somebody_else_took_goes_back_and_the_board_is_looked_at_again(
    board: Page, office: Office
) -> None:
    lead = a_full_lead(office, "Taken")
    reload(board)
    expect(board.locator(f"#card-{lead}")).to_be_visible()
    office.settle("lead", lead, owner=office.people["mei"])
    drag(board, lead, "contacted")
    board.mouse.up()

    expect(board.locator(f"#card-{lead}")).to_have_count(0)
    at_rest(board)
    heads_count_their_cards(board)


def test_of_two_pages_asked_for_the_one_asked_for_last_is_shown(tab: Tab, office: Office) -> None:
    for name in ("Alpha", "Beta"):
        office.a_lead(name, owner=office.people["li"], company=name)
    page = tab("li")
    page.add_init_script(COUNT)
    page.goto("/o/lead?f=company:contains:alpha")
    late = Held(page, lambda route: "f=company" in route.request.url)
    reload(page)
    late.wait()
    page.get_by_role("link", name="Remove filter: Company").click()
    expect(page.get_by_role("link", name="Beta")).to_be_visible()
    late.let_go()

    at_rest(page)
    expect(page.get_by_role("link", name="Beta")).to_be_visible()
    page.unroute_all(behavior="ignoreErrors")


def test_further_cards_do_not_bring_one_that_was_moved_there_a_second_time(
    tab: Tab, office: Office
) -> None:
    chen = office.people["chen"]
    old = office.a_lead("Oldest", owner=chen, mobile="13911110009", need="x", budget="1")
    for number in range(21):
        office.settle("lead", office.a_lead(f"There {number}", owner=chen), stage="contacted")
    page = tab("chen")
    page.goto("/o/lead/board")
    drag(page, old, "contacted")
    page.mouse.up()
    expect(page.locator("#spoken")).to_contain_text("Oldest moved to Contacted")

    page.locator("#more-contacted button").click()

    expect(page.locator("#col-contacted .card")).to_have_count(22)
    in_column(page, old, "contacted")
