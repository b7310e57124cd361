"""Which settings inside a setting this site said itself: an entry of an assignment, a stage's action, a member of a pool; each can be given back alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from fieldstone.evolution.effective import Effective
from fieldstone.web.pages.studio_edits import Edits

Drawn = dict[str, Any]
SITE: Final = "site"
CODE: Final = "code"
INSIDE: Final = "/"  # between a setting and what stands in it, where one is named


@dataclass(frozen=True)
class Inside:
    """A setting with settings of its own, at `path`: in force, and without what this site says."""

    path: tuple[str, ...]
    setting: str
    here: Effective
    below: Effective
    label: str  # what giving back is called

    def marked(self, control: Drawn) -> Drawn:
        """Return a control in which each entry and setting of this site's says so."""
        found = dict(control)
        if "entries" in found:
            entries = found["entries"]
            lines = [{**one, **self._line(one)} for one in entries["lines"]]
            found["entries"] = {**entries, "lines": lines}
        if "inside" in found:
            inside = found["inside"]
            groups = {part: [self._setting(control, one) for one in inside[part]] for part in ("fields", "more")}  # fmt: skip
            found["inside"] = {**inside, **groups}
        if "ways" in found:
            ways = found["ways"]
            parts = [{**one, "control": self.marked(one["control"])} for one in ways["parts"]]
            found["ways"] = {**ways, "parts": parts}
        return found

    def _line(self, line: Drawn) -> Drawn:
        """Return the mark of an entry, nothing of one that the layers below say."""
        was = str(line.get("was", ""))
        if not was:
            return {}
        value = self.here.value(self.path)
        if isinstance(value, Mapping):
            return self._mark((was,), self.here.layer((*self.path, was)) == SITE)
        if not was.isdecimal() or not isinstance(value, list) or int(was) >= len(value):
            return {}
        lower = self.below.value(self.path)
        if not isinstance(lower, list) or value[int(was)] in lower:
            return {}
        fitting = counterpart(value, lower, int(was)) is not None
        return {"own": {"setting": self._named(was), "label": self.label if fitting else ""}}

    def _setting(self, outer: Drawn, control: Drawn) -> Drawn:
        name = str(control["name"]).removeprefix(f"{outer['name']}-").partition(".")[0]
        own = self.here.says((*self.path, name)) and self.here.layer((*self.path, name)) == SITE
        return {**control, **self._mark((name,), own)}

    def _mark(self, inside: tuple[str, ...], own: bool) -> Drawn:
        if not own or not self.below.says(self.path):
            return {}
        there = self.below.says((*self.path, *inside))
        return {"own": {"setting": self._named(*inside), "label": self.label if there else ""}}

    def _named(self, *inside: str) -> str:
        return INSIDE.join((self.setting, *inside))


def counterpart(value: Sequence[Any], lower: Sequence[Any], place: int) -> Any:
    """Return what the layers below have in the place of an entry that this site changed, None for one that it added.

    An entry with a code is known by it; of the others the first that differs here stands for the first that is missing.
    """
    code = _code(value[place])
    if code:
        return next((one for one in lower if _code(one) == code), None)
    changed = [n for n, one in enumerate(value) if one not in lower and not _code(one)]
    missing = [one for one in lower if one not in value and not _code(one)]
    nth = changed.index(place)
    return missing[nth] if nth < len(missing) else None


def _code(entry: Any) -> str:
    return str(entry.get(CODE, "")) if isinstance(entry, Mapping) else ""


def given_back(path: tuple[str, ...], key: str, here: Effective, below: Effective) -> Edits | None:
    """Return the steps that give back one entry or setting inside a setting; None where there is nothing to give back."""
    value, lower = here.value(path), below.value(path)
    if not isinstance(value, list):
        return Edits().give_back((*path, key), here) if below.says((*path, key)) else None
    if not key.isdecimal() or int(key) >= len(value) or not isinstance(lower, list):
        return None
    fitting = counterpart(value, lower, int(key)) if value[int(key)] not in lower else None
    if fitting is None:
        return None
    after = [fitting if n == int(key) else one for n, one in enumerate(value)]
    return Edits().reset(path) if after == lower else Edits().set(path, after)
