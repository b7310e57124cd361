"""In which language a command speaks."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from fieldstone.base.errors import MetadataError
from fieldstone.base.settings import load_settings

LANGUAGES: Final = ("en", "zh")
LOCALE: Final = ("LC_ALL", "LC_MESSAGES", "LANG")  # the first that is set counts


def spoken(wanted: str, environment: Mapping[str, str], folder: Path) -> str:
    """Return the language that was asked for, that of the locale, or the first of config.yaml."""
    if wanted:
        return wanted
    locale = next((environment[name] for name in LOCALE if environment.get(name)), "")
    found = next((one for one in LANGUAGES if locale.lower().startswith(one)), "")
    if found:
        return found
    try:
        return load_settings(folder).languages[0]
    except MetadataError:
        return LANGUAGES[0]  # the command itself says what is wrong with the file
