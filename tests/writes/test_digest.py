"""One message in place of many: ladders with a digest ask for it."""

from __future__ import annotations

from fieldstone.base.errors import Problem
from fieldstone.changes.nouns import Change, Draft, Effect, Operation
from fieldstone.writes.digest import gathered


def reminder(to: str, name: str, strength: str = "normal", *, digest: bool = True) -> Effect:
    message = {"en": f"{name} waits.", "zh": f"{name}等待跟进。"}
    payload = {"message": message, "strength": strength, "acknowledge": True}
    return Effect("in_page", to, "reminder", payload | ({"digest": True} if digest else {}))


def a_draft(name: str, *effects: Effect) -> Draft:
    return Draft(Change("lead", Operation.UPDATE, record_id=name), name).but(effects=effects)


def test_one_person_gets_one_message_that_tells_all_and_is_as_strong_as_the_strongest() -> None:
    names = ["A", "B", "C", "D", "E"]
    batch = tuple(
        a_draft(name, reminder("ann", name, "strong" if name == "D" else "normal"))
        for name in names
    )

    told = [effect for draft in gathered(batch) for effect in draft.effects]

    assert len(told) == 1
    payload = told[0].payload
    assert payload["message"]["en"] == "5 reminders: A waits. B waits. C waits. And 2 more."  # type: ignore[index]
    assert payload["message"]["zh"] == "5 条提醒：A等待跟进。B等待跟进。C等待跟进。另有 2 条。"  # type: ignore[index]
    assert (payload["strength"], payload["count"]) == ("strong", 5)
    assert "acknowledge" not in payload


def test_everybody_gets_their_own_and_what_does_not_wait_stays_as_it_is() -> None:
    batch = (
        a_draft("A", reminder("ann", "A"), reminder("boss", "A", digest=False)),
        a_draft("B", reminder("bo", "B"), reminder("boss", "B", digest=False)),
    )

    assert gathered(batch) == batch


def test_a_refused_record_is_not_told_of() -> None:
    refused = a_draft("B", reminder("ann", "B")).with_problems(Problem("x", "y", "no", "yes"))

    first, second = gathered((a_draft("A", reminder("ann", "A")), refused))

    assert first.effects == (reminder("ann", "A"),)
    assert second.effects == refused.effects
