"""What happens when a service that a test needs cannot be had on this machine."""

from __future__ import annotations

import os
from typing import NoReturn

import pytest


class ServiceMissingError(Exception):
    """A server or browser cannot be had; the message says what was looked for and the cure."""


def missing(error: ServiceMissingError) -> NoReturn:
    """Skip the test, or fail it where FIELDSTONE_REQUIRE_ALL=1 asks for every service."""
    if os.environ.get("FIELDSTONE_REQUIRE_ALL") == "1":
        pytest.fail(f"{error} (FIELDSTONE_REQUIRE_ALL=1 allows no skipping)", pytrace=False)
    pytest.skip(str(error))


def wanted_variant(variable: str) -> str:
    """Return 'system', 'wheel' or 'auto', as the environment variable says."""
    variant = os.environ.get(variable) or "auto"
    if variant not in {"system", "wheel", "auto"}:
        message = f"{variable}={variant} is unknown. Write system, wheel or auto."
        raise ServiceMissingError(message)
    return variant
