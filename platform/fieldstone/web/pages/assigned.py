"""The records, or the people, behind one number of an assignment board."""

from __future__ import annotations

from flask import Blueprint, Response, request

from fieldstone.numbers.assignment import of_assignment
from fieldstone.numbers.contract import Asked as AskedNumbers
from fieldstone.numbers.contract import Number
from fieldstone.web.asking import the_call
from fieldstone.web.pages.dashboard_records import listed

PAGE = Blueprint("assigned", __name__)


@PAGE.get("/assignment/records")
def records() -> Response:
    """Show them: `rule`, `what`, and for a person's number `line`, `person`, `period`."""
    asked, given = the_call(), request.args
    code = given.get("rule", "")
    number = Number(
        given.get("what", ""), given.get("line", ""), given.get("person"), given.get("period", "")
    )
    found = of_assignment(AskedNumbers(asked.site, asked.ctx, asked.model), code, number)
    return listed(asked, found, f"/assignment?rule={code}")
