"""What people did all day: calls, visits, notes, tasks; and the tickets of customers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from fieldstone.actions.demo.leads import Lead
from fieldstone.actions.demo.names import CALLS, TROUBLES
from fieldstone.actions.demo.staff import Staff
from fieldstone.actions.demo.teller import Chapter, Teller

KINDS = ("call", "call", "call", "visit", "meeting", "note", "email")
SUBJECTS = {
    "call": "电话沟通",
    "visit": "上门拜访",
    "meeting": "产品演示",
    "note": "备注",
    "email": "Sent the brochure",
}
TASKS = (
    "回访客户",
    "发送报价单",
    "安排产品演示",
    "确认预算和决策人",
    "Prepare the contract",
    "跟进试用反馈",
)
TICKETS = 260
RECENT = timedelta(days=200)
STILL_OPEN = timedelta(days=30)  # how old the tickets are that some still work on


def keep_busy(teller: Teller, leads: Sequence[tuple[str, Lead]]) -> None:
    """Write finished activities on leads of the last months, and tasks that wait."""
    chapters: list[Chapter] = []
    for lead_id, lead in leads:
        owner = lead.values.get("owner")
        if not owner or lead.at < teller.now - RECENT or len(lead.stages) == 1:
            continue
        for _, entered in lead.stages[1:]:
            chapters.append(_done(teller, lead_id, str(owner), entered))
        if lead.stage in ("contacted", "qualified"):
            chapters.append(_task(teller, lead_id, str(owner)))
    teller.tell("activity", chapters, "activities")


def _done(teller: Teller, lead_id: str, owner: str, at: datetime) -> Chapter:
    kind = teller.random.choice(KINDS)
    talk = kind in ("call", "visit", "meeting")
    return Chapter(
        {
            "kind": kind,
            "subject": SUBJECTS[kind],
            "body": teller.random.choice(CALLS),
            "status": "done",
            "done_at": at,
            "outcome": teller.random.choice(("reached", "interested", "call_back"))
            if talk
            else None,
            "minutes": teller.random.choice((5, 10, 15, 30, 60)) if talk else None,
            "lead": lead_id,
            "owner": owner,
        },
        at,
    )


def _task(teller: Teller, lead_id: str, owner: str) -> Chapter:
    due = teller.in_office(days=teller.random.randint(-2, 7))
    return Chapter(
        {
            "kind": "task",
            "subject": teller.random.choice(TASKS),
            "status": "open",
            "priority": teller.random.choice(("high", "normal", "normal", "low")),
            "due_at": due,
            "lead": lead_id,
            "owner": owner,
        },
        min(due, teller.now) - timedelta(days=2),
    )


def serve_customers(teller: Teller, staff: Staff, customers: Sequence[tuple[str, str]]) -> None:
    """Write the tickets of a year."""
    chapters = []
    for number in range(TICKETS):
        ago = 365 * (1 - (number + teller.random.random()) / TICKETS)
        chapters.append(_ticket(teller, staff, customers, teller.moment(ago)))
    teller.tell("ticket", chapters, "tickets")


def _ticket(
    teller: Teller, staff: Staff, customers: Sequence[tuple[str, str]], at: datetime
) -> Chapter:
    draw = teller.random
    subject, kind = draw.choice(TROUBLES)
    stages = [("new", at)]
    for stage, hours in (("working", 6), ("resolved", 60), ("closed", 120)):
        before = stages[-1][1]
        entered = teller.at_work(before + timedelta(hours=0.2 + draw.random() ** 2 * hours), before)
        waits = at > teller.now - STILL_OPEN and draw.random() < 0.55
        if entered >= teller.now or waits or (stage == "closed" and draw.random() < 0.3):
            break
        stages.append((stage, entered))
    entered_at = dict(stages)
    done = "resolved" in entered_at
    return Chapter(
        {
            "subject": subject,
            "kind": kind,
            "priority": draw.choices(("urgent", "high", "normal", "low"), (1, 3, 8, 3))[0],
            "channel": draw.choice(("form", "email", "phone", "chat")),
            "customer": draw.choice(customers)[0],
            "description": draw.choice(CALLS),
            "answer": "已定位并处理，客户确认恢复正常。" if done else None,
            "first_answer_at": entered_at.get("working"),
            "resolved_at": entered_at.get("resolved"),
            "satisfaction": draw.choices((5, 4, 3, 2, 1), (8, 6, 3, 1, 1))[0]
            if done and draw.random() < 0.6
            else None,
            "stage": stages[-1][0],
            "owner": draw.choice(staff.agents),
        },
        at,
        stages,
    )
