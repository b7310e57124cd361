"""What there is to choose from where a schema says that a text names something: fields, stages, people, rules, calendars."""

from __future__ import annotations

import zoneinfo
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from fieldstone.expressions.condition import path_type
from fieldstone.web.asking import Asked
from fieldstone.web.i18n import speech
from fieldstone.web.pages.reason_words import REASONS
from fieldstone.web.pages.studio_edits import effective_of
from fieldstone.web.pages.studio_people import People

Json = Mapping[str, Any]
Listed = Sequence[tuple[str, str]]
PERSON: Final = "user"
# The setting that names the object of which an entry speaks.
OF_THE_OBJECT: Final = "object"
# What of a rule may take a record from its owner, and says for what reason.
ENDINGS: Final = ("then", "rises", "on_exit", "recycle")
# Names that are fields, each of the object that it is a field of.
FIELDS: Final = frozenset({"field", "own_field", "person_field", "field_of", "link"})


@dataclass(frozen=True)
class Place:
    """Where a name stands: the object that is spoken of there, the rule's own, and the settings around it, the outermost first."""

    object: str = ""
    own: str = ""
    around: tuple[Json, ...] = ()

    def inside(self, values: Json) -> Place:
        """Return the place of the settings of an entry, which may speak of another object."""
        named = values.get(OF_THE_OBJECT)
        spoken_of = named if isinstance(named, str) and named else self.object
        return replace(self, object=spoken_of, around=(*self.around, values))

    def said(self, setting: str) -> str:
        """Return what the nearest setting of this name says, "" where none is a word."""
        found = (one.get(setting) for one in reversed(self.around))
        return next((one for one in found if isinstance(one, str)), "")

    def keys_of(self, setting: str) -> Sequence[str]:
        """Return the keys of the map that the rule itself has under this name."""
        found = self.around[0].get(setting) if self.around else None
        return [str(one) for one in found] if isinstance(found, Mapping) else []


class Offers:
    """What the running site has to choose from, in the reader's language. `siblings` are the other entries of a map."""

    def __init__(self, asked: Asked, siblings: Listed = ()) -> None:
        self.asked = asked
        self.people = People(asked)
        self._siblings = siblings
        self._known: dict[tuple[str, str, str, str], Listed] = {}

    def listed(self, sort: str, of: str, place: Place) -> Listed:
        """Return the names of a sort with what people call them; of people those that need no search."""
        key = (sort, of, f"{place.object}:{place.own}", place.said(of) if of else "")
        if sort == "key":
            return self._keys(of, place)
        if key not in self._known:
            find = self._finders().get(sort)
            self._known[key] = find(of, place) if find else ()
        return self._known[key]

    def field_object(self, sort: str, of: str, place: Place) -> str:
        """Return the object whose fields a sort of fields names, "" where that is not said."""
        if sort == "own_field":
            return place.own or place.object
        if sort == "person_field":
            return PERSON
        return self._led_to(place, place.said(of)) if sort == "field_of" else place.object

    def object_inside(self, sort: str, key: str, place: Place) -> str:
        """Return the object of which an entry speaks that stands under a key of this sort."""
        if sort == "object":
            return key if key in self.asked.model.objects else ""
        if sort in ("relation", "link") and key:
            return self._led_to(place, key) or place.object
        return "" if sort in ("relation", "link") else place.object

    def _led_to(self, place: Place, name: str) -> str:
        objects = self.asked.model.objects
        if name in objects:
            return name
        spec = objects.get(place.object)
        if spec is None or not name:
            return ""
        if name in spec.relations:
            return spec.relations[name].object_name
        field = spec.fields.get(name)
        target = getattr(field.type, "to", "") if field else ""
        return str(target) or (PERSON if field and field.type.name == PERSON else "")

    def _finders(self) -> Mapping[str, Callable[[str, Place], Listed]]:
        people = self.people
        return {
            "field": lambda of, at: self._fields(at.object, of),
            "own_field": lambda of, at: self._fields(at.own or at.object, of),
            "person_field": lambda of, _: self._fields(PERSON, of),
            "field_of": lambda of, at: self._fields(self._led_to(at, at.said(of)), ""),
            "link": lambda _, at: self._fields(at.object, ""),
            "sort": lambda _, at: self._sorts(at.object),
            "relation": lambda _, at: self._relations(at.object),
            "object": lambda *_: listed_objects(self.asked),
            "stage": lambda _, at: stages_of(self.asked, at.object),
            "option": lambda of, at: values_of(self.asked, at.own or at.object, at.said(of)),
            "role": lambda *_: people.roles(),
            "team": lambda *_: people.coded("team"),
            "department": lambda *_: people.coded("department"),
            "owner": lambda _, at: people.owners(at.own or at.object),
            "reason": lambda _, at: self._reasons(at.own or at.object),
            "rule": lambda of, at: self._rules(of, at.own),
            "action": lambda _, at: self._actions(at.object),
            "calendar": lambda *_: self._calendars(),
            "time_zone": lambda *_: [(one, one.replace("_", " ")) for one in sorted(zoneinfo.available_timezones())],
            "view": lambda _, at: self._views(at.object),
            "report": lambda *_: [(c, one.label.text(self.asked.language)) for c, one in self.asked.model.reports.items()],
            "options": lambda *_: [(str(one), str(one)) for one in effective_of(self.asked).value(("options",)) or ()],
            "sibling": lambda *_: self._siblings,
        }  # fmt: skip

    def _fields(self, object_name: str, types: str) -> Listed:
        return fields_of(self.asked, object_name, tuple(filter(None, types.split(","))))

    def _sorts(self, object_name: str) -> Listed:
        spec = self.asked.model.objects.get(object_name)
        fields = spec.fields.items() if spec else ()
        return [(code, one.label.text(self.asked.language)) for code, one in fields if one.type.sortable and not one.archived]  # fmt: skip

    def _relations(self, object_name: str) -> Listed:
        spec = self.asked.model.objects.get(object_name)
        relations = spec.relations.values() if spec else ()
        return [(one.name, one.label.text(self.asked.language)) for one in relations]

    def _keys(self, of: str, place: Place) -> Listed:
        named = dict([*self._relations(place.own), *fields_of(self.asked, place.own)])
        return [(one, named.get(one, one)) for one in place.keys_of(of)]

    def _rules(self, kind: str, about: str) -> Listed:
        """Return the rules of a kind; of pools those of the object, for no record lies in another one's."""
        own = about if kind == "pool" else ""
        return [
            (code, one.label.text(self.asked.language))
            for code, one in self.asked.model.rules.items()
            if one.kind == kind and own in ("", one.object_name)
        ]

    def _actions(self, object_name: str) -> Listed:
        model, actions = self.asked.model, self.asked.site.vocabulary.actions.values()
        there = [one for one in actions if not object_name or one.offered(model, object_name)]
        return [(one.name, one.label.text(self.asked.language)) for one in there]

    def _views(self, object_name: str) -> Listed:
        spec = self.asked.model.objects.get(object_name)
        views = spec.views.items() if spec else ()
        return [(code, one.label.text(self.asked.language)) for code, one in views]

    def _calendars(self) -> Listed:
        written = effective_of(self.asked).value(("calendars",)) or {}
        found = []
        for code in filter(None, self.asked.model.calendars):
            label = (written.get(code) or {}).get("label")
            word = label.get(self.asked.language) or label.get("en") if isinstance(label, Mapping) else label  # fmt: skip
            found.append((code, str(word or code)))
        return found

    def _reasons(self, about: str) -> Listed:
        """Return why owners lose records of an object: the engine's words, and those that its rules give."""
        t, language = speech(self.asked.language).t, self.asked.language
        found = {code: t(word) for code, word in REASONS.items()}
        for rule in self.asked.model.rules_of(about) if about else ():
            endings = (rule.written.get(one) for one in ENDINGS)
            for code in (
                str(one["reason"])
                for one in endings
                if isinstance(one, Mapping) and "reason" in one
            ):
                found.setdefault(code, f"{rule.label.text(language)} ({code})")
        return list(found.items())


def fields_of(asked: Asked, object_name: str, types: Sequence[str] = ()) -> list[tuple[str, str]]:
    """Return the fields of an object by what people call them, of these types alone where some are named."""
    spec = asked.model.objects.get(object_name)
    fields = spec.fields.items() if spec else ()
    return [
        (code, one.label.text(asked.language))
        for code, one in fields
        if not one.archived and (not types or one.type.name in types)
    ]


def stages_of(asked: Asked, object_name: str) -> list[tuple[str, str]]:
    """Return the stages of an object, whatever pipeline they are in."""
    spec = asked.model.objects.get(object_name)
    lines = spec.pipelines.pipelines.values() if spec and spec.pipelines else ()
    return list({code: one.label.text(asked.language) for line in lines for code, one in line.stages.items()}.items())  # fmt: skip


def values_of(asked: Asked, about: str, path: str) -> Listed:
    """Return the choices of a field by what people call them; none of a field that has none."""
    if not path or about not in asked.model.objects:
        return []
    scope = asked.model.scope(about)
    found = path_type(path, scope)
    codes = found.choices if found else ()
    return [(one, scope.option_label(path, one, asked.language)) for one in codes or ()]


def listed_objects(asked: Asked) -> list[tuple[str, str]]:
    """Return the objects of the site that stand for themselves."""
    listed = [one for one in asked.model.objects.values() if one.parent is None]
    return [(one.code, one.label.text(asked.language)) for one in listed]
