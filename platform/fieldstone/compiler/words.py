"""Labels, options and codes as YAML writes them, in short and long forms."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fieldstone.base.label import Label, label_of
from fieldstone.base.names import did_you_mean
from fieldstone.compiler.merging import ordered
from fieldstone.compiler.problems import Spot
from fieldstone.compiler.tree import earlier_codes
from fieldstone.fieldtypes.contract import Option


def label_from(raw: object, fallback: Label) -> Label:
    """Return a label written as a text or as {en, zh}; a missing language comes from `fallback`."""
    if isinstance(raw, str) and raw:
        return Label(raw)
    if isinstance(raw, Mapping):
        return Label(str(raw.get("en") or fallback.en), str(raw.get("zh") or fallback.zh))
    return fallback


def own_label(code: str, raw: object) -> Label:
    """Return the label of an entry whose settings hold `label`, or en and zh themselves."""
    if isinstance(raw, Mapping):
        return label_from(raw.get("label", raw), label_of(code))
    return label_from(raw, label_of(code))


def options_from(spot: Spot, raw: Mapping[str, Any]) -> Mapping[str, Option]:
    """Return the options of a select, in the order of the page."""
    table = ordered(spot, raw)
    return {code: _option(code, value) for code, value in table.items()}


def _option(code: str, raw: object) -> Option:
    settings = raw if isinstance(raw, Mapping) else {}
    return Option(
        code,
        own_label(code, raw),
        color=settings.get("color", "gray"),
        archived=settings.get("archived", False),
        parents=tuple(settings.get("parents", ())),
        renamed_from=earlier_codes(settings),
    )


def report_given_up(spot: Spot, things: Mapping[str, Any], what: str) -> None:
    """Report what has a code that another one had: whatever names the code would lead to either."""
    for code, thing in things.items():
        for earlier in thing.renamed_from:
            if earlier != code and earlier in things:
                spot.under(code, "renamed_from").problem(
                    "code_given_up",
                    f"'{earlier}' is the earlier code of '{code}', and another {what} has it now.",
                    "Take another code, or another 'renamed_from'.",
                )


def known_code(spot: Spot, what: str, code: object, known: Mapping[str, object]) -> bool:
    """Tell whether `code` is among `known`; else report it as an unknown `what` with the nearest right one."""
    if isinstance(code, str) and code in known:
        return True
    spot.problem(
        f"unknown_{what.replace(' ', '_')}",
        f"there is no {what} '{code}'.",
        did_you_mean(str(code), known),
    )
    return False
