"""What programs send: JSON read strictly, and the query string, each refusal with its cure."""

from __future__ import annotations

import json
from typing import Any, Final

import orjson
from flask import request

from fieldstone.base.errors import Problem, RefusedError
from fieldstone.base.names import did_you_mean
from fieldstone.web.rest.aliases import present

DEEPEST: Final = 20
JSON_TYPES: Final = ("application/json", "application/merge-patch+json", "")


def body() -> dict[str, Any]:
    """Return the request's JSON object. Raises RefusedError with 400 or 415."""
    found = any_body()
    if not isinstance(found, dict):
        raise refusal(
            "not_an_object", "body", "The body is not a JSON object.", 'Send {"field": value}.'
        )
    return found


def any_body() -> Any:
    """Return the request's JSON, whatever it is. Raises RefusedError with 400 or 415."""
    if request.mimetype not in JSON_TYPES:
        text = f"The body is {request.mimetype}, not JSON."
        raise refusal(
            "not_json", "Content-Type", text, "Send 'Content-Type: application/json'.", 415
        )
    data = request.get_data() or b"{}"
    try:
        # orjson is the strict one: no NaN, no lone surrogates, nothing but UTF-8, no endless nesting.
        found = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        text = f"The body is not JSON: {error.msg} at line {error.lineno}, column {error.colno}."
        raise refusal("not_json", "body", text, "Send one JSON value in UTF-8.") from None
    if not _shallow(found, DEEPEST):
        text = f"The body is nested more than {DEEPEST} levels deep."
        raise refusal("too_deep", "body", text, "Send a flatter object.")
    return present(_exact(data))


def _exact(data: bytes) -> Any:
    """Return the same JSON with long whole numbers to the last digit, and no key given twice."""
    try:
        return json.loads(data, object_pairs_hook=_once)
    except ValueError as error:
        text = f"The body holds a number that is too long: {str(error)[:60]}."
        raise refusal("not_json", "body", text, "Send long numbers as text.") from None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        text = f"The key {twice[:40]!r} is there twice."
        raise refusal("duplicate_key", twice[:40], text, "Send each key once.")
    return found


def _shallow(value: object, left: int) -> bool:
    if not isinstance(value, dict | list):
        return True
    inner = value.values() if isinstance(value, dict) else value
    return left > 0 and all(_shallow(one, left - 1) for one in inner)


def whole(name: str, default: int, highest: int) -> int:
    """Return a whole number of the query string between 1 and `highest`."""
    text = request.args.get(name)
    if text is None:
        return default
    if not text.isascii() or not text.isdigit() or not 1 <= int(text[:9]) <= highest:
        said = f"{name} is {text[:40]!r}, not a whole number from 1 to {highest}."
        raise refusal("bad_parameter", name, said, f"Send {name}={default}, for example.")
    return int(text[:9])


def whole_or_none(name: str) -> int | None:
    """Return a whole number of the query string from 0 on, None when it is left out."""
    text = request.args.get(name)
    if text is None:
        return None
    if not text.isascii() or not text.isdigit():
        said = f"{name} is {text[:40]!r}, not a whole number."
        raise refusal("bad_parameter", name, said, f"Send {name}=1, for example.")
    return int(text[:9])


def flag(name: str) -> bool:
    """Return a switch of the query string: 1 or 0."""
    text = request.args.get(name, "0")
    if text not in ("0", "1", "true", "false"):
        raise refusal(
            "bad_parameter", name, f"{name} is {text[:40]!r}.", f"Send {name}=1 or leave it out."
        )
    return text in ("1", "true")


def known_parameters(*names: str) -> None:
    """Refuse parameters that mean nothing here, so that a misspelt filter cannot return everything."""
    if not request.args:
        return
    problems = [
        Problem(
            "unknown_parameter",
            name,
            f"there is no parameter {name[:40]!r}.",
            did_you_mean(name, names),
        )
        for name in request.args
        if name not in names
    ]
    problems += [
        Problem(
            "repeated_parameter",
            name,
            f"the parameter {name!r} is there more than once.",
            "Send it once; conditions go together with 'and', names with commas.",
        )
        for name in names
        if len(request.args.getlist(name)) > 1
    ]
    if problems:
        raise RefusedError(problems, status=400)


def refusal(code: str, path: str, message: str, cure: str, status: int = 400) -> RefusedError:
    """Return a refusal with one problem."""
    return RefusedError([Problem(code, path, message, cure)], status)
