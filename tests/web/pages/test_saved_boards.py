"""Boards are kept under a name and shared, as lists are."""

from __future__ import annotations

from urllib.parse import unquote

import pytest

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
