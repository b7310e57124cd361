"""Asks for a password that was not given."""

from __future__ import annotations

import getpass
import sys

from fieldstone.base.errors import Problem, RefusedError


def asked_password(option: str, prompt: str = "Password: ") -> str:
    """Return what somebody types unseen. Raises RefusedError where nobody can type."""
    if not sys.stdin.isatty():
        text = "no password is given, and there is no terminal to ask at."
        raise RefusedError([Problem("no_password", option, text, f"Write {option} PASSWORD.")])
    return getpass.getpass(prompt)
