"""Lists of records: what the query string asks for, and one page as the answer."""

from __future__ import annotations

from typing import Final

from flask import Response, request
from orjson import Fragment

from fieldstone.reads.query import HIGHEST_LIMIT, Query, names_from, sort_from
from fieldstone.web.asking import Asked
from fieldstone.web.earlier_codes import earlier_names, with_earlier_items
from fieldstone.web.rest.answering import json_answer
from fieldstone.web.rest.reading_json import flag, refusal, whole

LIST_PARAMETERS: Final = (
    "filter",
    "q",
    "sort",
    "fields",
    "expand",
    "limit",
    "cursor",
    "count",
    "deleted",
)


def query_of_request() -> Query:
    """Return what the query string asks for. Raises RefusedError with 400."""
    given = request.args
    if given.get("count", "exact") != "exact":
        raise refusal(
            "bad_parameter", "count", "count is not 'exact'.", "Send count=exact or leave it out."
        )
    return Query(
        filter=given.get("filter") or None,
        q=given.get("q", ""),
        sort=sort_from(given.get("sort", "")),
        fields=names_from(given.get("fields", "")),
        expand=names_from(given.get("expand", "")),
        limit=whole("limit", 50, HIGHEST_LIMIT),
        cursor=given.get("cursor", ""),
        count="count" in given,
        deleted=flag("deleted"),
    )


def list_answer(asked: Asked, object_name: str, query: Query) -> Response:
    """Return one page of records, with the cursor of the next one."""
    earlier = earlier_names(asked, object_name)
    told = asked.site.reads.told_page(asked.ctx, asked.model, object_name, query, earlier)
    page: dict[str, object] = {"next": told.next_cursor}
    if told.total is not None:
        page["total"] = told.total
    return json_answer(
        {"data": Fragment(with_earlier_items(asked, object_name, told.json)), "page": page}
    )
