"""Facts from a service that answers JSON, on hosts that the rule names and never in our own network."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, Final
from urllib.parse import quote, urlsplit

import orjson

from fieldstone.base.label import Label
from fieldstone.delivery.enrichers.contract import Answer, EnrichError, Means, Question

KNOWN: Final = frozenset({"url", "allow", "headers", "at", "confidence"})
HOLE: Final = "{key}"
SECRET: Final = re.compile(r"env:(FIELDSTONE_ENRICH_[A-Z0-9_]+)")


@dataclass(frozen=True)
class HttpJson:
    """GET `settings.url` with {key} in it; `at` is the path of the facts, `confidence` that of a number from 0 to 1."""

    name: str = "http_json"
    label: Label = Label("Web service", "外部接口")  # noqa: RUF009 - a frozen value

    def objections(self, settings: Mapping[str, Any]) -> list[str]:
        """Return what is wrong with the settings."""
        found = [f"there is no setting {name!r}." for name in sorted(set(settings) - KNOWN)]
        url, allow = str(settings.get("url", "")), settings.get("allow")
        if HOLE not in url or not urlsplit(url).hostname:
            found.append("url is no address with {key} in it.")
        if not isinstance(allow, list) or not allow:
            found.append("allow is missing: the hosts that may be asked.")
        elif urlsplit(url).hostname not in allow:
            found.append("the host of url is not among allow.")
        for name, value in dict(settings.get("headers", {})).items():
            if str(value).startswith("env:") and not SECRET.fullmatch(str(value)):
                found.append(f"the header {name} may only name a variable FIELDSTONE_ENRICH_...")
        return found

    def look_up(self, question: Question, means: Means) -> Answer:
        """Ask the service. Raises EnrichError when it does not answer with JSON."""
        settings = question.settings
        url = str(settings["url"]).replace(HOLE, quote(question.key, safe=""))
        headers = {"Accept": "application/json"}
        for name, value in dict(settings.get("headers", {})).items():
            named = SECRET.fullmatch(str(value))
            headers[str(name)] = means.secret(named[1]) if named else str(value)
        body = means.fetch(url, headers, frozenset(str(one).lower() for one in settings["allow"]))
        try:
            told = orjson.loads(body) if body else None
        except orjson.JSONDecodeError as error:
            raise EnrichError("the service did not answer with JSON", retry=True) from error
        facts = _at(told, str(settings.get("at", "")))
        if not isinstance(facts, Mapping):
            return Answer()
        host = urlsplit(url).hostname or ""
        return Answer(dict(facts), _confidence(told, str(settings.get("confidence", ""))), host)


def _at(told: object, path: str) -> object:
    for step in path.split(".") if path else ():
        if isinstance(told, Mapping):
            told = told.get(step)
        elif isinstance(told, list) and step.isdecimal() and int(step) < len(told):
            told = told[int(step)]
        else:
            return None
    return told


def _confidence(told: object, path: str) -> Decimal:
    if not path:
        return Decimal(1)
    try:
        found = Decimal(str(_at(told, path)))
    except InvalidOperation:
        return Decimal(0)
    return found if found.is_finite() and 0 <= found <= 1 else Decimal(0)


ENRICHER = HttpJson()
