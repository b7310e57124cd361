"""What RQ runs when the bell rings: the one site of this process, worked until nothing waits."""

from __future__ import annotations

import os
from typing import Final

from fieldstone.base.errors import FieldstoneError
from fieldstone.site import Site
from fieldstone.worker.turns import work_until_idle

_kept: Final[dict[int, Site]] = {}


class NoSiteError(FieldstoneError):
    """The bell rang in a process that has no site."""


def keep_site(site: Site) -> None:
    """Let `drain` work for this site in this process."""
    _kept.clear()
    _kept[os.getpid()] = site


def drain() -> None:
    """Answer a ring: work until nothing waits, or for ten seconds. A ring says nothing but: look.

    Raises NoSiteError in a worker of RQ's own command, which knows no site.
    """
    site = _kept.get(os.getpid())
    if site is None:
        raise NoSiteError("start the worker with `fieldstone worker`, not with `rq worker`")
    work_until_idle(site)
