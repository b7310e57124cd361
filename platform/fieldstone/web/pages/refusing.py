"""A refusal as a page: what cannot be done, and what to do instead."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Response
from markupsafe import escape

from fieldstone.base.errors import Problem


def refusal_page(problems: Sequence[Problem], status: int) -> Response:
    """Return a page that tells every problem with its cure."""
    lines = "".join(f"<li>{escape(p.message)} {escape(p.cure)}</li>" for p in problems)
    return Response(f"<!doctype html><title>{status}</title><ul>{lines}</ul>", status)
