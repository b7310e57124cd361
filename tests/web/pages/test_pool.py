"""Public pools: what members see, claiming by one click, and the reasons why not."""

from __future__ import annotations

from tests.web.pages.office import Office, told


def pooled(office: Office, name: str) -> str:
    return office.a_lead(name, mobile="13912345678", owner=None, pool="public_pool")


def test_a_pool_shows_its_records_masked_and_what_is_left_to_claim(office: Office) -> None:
    pooled(office, "Waiting One")
    page = office.visitor("li").get("/pools/public_pool")

    assert "Waiting One" in page.text
    assert "13912345678" not in page.text
    assert "20 claims left today" in page.text


def test_one_click_claims_and_the_row_says_whose_it_is(office: Office) -> None:
    lead = pooled(office, "To Claim")
    answer = office.visitor("li").post(f"/pools/public_pool/claim/{lead}", f"li#p-{lead}")

    assert answer.status_code == 200
    assert "Yours now." in answer.text
    assert "19 claims left today" in answer.text
    assert 'href="tel:+8613912345678"' in answer.text
    assert office.value("lead", lead, "owner") == office.people["li"]


def test_who_comes_second_is_told_who_was_first(office: Office) -> None:
    lead = pooled(office, "Wanted")
    office.visitor("li").post(f"/pools/public_pool/claim/{lead}")
    answer = office.visitor("chen").post(f"/pools/public_pool/claim/{lead}", f"li#p-{lead}")

    assert answer.status_code in (200, 404)
    assert office.value("lead", lead, "owner") == office.people["li"]


def test_one_may_not_claim_what_one_just_gave_back(office: Office) -> None:
    lead, li = pooled(office, "Given Back"), office.visitor("li")
    li.post(f"/pools/public_pool/claim/{lead}")
    office.settle("lead", lead, owner=None, pool="public_pool")
    page = li.get("/pools/public_pool").text
    row = page[page.index(f'id="p-{lead}"') :].partition("</li>")[0]
    answer = li.post(f"/pools/public_pool/claim/{lead}", f"li#p-{lead}")

    assert "You had it before" in row
    assert "data-claim" not in row
    assert "You had it before" in str(told(answer)["toast"])


def test_who_is_in_no_pool_finds_none(office: Office) -> None:
    guest = office.visitor("guest")

    assert guest.get("/pools").status_code == 404
    assert guest.get("/pools/public_pool").status_code == 404
    assert guest.get("/pools/nowhere").status_code == 404


def test_the_first_pool_opens_by_itself(office: Office) -> None:
    assert office.visitor("li").get("/pools").headers["Location"] == "/pools/public_pool"
