"""What an upgrade of a template finds changed on both sides: by the template's new version and by the site."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from fieldstone.compiler.loading import load
from fieldstone.compiler.problems import Problems
from fieldstone.compiler.tree import Items, Layer
from fieldstone.evolution.documents import OBJECTS, Documents

MINE, THEIRS = "mine", "theirs"
RENAMED: Final = "renamed_from"
LANGUAGES: Final = frozenset({"en", "zh"})
Path = tuple[str, ...]
Settings = Mapping[Path, Any]


class _Nothing:
    """Where a side says nothing; null is something: it takes away."""


NOTHING: Final = _Nothing()


@dataclass(frozen=True)
class Clash:
    """One setting that both sides changed. `choice` says whose holds: the site's, unless somebody decides otherwise.

    `before` and `after` are the template's, `mine` is the site's; None where a side says nothing. `gone`: the
    template no longer has what the site changed. `remembered`: answered at an earlier upgrade.
    """

    path: Path
    before: Any
    after: Any
    mine: Any
    gone: bool = False
    choice: str = MINE
    remembered: bool = False

    @property
    def name(self) -> str:
        """Return the path as people write it."""
        return ".".join(self.path[1:] if self.path[0] == OBJECTS else self.path)

    def as_json(self) -> dict[str, Any]:
        """Return the clash as programs and the studio see it."""
        return {**vars(self), "path": list(self.path), "name": self.name}


def clashes(before: Layer, after: Layer, site: Layer) -> tuple[Clash, ...]:
    """Return every setting of the site that also changes from one version of a template to the next."""
    old, new, mine = settings_of(before), settings_of(after), settings_of(site)
    names = dict(_renamed(mine))
    found: dict[Path, Clash] = {}
    for path, value in mine.items():
        clash = _clash(path, _earlier(path, names), value, old, new)
        if clash is not None:
            found.setdefault(clash.path, clash)
    for entry in names:
        if _at(old, entry) is NOTHING and _at(new, entry) is not NOTHING:
            found[entry] = Clash(entry, None, _at(new, entry), _at(mine, entry))
    return tuple(found.values())


def chosen(found: tuple[Clash, ...], choices: Mapping[str, Any]) -> tuple[Clash, ...]:
    """Return the clashes with what was chosen before, where the template's side is what it was then."""
    answered = []
    for one in found:
        kept = choices.get(one.name)
        if kept is not None and kept.get("seen") == _text(one.after):
            one = replace(one, choice=kept["choice"], remembered=True)
        answered.append(one)
    return tuple(answered)


def remembered(found: tuple[Clash, ...]) -> dict[str, dict[str, str]]:
    """Return what to keep of the choices, for the next upgrade."""
    return {one.name: {"choice": one.choice, "seen": _text(one.after)} for one in found}


def settled(documents: Documents, before: Layer, found: tuple[Clash, ...]) -> Documents:
    """Return the site's documents after the choices.

    Theirs: the site is silent about the setting. Mine: it stays; what the template no longer has becomes the site's
    own, so that what was changed in it still stands in something.
    """
    old = settings_of(before)
    for one in found:
        if one.choice == THEIRS:
            documents = documents.without(one.path)
        elif one.gone:
            inherited = _nested(old, one.path)
            said, _ = documents.value(one.path)
            documents = documents.with_value(one.path, _over(inherited, said))
    return documents


def orphans(before: Sequence[Layer], after: Sequence[Layer], site: Layer) -> tuple[Path, ...]:
    """Return what the site says about things that lower layers no longer have: the largest thing each time."""
    old, new, mine = settings_of(*before), settings_of(*after), settings_of(site)
    names = dict(_renamed(mine))
    found: dict[Path, None] = {}
    for path in mine:
        if lost := _lost(_earlier(path, names), old, new):
            found.setdefault(path[: len(lost)])
    return tuple(found)


def settings_of(*layers: Layer) -> dict[Path, Any]:
    """Return everything that layers say together: each value that is no map, by its path.

    What is wrong in it is told when it is compiled; here a null that takes away from a layer below is nothing wrong.
    """
    source = load(layers, Problems())
    found: dict[Path, Any] = {}
    for code, table in source.objects.items():
        found |= {p: v for p, v in _flat((OBJECTS, code), table) if p[2:] != ("object",)}
    for part, table in source.parts.items():
        found |= dict(_flat((part,), table))
    return found


def _clash(path: Path, there: Path, value: Any, old: Settings, new: Settings) -> Clash | None:
    """Return the clash at a path of the site; `there` is where the template has it."""
    was, becomes = _at(old, there), _at(new, there)
    if was is NOTHING and becomes is NOTHING:
        lost = _lost(there, old, new)
        return Clash(lost, _nested(old, lost), None, value, gone=True) if lost else None
    if was == becomes or becomes == value:
        return None
    if becomes is NOTHING and (lost := _lost(there, old, new)):
        return Clash(lost, _nested(old, lost), None, value, gone=True)
    return Clash(path, _plain(was), _plain(becomes), value)


def _lost(path: Path, old: Settings, new: Settings) -> Path:
    """Return the largest thing around `path` that the template had and no longer has, () when all is there."""
    for length in range(2, len(path) + 1):
        start = path[:length]
        if _at(old, start) is not NOTHING and _at(new, start) is NOTHING:
            return start
    return ()


def _renamed(mine: Settings) -> Iterator[tuple[Path, Path]]:
    """Yield entries that the site calls otherwise, with their earlier paths."""
    for path, value in mine.items():
        if path[-1] == RENAMED and value:
            earlier = value[0] if isinstance(value, list) else value
            yield path[:-1], (*path[:-2], str(earlier))


def _earlier(path: Path, names: Mapping[Path, Path]) -> Path:
    for length in range(len(path), 0, -1):
        if path[:length] in names:
            return (*names[path[:length]], *path[length:])
    return path


def _at(settings: Settings, path: Path) -> Any:
    """Return the value at a path, the map below it, or NOTHING."""
    if path in settings:
        return settings[path]
    below = _nested(settings, path)
    return below if below else NOTHING


def _nested(settings: Settings, path: Path) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for one, value in settings.items():
        if len(one) > len(path) and one[: len(path)] == path:
            here = found
            for step in one[len(path) : -1]:
                here = here.setdefault(step, {})
            here[one[-1]] = value
    return found


def _over(lower: Mapping[str, Any], upper: Any) -> dict[str, Any]:
    result = dict(lower)
    for key, value in upper.items() if isinstance(upper, Mapping) else ():
        below = result.get(key)
        both = isinstance(below, Mapping) and isinstance(value, Mapping)
        result[key] = _over(below, value) if both and isinstance(below, Mapping) else value
    return result


def _flat(path: Path, value: Any) -> Iterator[tuple[Path, Any]]:
    value = _long_form(path, value)
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _flat((*path, key), inner)
    else:
        yield path, _plain(value)


def _long_form(path: Path, value: Any) -> Any:
    """Return what a short form stands for, so that both sides say the same in the same place."""
    under = path[-2] if len(path) > 1 else ""
    if under == "options" and value is not None:
        bare = not isinstance(value, dict) or set(value) <= LANGUAGES
        return {"label": value} if bare else value
    if under == "fields" and isinstance(value, str):
        return {"type": value}
    return value


def _plain(value: Any) -> Any:
    """Return a value without places; a list that changes the one below says how."""
    if value is NOTHING:
        return None
    if isinstance(value, list):
        items = [_plain(one) for one in value]
        operation = value.operation if isinstance(value, Items) else ""
        return [f"!{operation}", *items] if operation else items
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items()}
    return value


def _text(value: Any) -> str:
    return repr(value)
