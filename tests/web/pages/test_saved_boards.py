"""Boards are kept under a name and shared, as lists are."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import unquote

import pytest

from fieldstone.evolution.apply import Wish
from fieldstone.storage.notices import Notices
from tests.web.pages.office import Office


@pytest.fixture(scope="module", autouse=True)
def deals(office: Office) -> None:
    li = office.people["li"]
    office.create("opportunity", name="Small", owner=li, amount="100")
    office.create("opportunity", name="Big", owner=li, amount="9000")


def saved(office: Office, who: str, label: str, **more: object) -> str:
    """Save a board of the larger deals that are renewed; return where it opens."""
    answer = office.visitor(who).post(
        "/o/opportunity/views?kind=board",
        label=label,
        f="amount:gte:1000",
        pipeline="renewal",
        open="lost",
        **more,
    )
    return unquote(answer.headers["Location"])


def test_an_arranged_board_offers_to_be_saved_with_all_that_it_shows(office: Office) -> None:
    page = office.visitor("mei").get("/o/opportunity/board?f=amount:gte:1000&pipeline=renewal")

    assert 'action="/o/opportunity/views?kind=board"' in page.text
    assert '<input type="hidden" name="pipeline" value="renewal">' in page.text
    assert "For everyone" in page.text


def test_a_shared_board_reaches_everybody_with_its_pipeline(office: Office) -> None:
    url = saved(office, "mei", "Large renewals", shared="true")
    code = url.split("view=")[1].split("&")[0]

    assert url == f"/o/opportunity/board?view={code}&f=amount:gte:1000&open=lost&pipeline=renewal"
    li = office.visitor("li")
    assert "Large renewals" in li.get("/o/opportunity/board").text
    assert "Large renewals" not in li.get("/o/opportunity").text
    assert li.get(f"/o/opportunity/board?view={code}").headers["Location"] == url
    opened = li.get(url).text
    assert "Edited" not in opened
    assert "Delete this view" not in opened


def test_a_board_is_shared_and_kept_back_after_it_was_saved(office: Office) -> None:
    url = saved(office, "mei", "Mine first")
    code = url.split("view=")[1].split("&")[0]
    mei, li = office.visitor("mei"), office.visitor("li")
    assert "Share this view with everyone" in mei.get(url).text
    assert "Mine first" not in li.get("/o/opportunity/board").text

    answer = mei.post(f"/o/opportunity/views/{code}/share", shared="true")
    assert unquote(answer.headers["Location"]) == url
    assert "Mine first" in li.get("/o/opportunity/board").text

    mei.post(f"/o/opportunity/views/{code}/share", shared="false")
    assert "Mine first" not in li.get("/o/opportunity/board").text
    assert mei.post(f"/o/opportunity/views/{code}/delete").headers["Location"].endswith("/board")


def test_who_may_not_share_is_told_so_and_nobody_shares_what_is_another_persons(
    office: Office,
) -> None:
    code = saved(office, "li", "Li's own").split("view=")[1].split("&")[0]

    assert office.visitor("li").post(
        f"/o/opportunity/views/{code}/share", shared="true"
    ).status_code == 403  # fmt: skip
    assert office.visitor("mei").post(
        f"/o/opportunity/views/{code}/share", shared="true"
    ).status_code == 404  # fmt: skip


def test_filters_of_a_board_keep_its_pipeline(office: Office) -> None:
    page = office.visitor("li").get("/o/opportunity/board?f=amount:gte:1000&pipeline=renewal")

    assert 'href="/o/opportunity/board?pipeline=renewal"' in page.text  # the pill's cross


@pytest.fixture
def renamed(office: Office) -> Iterator[None]:
    """The pipeline that renewals go along, a view, a field, an option and a stage have other codes."""
    changing, ctx = office.site.changing, office.site.system_context("test")
    assert changing is not None
    number, documents = changing.current(ctx)
    path = ("objects", "opportunity")
    for inside, code in (
        (("stages", "pipelines", "renewal"), "renewals"),
        (("stages", "pipelines", "renewals", "stages", "due"), "coming"),
        (("views", "closing"), "ending"),
        (("fields", "amount"), "worth"),
        (("fields", "lost_reason", "options", "price"), "too_dear"),
    ):
        documents = documents.renamed((*path, *inside), code)
    changing.apply(ctx, changing.plan(ctx, documents), Wish("better words"))
    yield
    changing.rollback(ctx, changing.plan_rollback(ctx, number), number, Wish("back"))


OLD = "f=amount:gte:1000&sort=-amount"


@pytest.mark.usefixtures("renamed")
def test_addresses_of_boards_and_lists_go_on_with_earlier_codes(office: Office) -> None:
    mei = office.visitor("mei")

    board = mei.get(f"/o/opportunity/board?{OLD}&pipeline=renewal&open=due").text
    listed = mei.get(f"/o/opportunity?view=closing&{OLD}&columns=amount").text

    assert '<input type="hidden" name="pipeline" value="renewals">' in board
    assert '<input type="hidden" name="open" value="coming">' in board
    assert '<input type="hidden" name="f" value="worth:gte:1000">' in board
    assert '<input type="hidden" name="view" value="ending">' in listed
    assert "Big" in mei.get("/o/opportunity?view=all&f=amount:gte:1000").text
    assert "Small" not in mei.get("/o/opportunity?view=all&f=amount:gte:1000").text


@pytest.mark.usefixtures("renamed")
def test_a_page_that_is_older_than_a_rename_saves_what_it_shows_by_present_codes(
    office: Office,
) -> None:
    mei = office.visitor("mei")
    reason = "lost_reason:in:price"

    on_board = saved(office, "mei", "Old board")
    listed = mei.post(
        "/o/opportunity/views",
        label="Old list",
        view="closing",
        f=["amount:gte:1000", reason],
        sort="-amount",
        columns="amount",
    ).headers["Location"]
    storage, now = office.site.storage, office.site.clock()
    with storage.looking() as connection:
        views = Notices(connection, storage.dialect, now).views("opportunity", office.people["mei"])
    kept = {one.label: one.body for one in views}

    assert "f=worth:gte:1000&open=lost&pipeline=renewals" in on_board
    assert kept["Old board"]["also"] == [["open", "lost"], ["pipeline", "renewals"]]
    assert kept["Old list"] == {
        "view": "ending",
        "filters": ["worth:gte:1000", "lost_reason:in:too_dear"],
        "sort": "-worth",
        "columns": ["worth"],
        "q": "",
    }
    assert mei.get(unquote(listed)).status_code == 200
