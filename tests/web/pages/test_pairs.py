"""Pairs that may be the same: the list, two side by side, merging them, taking it back, and asking before a call."""

from __future__ import annotations

from itertools import count

import pytest

from tests.web.pages.office import Office, Visitor

NUMBERS = count(1)


@pytest.fixture
def li(office: Office) -> Visitor:
    """A seller's browser."""
    return office.visitor("li")


def twins(office: Office, first: str = "li", second: str = "li") -> tuple[str, str]:
    """Return a lead and another one that looks like it."""
    number = next(NUMBERS)  # companies that have no sign in common
    company = "".join(chr(0x4E00 + 97 * number + 7 * place) for place in range(6))
    one = office.a_lead("张伟", owner=office.people[first], company=f"{company}有限公司")
    other = office.a_lead("张玮", owner=office.people[second], company=company, tags=["expo"])
    return one, other


def compare(one: str, other: str) -> str:
    return f"/duplicates/lead/{one}/{other}"


def text(visitor: Visitor, url: str) -> str:
    answer = visitor.get(url)
    assert answer.status_code == 200, answer.status_code
    return answer.text


def test_a_pair_waits_in_the_list_and_on_the_records_page(office: Office, li: Visitor) -> None:
    one, other = twins(office)

    assert compare(other, one) in text(li, "/duplicates")
    page = text(li, f"/o/lead/{one}")
    assert "Looks like 张玮 (same company, 96%)." in page
    assert compare(one, other) in page


def test_two_records_are_compared_field_by_field_and_merged_as_chosen(
    office: Office, li: Visitor
) -> None:
    one, other = twins(office)
    page = text(li, compare(one, other))
    assert 'name="choose.name"' in page
    assert "96% alike" in page

    answer = li.post(compare(one, other), keep="this", **{"choose.name": "other"})

    assert answer.headers["Location"] == f"/o/lead/{one}"
    shown = text(li, f"/o/lead/{one}")
    assert "张玮" in shown
    assert "Merged records" in shown
    moved = li.get(f"/o/lead/{other}")
    assert (moved.status_code, moved.headers["Location"]) == (301, f"/o/lead/{one}")
    assert moved.headers["Cache-Control"] == "no-store"
    for part in ("?tab=why", "?tab=history", "/why?rule=lead_grading"):
        moved = li.get(f"/o/lead/{other}{part}")
        assert (moved.status_code, moved.headers["Location"]) == (301, f"/o/lead/{one}{part}")


def test_a_merge_is_taken_back_on_the_page_of_its_record(office: Office, li: Visitor) -> None:
    one, other = twins(office)
    li.post(compare(one, other), keep="this")
    page = text(li, f"/o/lead/{one}")
    undo = page.split(f'action="/duplicates/lead/{one}/undo/')[1].split('"')[0]

    answer = li.post(f"/duplicates/lead/{one}/undo/{undo}")

    assert answer.headers["Location"] == compare(one, other)
    assert text(li, f"/o/lead/{other}")
    assert compare(other, one) in text(li, "/duplicates")


def test_a_pair_told_apart_is_not_shown_again_unless_somebody_wants_it(
    office: Office, li: Visitor
) -> None:
    one, other = twins(office)
    page = text(li, "/duplicates")
    row = page.split(compare(other, one))[1]
    address = row.split('action="')[1].split('"')[0]

    assert li.post(address).status_code == 303

    assert compare(other, one) not in text(li, "/duplicates")
    assert "Looks like" not in text(li, f"/o/lead/{one}")
    assert compare(other, one) in text(li, "/duplicates?object=lead&state=apart")
    li.post(address.replace("/apart", "/open"))
    assert compare(other, one) in text(li, "/duplicates")


def test_of_a_colleagues_record_only_a_masked_name_is_told(office: Office, li: Visitor) -> None:
    one, other = twins(office, "li", "chen")

    page = text(li, f"/o/lead/{one}")
    assert "Looks like 张** of a colleague (same company, 96%)." in page
    assert other not in page
    assert other not in text(li, "/duplicates")
    assert li.get(compare(one, other)).status_code == 404
    assert li.post(compare(one, other), keep="this").status_code == 404


def test_a_merge_is_taken_back_only_where_there_is_one_and_by_who_may(
    office: Office, li: Visitor
) -> None:
    one, other = twins(office)
    alone = office.a_lead("Never merged", owner=office.people["li"])
    li.post(compare(one, other))

    merged, never = text(li, f"/o/lead/{one}"), text(li, f"/o/lead/{alone}")
    reader = office.visitor("guest").get(f"/o/lead/{one}").text

    assert "/undo/" in merged
    assert "/actions/unmerge" not in merged
    assert "/undo/" not in never
    assert "nmerge" not in never
    assert "Merged records" in reader
    assert "/undo/" not in reader


def test_a_record_that_changed_meanwhile_is_not_merged_blindly(office: Office, li: Visitor) -> None:
    one, other = twins(office)
    li.post(f"/o/lead/{one}/edit", name="张大伟")

    answer = li.post(compare(one, other), keep="this", **{f"version.{one}": "0"})

    assert answer.status_code == 412
    assert li.get(f"/o/lead/{other}").status_code == 200


def test_a_lead_and_a_customer_stand_side_by_side(office: Office) -> None:
    admin = office.visitor("admin")
    office.create("customer", name="西湖科技有限公司", owner=office.people["li"])
    one = office.a_lead("张伟", owner=office.people["li"], company="西湖科技")

    page = text(admin, f"/o/lead/{one}")
    address = page.split('href="/duplicates/')[1].split('"')[0]

    assert "never merged" in text(admin, f"/duplicates/{address}")


def test_who_asks_whether_somebody_is_known_learns_a_masked_name_and_the_owner(
    office: Office, li: Visitor
) -> None:
    one, other = twins(office, "li", "chen")
    company = str(office.value("lead", other, "company"))

    answer = li.post("/duplicates/known", company=company, name="张玮")

    assert answer.status_code == 200
    assert "张**" in answer.text
    assert "Chen Jie" in answer.text
    assert other not in answer.text
    assert f"/o/lead/{one}" in answer.text
    assert "59 searches are left this hour." in answer.text
    assert "Nobody like this" in li.post("/duplicates/known", mobile="13911112222").text
    assert li.post("/duplicates/known").status_code == 422


def test_a_name_alone_is_no_search_and_says_what_to_add(office: Office, li: Visitor) -> None:
    twins(office, "li", "chen")
    asked = li.post("/duplicates/known", name="张玮")
    chinese = office.visitor("li", "zh").post("/duplicates/known", name="张玮")

    assert asked.status_code == 422
    assert (
        "Nobody can be recognised by that alone. Add one of: Mobile, E-mail, Company." in asked.text
    )
    assert "Nobody like this" not in asked.text
    assert "请再填写其中一项：手机" in chinese.text


def test_nobody_reads_the_house_out_name_by_name(office: Office) -> None:
    chen = office.visitor("chen")
    answers = [chen.post("/duplicates/known", mobile=f"1391111{n:04}") for n in range(61)]

    assert [one.status_code for one in answers] == [200] * 60 + [429]


def test_all_leads_are_searched_by_a_worker(office: Office, li: Visitor) -> None:
    mei = office.visitor("mei")
    assert li.post("/duplicates/find", object="lead").status_code == 403

    answer = mei.post("/duplicates/find", object="lead")

    assert "job=" in answer.headers["Location"]
    assert "may leave the page" in text(mei, answer.headers["Location"])


def test_pages_speak_chinese(office: Office, li: Visitor) -> None:
    one, other = twins(office)
    li.speaking("zh")

    assert "与“张玮”相似（公司相同，96%）。" in text(li, f"/o/lead/{one}")
    assert "保留这条" in text(li, compare(one, other))
    assert "待判断" in text(li, "/duplicates")
    assert "是否已在库中？" in text(li, "/duplicates/known")


def test_any_two_records_can_be_chosen_for_a_merge(office: Office, li: Visitor) -> None:
    one = office.a_lead("Ann", owner=office.people["li"])
    other = office.a_lead("Bob", owner=office.people["li"])
    assert f"/o/lead/{one}/merge" in text(li, f"/o/lead/{one}")
    asked = li.get(f"/o/lead/{one}/merge", "dialog")
    assert f'"/o/lead/{one}/merge"' in asked.text

    answer = li.post(f"/o/lead/{one}/merge", **{"with": other})

    assert answer.headers["Location"] == compare(one, other)
    assert li.post(f"/o/lead/{one}/merge", **{"with": one}).status_code == 422
    assert "Bob" in li.get("/duplicates/lead/options?q=Bob", "options").text


def test_the_history_of_the_survivor_tells_that_of_both(office: Office, li: Visitor) -> None:
    one, other = twins(office)
    li.post(f"/o/lead/{other}/edit", need="Only the second one was told this")
    office.settle("lead", other, need="Told to the second one")

    li.post(compare(one, other), keep="this")

    assert "Told to the second one" in text(li, f"/o/lead/{one}?tab=changes")
