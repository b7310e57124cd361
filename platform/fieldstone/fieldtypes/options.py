"""The choices of selects: which exist, which are still offered, and which one was meant."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from fieldstone.base.names import nearest
from fieldstone.expressions.types import Kind, Type
from fieldstone.fieldtypes.contract import InvalidValueError, Option
from fieldstone.fieldtypes.raw import shown

SETTINGS: Final[Mapping[str, Mapping[str, object]]] = {"options": {"type": "object"}}
LISTED: Final = 12  # options that a cure names


def checked(raw: object, options: Mapping[str, Option], kept: frozenset[str]) -> str:
    """Return the code `raw` if it is offered, or archived but among `kept`; else refuse it."""
    if not isinstance(raw, str):
        raise InvalidValueError(
            "not_text", f"{shown(raw)} is not the code of an option.", _cure("", options)
        )
    code = present(raw.strip(), options)
    option = options.get(code)
    if option is None:
        raise InvalidValueError(
            "unknown_option", f"There is no option {shown(raw)}.", _cure(code, options)
        )
    if option.archived and code not in kept:
        raise InvalidValueError(
            "archived_option", f"The option {code!r} is no longer offered.", _cure("", options)
        )
    return code


def choice(options: Mapping[str, Option]) -> Type:
    """Return the type of an expression that is one of the options."""
    earlier = [(old, one.code) for one in options.values() for old in one.renamed_from]
    free = tuple((old, code) for old, code in earlier if old not in options)
    return Type(Kind.TEXT, choices=tuple(options), earlier=free)


def present(code: str, options: Mapping[str, Option]) -> str:
    """Return the code that an option has today, by any code that it had."""
    if code in options:
        return code
    every = options.values()
    return next((one.code for one in every if code in (*one.renamed_from, *one.once)), code)


def code_of(text: str, options: Mapping[str, Option]) -> str | None:
    """Return the code of the option that a person calls `text`: its code or one of its labels.

    Case and white space do not count. None when there is none; importers then report the value.
    """
    wanted = " ".join(text.split()).casefold()
    for code, option in options.items():
        if wanted in {code.casefold(), option.label.en.casefold(), option.label.zh.casefold()}:
            return code
    return None


def label(code: object, options: Mapping[str, Option], language: str) -> str:
    """Return what people call an option, by any code that it had; one that no longer exists keeps its code."""
    option = options.get(present(str(code), options))
    return option.label.text(language) if option else str(code)


def offered(options: Mapping[str, Option], parent: object = None) -> tuple[Option, ...]:
    """Return the options to choose from, under the parent field's value if there is one."""
    return tuple(
        option
        for option in options.values()
        if not option.archived and (not option.parents or parent in option.parents)
    )


def settings_options(settings: Mapping[str, Any]) -> dict[str, Option]:
    """Return the options among checked settings."""
    return dict(settings.get("options", {}))


def _cure(code: str, options: Mapping[str, Option]) -> str:
    live = [option.code for option in offered_anywhere(options)]
    meant = code_of(code, options) if code else None
    close = meant if meant in live else nearest(code[:40], live) if code else None
    if close:
        return f"Send {close!r}."
    shown_codes = ", ".join(live[:LISTED]) + (", ..." if len(live) > LISTED else "")
    return f"Send one of: {shown_codes}." if live else "Nothing can be chosen here."


def offered_anywhere(options: Mapping[str, Option]) -> tuple[Option, ...]:
    """Return the options that are not archived, whatever their parents."""
    return tuple(option for option in options.values() if not option.archived)
