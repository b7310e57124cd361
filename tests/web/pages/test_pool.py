"""Public pools: what members see, claiming by one click, and the reasons why not."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path
from zlib import crc32

from tests.web.pages.office import Office, open_office, told


def pooled(office: Office, name: str) -> str:
    # Nobody knows them: a lead with a known number would go to whoever has the other one.
    return office.a_lead(name, mobile=mobile_of(name), owner=None, pool="public_pool")


def mobile_of(name: str) -> str:
    return f"139{crc32(name.encode()) % 10**8:08}"


def claims_left(page: str) -> int:
    found = re.search(r"(\d+) claims left today", page)
    assert found is not None
    return int(found[1])


def test_a_pool_shows_its_records_masked_and_what_is_left_to_claim(office: Office) -> None:
    pooled(office, "Waiting One")
    page = office.visitor("li").get("/pools/public_pool")

    assert "Waiting One" in page.text
    assert mobile_of("Waiting One") not in page.text
    assert claims_left(page.text) > 0


def test_one_click_claims_and_the_row_says_whose_it_is(office: Office) -> None:
    lead, li = pooled(office, "To Claim"), office.visitor("li")
    before = claims_left(li.get("/pools/public_pool").text)
    answer = li.post(f"/pools/public_pool/claim/{lead}", f"li#p-{lead}")

    assert answer.status_code == 200
    assert "Yours now." in answer.text
    assert claims_left(answer.text) == before - 1
    assert f'href="tel:+86{mobile_of("To Claim")}"' in answer.text
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


def test_a_record_is_opened_before_the_claim_and_stays_masked(office: Office) -> None:
    lead = office.a_lead(
        "Closer Look", mobile="13912345678", need="Thirty seats", owner=None, pool="public_pool"
    )
    answer = office.visitor("li").post(f"/pools/public_pool/open/{lead}", "div#dialog")

    assert "Thirty seats" in answer.text
    assert "13912345678" not in answer.text
    assert "59 previews left today" in answer.text


def test_several_are_claimed_at_once_and_the_reasons_are_told(office: Office) -> None:
    first, second = pooled(office, "Batch One"), pooled(office, "Batch Two")
    office.visitor("chen").post(f"/pools/public_pool/claim/{second}")

    ids = [first, second]
    visitor = office.visitor("li")
    answer = visitor.post("/pools/public_pool/bulk", "div#dialog", do="claim", ids=ids)

    toast = told(answer)["toast"]
    assert toast["text"].startswith("One record is yours now. This record was claimed by")
    assert office.value("lead", first, "owner") == office.people["li"]


def test_who_looks_after_a_pool_sees_traffic_and_members_and_moves_records(office: Office) -> None:
    lead = office.a_lead("To Move", owner=None, pool="public_pool", region="north")
    admin = office.visitor("admin")

    bulk = "/pools/public_pool/bulk"
    asked = admin.post(bulk, "div#dialog", do="move", ids=[lead])
    admin.post(bulk, "div#dialog", do="move", ids=[lead], value="north_pool")

    assert "North pool" in asked.text
    assert "No need now" in asked.text
    assert office.value("lead", lead, "pool") == "north_pool"
    assert "How they came" in admin.get("/pools/public_pool/traffic").text
    assert "Where each stands" in admin.get("/pools/public_pool/members").text
    assert office.visitor("li").get("/pools/public_pool/traffic").status_code in (403, 404)
    assert office.visitor("li").get("/pools/public_pool/members").status_code in (403, 404)


def test_what_a_member_holds_opens_just_those_records(office: Office) -> None:
    mei = office.people["mei"]
    office.a_lead("Held by Mei", owner=mei)
    done = office.a_lead("Not counted", owner=mei)
    office.settle("lead", done, stage="invalid", lost_reason="no_need")
    admin = office.visitor("admin")
    link = f"/pools/public_pool/members/{mei}/held?of=lead_holding"

    told = admin.get("/pools/public_pool/members").text.partition(f'href="{link}">')[2]
    page = admin.get(link).text

    assert "Mei Zhou" in page.partition("<title>")[2].partition("</title>")[0]
    assert "Held by Mei" in page
    assert "Not counted" not in page
    number = told.partition(" of ")[0]
    assert f'<span class="count num">{number}</span>' in page
    assert office.visitor("li").get(link).status_code in (403, 404)


def numbers_of(page: str) -> list[tuple[str, int]]:
    """Return the meters that can be clicked: where each leads, and what it counts."""
    found = re.findall(r'<a class="lnk" href="(/pools/[^"]*/members/[^"]+)">(\d+) of \d+</a>', page)
    return [(unescape(link), int(number)) for link, number in found]


def count_of(page: str) -> int:
    found = re.search(r'<span class="count num">(\d+)</span>', page)
    assert found is not None
    return int(found[1])


def test_every_number_of_the_members_opens_its_records(office: Office) -> None:
    lead, other = pooled(office, "Taken by Chen"), pooled(office, "Seen by Chen")
    chen, admin = office.visitor("chen"), office.visitor("admin")
    chen.post(f"/pools/public_pool/open/{other}", "div#dialog")
    chen.post(f"/pools/public_pool/claim/{lead}", f"li#p-{lead}")

    numbers = numbers_of(admin.get("/pools/public_pool/members").text)
    own = numbers_of(chen.get("/pools/public_pool").text)

    theirs = [(link, number) for link, number in numbers if office.people["chen"] in link]
    kinds = {link.rpartition("/")[2].partition("?")[0] for link, _ in theirs}
    assert kinds == {"held", "claims", "views"}
    for link, number in numbers:
        page = admin.get(link)
        assert page.status_code == 200
        assert count_of(page.text) == number or f"{number} in all." in page.text, link
    assert sorted(own) == sorted(theirs)
    for link, number in own:
        page = chen.get(link).text
        assert count_of(page) == number or f"{number} in all." in page, link
    views = next(link for link, _ in theirs if "/views" in link)
    assert "Seen by Chen" in admin.get(views).text
    assert office.visitor("li").get(views).status_code == 403
    assert admin.get(views.replace("day", "year")).status_code == 404


def test_every_number_of_the_traffic_opens_its_records(office: Office) -> None:
    lying = office.a_lead("Lies in traffic", owner=None, pool="public_pool")
    taken = office.a_lead("Taken in traffic", owner=None, pool="public_pool")
    li = office.visitor("li")
    li.post(f"/pools/public_pool/claim/{taken}", "div#p-1")
    li.post(f"/o/lead/{taken}/actions/release", asked="1", reason="no_answer")  # it came twice
    office.visitor("chen").post(f"/pools/public_pool/claim/{taken}", "div#p-1")
    admin = office.visitor("admin")

    page = admin.get("/pools/public_pool/traffic?days=7").text
    links = {unescape(one) for one in re.findall(r'href="(/pools/[^"]*/records[^"]*)"', page)}

    assert re.search(r'<b class="[^"]*"><a class="lnk" href="[^"]*which=new[^"]*">\d+</a>', page)
    kinds = {one.partition("what=")[2].partition("&")[0] for one in links}
    assert kinds >= {"came", "taken", "back", "never", "left", "age", "took", "day"}
    shown = {one: admin.get(one) for one in links}
    assert all(one.status_code == 200 for one in shown.values())
    counted = re.findall(r'href="(/pools/[^"]*/records[^"]*)">([\d,]+)</a>', page)
    assert len(counted) >= 6
    for one, number in counted:
        assert f'<span class="count num">{number}</span>' in shown[unescape(one)].text, one
    came = next(one for one in links if "what=came&which=new" in one)
    assert "Lies in traffic" in shown[came].text
    took = next(one for one in links if one.endswith(f"{office.people['li']}%3Aclaimed"))
    assert lying not in shown[took].text
    assert taken in shown[took].text
    assert office.visitor("li").get(came).status_code in (403, 404)
    assert admin.get("/pools/public_pool/traffic/records?what=x&which=%27").status_code == 404


def test_who_only_claims_finds_no_pages_of_the_desk(office: Office) -> None:
    pooled(office, "Plain")
    page = office.visitor("li").get("/pools/public_pool").text

    assert "/pools/public_pool/traffic" not in page
    assert "Move to another pool" not in page


def test_the_page_of_a_record_says_where_it_lies_and_until_when_it_is_kept(office: Office) -> None:
    lying = office.a_lead("Lies There", owner=None, pool="public_pool")
    kept = office.a_lead("Kept One", owner=office.people["li"])
    admin = office.visitor("admin")

    admin.post(f"/o/lead/{kept}/actions/protect", "div#dialog", asked="1", reason="soon")

    assert "Has been lying in Public pool" in admin.get(f"/o/lead/{lying}").text
    assert "Protected until" in admin.get(f"/o/lead/{kept}").text


def test_a_record_is_given_back_with_one_of_the_reasons(office: Office) -> None:
    lead = office.a_lead("Back Again", owner=office.people["li"])
    visitor = office.visitor("li")
    url = f"/o/lead/{lead}/actions/release"

    asked = visitor.get(url, "div#dialog")
    visitor.post(url, "div#dialog", asked="1", reason="not_reached")
    pool = office.visitor("admin").get("/pools/public_pool")

    assert "Never reached" in asked.text
    assert "Where it belongs" in asked.text
    assert (
        asked.text.count('<option value="">') == 0
    )  # each choice says what it is when nothing is chosen
    assert asked.text.count('<option value="" selected>') == 2
    assert "Archive pool" not in asked.text  # a seller does not see it
    assert "Never reached" in pool.text


def test_a_pool_that_wants_a_reason_names_its_reasons_in_words(tmp_path: Path) -> None:
    (tmp_path / "rules").mkdir()
    needs = "rules: {public_pool: {reason_required: true}}"
    (tmp_path / "rules" / "site.yaml").write_text(needs, encoding="utf-8")
    office = open_office(tmp_path)
    lead = office.a_lead("Why Back", owner=office.people["li"])

    url, sent = f"/o/lead/{lead}/actions/release", {"asked": "1", "pool": "public_pool"}
    said = office.visitor("li").post(url, "div#dialog", **sent)

    assert said.status_code == 422
    assert "This pool wants to know why the record comes here." in said.text
    assert "Never reached</option>" in said.text
    assert "Send one of these reasons" not in said.text
    assert office.value("lead", lead, "owner") == office.people["li"]
    office.site.storage.close()
