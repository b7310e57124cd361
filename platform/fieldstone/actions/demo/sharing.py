"""Who shares the leads of the demo company: seniority, quotas, absences, and the rankings of the last months."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Final

from fieldstone.actions import ranking
from fieldstone.actions.demo.staff import Staff
from fieldstone.actions.demo.teller import Chapter, Teller
from fieldstone.actions.ranking import Office

# By place in the list of sellers: seniority, weight, months since they came, a limit of leads a month, skills.
SELLERS: Final = (
    ("senior", 3, 40, None, ["ERP", "大客户"]),
    ("regular", 2, 22, 80, ["CRM"]),
    ("senior", 3, 52, None, ["ERP", "制造业"]),
    ("regular", 2, 15, 60, ["CRM", "English"]),
    ("regular", 2, 30, None, ["物流"]),
    ("junior", 1, 2, 30, ["CRM"]),
)
RENEWALS: Final = 48
MONTH: Final = 30.4
HOUR: Final = timedelta(hours=1)
# (who: a seller by place, or one of the others), kind, first day from now, days, note.
SELLERS_AWAY: Final = (
    (5, "training", -1, 3, "新人产品培训"),
    (3, "leave", 6, 5, None),
    (0, "travel", 2, 2, "上海客户拜访"),
    (2, "sick", -9, 2, None),
    (4, "leave", 13, 3, None),
    (1, "leave", -20, 4, None),
)
HEAD_OF_SERVICE: Final = 2
COMPLAINTS: Final = ("发票金额有误，要求更正", "上门服务迟到两小时")


def describe_sellers(teller: Teller, staff: Staff) -> None:
    """Say what the salespeople can do and how much they may get."""
    for person, (seniority, weight, months, quota, skills) in zip(
        staff.all_sellers, SELLERS, strict=True
    ):
        hired = (teller.now - timedelta(days=months * MONTH)).date()
        values = {
            "seniority": seniority,
            "weight": weight,
            "hired_on": hired.isoformat(),
            "month_quota": quota,
            "skills": skills,
        }
        teller.change("user", person, values)


def take_leave(teller: Teller, staff: Staff) -> None:
    """Enter who is away now, was, and will be."""
    sellers = staff.all_sellers
    away = [(sellers[place], *rest) for place, *rest in SELLERS_AWAY]
    away.append((staff.agents[HEAD_OF_SERVICE], "travel", 0, 2, "拜访重点客户"))
    morning = teller.now.replace(hour=1, minute=0, second=0, microsecond=0)
    chapters = []
    for person, kind, first, days, note in away:
        starts = min(morning, teller.now - HOUR) + timedelta(days=int(str(first)))
        values = {
            "owner": person,
            "kind": kind,
            "starts_at": starts,
            "ends_at": starts + timedelta(days=int(str(days)) - 1, hours=9),
            "note": note,
        }
        chapters.append(Chapter(values))
    teller.tell("absence", chapters)


def renew_contracts(teller: Teller, staff: Staff, customers: Sequence[tuple[str, str]]) -> None:
    """Let customers of the last months renew: the ranking counts that too."""
    draw = teller.random
    chapters = []
    for number in range(RENEWALS):
        at = teller.moment(1 + 150 * number / RENEWALS)
        customer, _ = customers[number * 7 % len(customers)]
        owner = draw.choices(staff.all_sellers, (4, 3, 3, 2, 2, 1))[0]
        values = {
            "name": "年度续约",
            "customer": customer,
            "owner": owner,
            "pipeline": "renewal",
            "stage": "won",
            "amount": str(draw.choice((18, 30, 48, 66)) * 1000),
            "closed_on": at.date().isoformat(),
        }
        stages = (("due", at - timedelta(days=20)), ("won", at))
        chapters.append(Chapter(values, at - timedelta(days=20), stages))
    teller.tell("opportunity", chapters)


def wait_for_the_manager(teller: Teller, customers: list[tuple[str, str]]) -> None:
    """Let complaints come in while the only person who settles them is away: they wait in the hold queue."""
    values = [
        {"subject": subject, "kind": "complaint", "priority": "high", "channel": "phone", "customer": customers[place][0]}
        for place, subject in enumerate(COMPLAINTS)
    ]  # fmt: skip
    teller.tell("ticket", [Chapter(one, live=True) for one in values])


def publish_lists(office: Office) -> None:
    """Publish the rankings of the last months, each as of its day."""
    for rule in ranking.programs_of(office.model).values():
        for months in (2, 1, 0):
            now = office.ctx.now - timedelta(days=months * MONTH)
            opens = ranking.slot_of(rule, office.model, now).opens
            then = replace(office, ctx=replace(office.ctx, now=min(opens, office.ctx.now)))
            ranking.publish(then, rule)
