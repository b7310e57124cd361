"""Tokens and long work follow an object that is renamed: a token's grants name objects, and so does what a job was told."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Connection, select, update

from fieldstone.storage.people import fs_token
from fieldstone.storage.queue import fs_job

WAITS: Final = ("queued", "running", "failed")
"""The states of work that is still to be done, or may be begun again."""


def rename_in_tokens(connection: Connection, earlier: str, present: str) -> None:
    """Let tokens that were narrowed to an object, "lead:read", go on reaching it."""
    token, before = fs_token.c, f"{earlier}:"
    for token_id, grants in connection.execute(
        select(token.id, token.grants).where(token.grants.is_not(None))
    ).all():
        said = [f"{present}:{one.removeprefix(before)}" if one.startswith(before) else one for one in grants or ()]  # fmt: skip
        if said != grants:
            mine = update(fs_token).where(token.id == token_id)
            connection.execute(mine.values(grants=said))


def rename_in_jobs(connection: Connection, earlier: str, present: str) -> None:
    """Let work that waits, runs or has stopped find its object."""
    job = fs_job.c
    waits = job.state.in_(WAITS)
    for job_id, told in connection.execute(select(job.id, job.arguments).where(waits)).all():
        if (told or {}).get("object") == earlier:
            mine = update(fs_job).where(job.id == job_id)
            connection.execute(mine.values(arguments={**told, "object": present}))
