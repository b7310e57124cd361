"""What became of one arrival, as programs see it."""

from __future__ import annotations

from typing import Any

from fieldstone.actions.intake.reception import Receipt
from fieldstone.base.problem_texts import as_data
from fieldstone.web.asking import Asked
from fieldstone.web.rest.answering import decision_json


def receipt_json(asked: Asked, receipt: Receipt) -> dict[str, Any]:
    """Return what became of one arrival."""
    told: dict[str, Any] = {
        "arrival": receipt.arrival,
        "state": receipt.state,
        "outcome": receipt.outcome,
        "record": receipt.record,
    }
    if receipt.replayed:
        told["replayed"] = True
    if receipt.problems:
        told["problems"] = [as_data(one, asked.language) for one in receipt.problems]
    if receipt.decisions:
        told["decisions"] = [decision_json(one, asked.language) for one in receipt.decisions]
    return told
