"""Which settings of an entry this site said itself, above what a template or the core says: each can be given back alone."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from fieldstone.evolution.effective import Effective
from fieldstone.web.asking import Asked
from fieldstone.web.i18n import speech
from fieldstone.web.pages.studio_edits import Edits, changing_of
from fieldstone.web.pages.studio_own_inside import INSIDE, SITE, Inside, given_back
from fieldstone.web.pages.studio_parts import CHOICES, Part, entries_of
from fieldstone.web.pages.studio_words import label_of
from fieldstone.web.pages.subjects import not_there
from fieldstone.web.pages.yaml_texts import flow_text

Drawn = dict[str, Any]
LONGEST: Final = 60


def with_own(
    asked: Asked, part: Part, code: str, controls: Sequence[Drawn], effective: Effective
) -> list[Drawn]:
    """Return the controls of an entry that layers below have as well; those that this site set say so, and what holds without."""
    changing = changing_of(asked)
    _, documents = changing.current(asked.ctx)
    if part.kind == CHOICES or not documents.value(part.entry(code))[1]:
        return [*controls]
    below = changing.effective(asked.ctx, documents.without(part.entry(code)))
    if code not in entries_of(part, below):
        return [*controls]
    told: set[str] = set()
    found = []
    for control in controls:
        setting = re.sub(r"\.(en|zh)$", "", str(control["name"]))
        path = (*part.entry(code), *setting.split("."))
        own = setting not in told and effective.says(path) and effective.layer(path) == SITE
        told.add(setting)
        language = str(control["name"]).removeprefix(f"{setting}.")
        inside = Inside(path, setting, effective, below, _called(asked, path, below))
        shown = inside.marked(control)
        found.append(
            {**shown, "own": _own(asked, setting, path, below, language)} if own else shown
        )
    return found


def _called(asked: Asked, path: Sequence[str], below: Effective) -> str:
    """Return what it is called to give a setting back to the layer that holds then."""
    t, layer = speech(asked.language).t, below.layer(path) or below.layer(path[:-1])
    return t("Reset to {layer}", layer=t("core") if layer == "core" else layer)


def _own(asked: Asked, setting: str, path: Sequence[str], below: Effective, language: str) -> Drawn:
    """Return how a setting is given back: to which layer, and to what value where that is said shortly."""
    value = below.value(path)
    if isinstance(value, Mapping) and language in value:
        value = value[language]
    text = value if isinstance(value, str) else "" if value is None else flow_text(value)
    return {
        "setting": setting,
        "label": _called(asked, path, below),
        "below": text if len(text) <= LONGEST else "",
    }


def taken_away(asked: Asked, part: Part) -> list[Drawn]:
    """Return what the site took away of that which the layers below have, and where it is brought back."""
    changing = changing_of(asked)
    _, documents = changing.current(asked.ctx)
    said, _ = documents.value(part.path)
    gone = [code for code, value in said.items() if value is None] if isinstance(said, Mapping) else []  # fmt: skip
    if not gone:
        return []
    for code in gone:
        documents = documents.without(part.entry(code))
    entries = entries_of(part, changing.effective(asked.ctx, documents))
    return [
        {
            "code": code,
            "label": label_of(asked, code, entries[code]),
            "reset_url": f"{part.base}/{code}/reset",
        }
        for code in gone
        if code in entries and not _called_otherwise(part, entries[code], said)
    ]


def _called_otherwise(part: Part, entry: Mapping[str, Any], said: object) -> bool:
    """Tell whether a shared set of choices only got another code: the site has one of the same choices."""
    if part.kind != CHOICES or not isinstance(said, Mapping):
        return False
    own = [set(one) for one in said.values() if isinstance(one, Mapping)]
    return set(entry.get(CHOICES) or ()) in own


def reset_of(asked: Asked, part: Part, code: str, setting: str) -> Edits:
    """Return the steps that give back an entry, one setting of it, or what stands inside one (entries/2). Raises RefusedError (404)."""
    named, _, inside = setting.partition(INSIDE)
    path = setting_path(part, code, named)
    if not inside:
        return Edits().reset(path)
    changing = changing_of(asked)
    _, documents = changing.current(asked.ctx)
    below = changing.effective(asked.ctx, documents.without(part.entry(code)))
    edits = given_back(path, inside, changing.effective(asked.ctx, documents), below)
    if edits is None:
        raise not_there()
    return edits


def setting_path(part: Part, code: str, setting: str) -> tuple[str, ...]:
    """Return the path of an entry, or of one setting of it. Raises RefusedError (404)."""
    if setting and not re.fullmatch(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)?", setting):
        raise not_there()
    return (*part.entry(code), *filter(None, setting.split(".")))
