"""What RQ runs when the bell rings: the one site of this process, worked until nothing waits."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Final

from fieldstone.base.errors import FieldstoneError
from fieldstone.site import Site
from fieldstone.worker.turns import inside, work_until_idle

Wake = Callable[[], None]
_kept: Final[dict[int, tuple[Site, Wake]]] = {}


class NoSiteError(FieldstoneError):
    """The bell rang in a process that has no site."""


def keep_site(site: Site, wake: Wake) -> None:
    """Let `drain` work for this site in this process, and `wake` the lanes that may take long."""
    _kept.clear()
    _kept[os.getpid()] = (site, wake)


def drain() -> None:
    """Answer a ring: settle what is quickly done, for ten seconds at most. A ring says nothing but: look.

    Raises NoSiteError in a worker of RQ's own command, which knows no site.
    """
    if os.getpid() not in _kept:
        raise NoSiteError("start the worker with `fieldstone worker`, not with `rq worker`")
    site, wake = _kept[os.getpid()]
    wake()
    work_until_idle(site, (inside,))
