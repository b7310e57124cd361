"""Reads one YAML text into values with places; refuses what surprises people in YAML."""

from __future__ import annotations

import re
from typing import Any

import yaml

from fieldstone.base.origin import Origin
from fieldstone.base.text import clean
from fieldstone.compiler.problems import Problems
from fieldstone.compiler.tree import Document, Items, Table

MAX_DEPTH = 24
MAX_NODES = 200_000
MAX_CHARACTERS = 2_000_000
WHOLE = re.compile(r"[-+]?(0|[1-9][0-9]{0,17})")
FRACTION = re.compile(r"[-+]?(0|[1-9][0-9]{0,17})\.[0-9]{1,17}")
WORDS: dict[str, object] = {
    "true": True,
    "True": True,
    "TRUE": True,
    "false": False,
    "False": False,
    "FALSE": False,
    "null": None,
    "Null": None,
    "NULL": None,
    "~": None,
    "": None,
}
OPERATIONS = {"!append": "append", "!remove": "remove"}
PLAIN_TAGS = {None, "!", "tag:yaml.org,2002:str", "tag:yaml.org,2002:seq", "tag:yaml.org,2002:map"}


class _StopError(Exception):
    """The text cannot be read any further; the reason is already reported."""


def read(layer: str, document: Document, problems: Problems) -> Table | None:
    """Return the mapping in `document`, or None when it is empty or cannot be read (reported)."""
    reader = _Reader(layer, document.path, problems)
    try:
        text = clean(document.text.removeprefix("\ufeff"))
        if len(text) > MAX_CHARACTERS:
            raise reader.fail(
                1,
                1,
                "too_large",
                "the file has more than 2,000,000 characters.",
                "Split it with 'include'.",
            )
        return reader.read(text)
    except ValueError as error:
        problems.add(
            Origin(layer, document.path, 1),
            "",
            "bad_character",
            f"the file contains the character {error}, which no text may hold.",
            "Remove it.",
        )
    except _StopError:
        pass
    except yaml.YAMLError as error:
        reader.report_syntax(error)
    return None


class _Reader:
    """Turns the parser's events into tables and lists, without recursion."""

    def __init__(self, layer: str, file: str, problems: Problems) -> None:
        self.layer = layer
        self.file = file
        self.problems = problems
        self.stack: list[_Open] = []
        self.top: object = None
        self.nodes = 0

    def read(self, text: str) -> Table | None:
        documents = 0
        for event in yaml.parse(text, Loader=yaml.CSafeLoader):
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    raise self.fail(
                        *_where(event),
                        "two_documents",
                        "a second document begins here ('---').",
                        "Put it into a file of its own.",
                    )
            elif isinstance(event, yaml.NodeEvent):
                self._node(event)
            elif isinstance(event, yaml.CollectionEndEvent):
                self.stack.pop()
        if self.top is None or isinstance(self.top, Table):
            return self.top
        raise self.fail(
            1,
            1,
            "not_a_map",
            "the file holds no map.",
            "Begin it with a key, such as 'object: lead'.",
        )

    def _node(self, event: Any) -> None:
        line, column = _where(event)
        self.nodes += 1
        if isinstance(event, yaml.AliasEvent):
            raise self.fail(
                line,
                column,
                "alias",
                f"'*{event.anchor}' repeats another part of the file.",
                "Write the part out; options that are shared go into 'options:' and 'options_from'.",
            )
        if len(self.stack) >= MAX_DEPTH or self.nodes > MAX_NODES:
            raise self.fail(
                line,
                column,
                "too_deep",
                "the file is nested too deeply or too large.",
                f"Stay within {MAX_DEPTH} levels and {MAX_NODES:,} values.",
            )
        # A quoted text begins after its quote, so that a column inside an expression can be counted from here.
        quoted = getattr(event, "style", None) in {"'", '"'}
        place = Origin(self.layer, self.file, line, column + quoted)
        value = self._value(event, place)
        self._keep(value, place)
        if isinstance(value, (Table, Items)):
            self.stack.append(_Open(value))

    def _value(self, event: Any, place: Origin) -> object:
        if isinstance(event, yaml.MappingStartEvent):
            self._refuse_tag(event, PLAIN_TAGS)
            return Table(place)
        if isinstance(event, yaml.SequenceStartEvent):
            self._refuse_tag(event, {*PLAIN_TAGS, *OPERATIONS})
            return Items(place, OPERATIONS.get(event.tag or "", ""))
        self._refuse_tag(event, PLAIN_TAGS)
        return resolve(event.value) if event.implicit[0] else event.value

    def _refuse_tag(self, event: Any, allowed: set[Any]) -> None:
        if event.tag not in allowed:
            raise self.fail(
                *_where(event),
                "tag",
                f"the tag '{event.tag}' means nothing here.",
                "Only !append and !remove exist, before a list.",
            )

    def _keep(self, value: object, place: Origin) -> None:
        if not self.stack:
            self.top = value
            return
        parent = self.stack[-1]
        if isinstance(parent.value, Items):
            parent.value.put(value, place)
        elif parent.key is None:
            parent.key, parent.key_at = self._key(value, place), place
        else:
            self._entry(parent.value, parent, value, place)
            parent.key = None

    def _key(self, value: object, place: Origin) -> str:
        if isinstance(value, str) and value != "<<":
            return value
        if isinstance(value, (bool, int, float)):
            return str(value).lower() if isinstance(value, bool) else str(value)
        raise self.fail(
            place.line,
            place.column,
            "bad_key",
            "this cannot be a key.",
            "A key is one word, such as 'name:'.",
        )

    def _entry(self, table: Table, parent: _Open, value: object, place: Origin) -> None:
        key = parent.key or ""
        if key in table:
            first = table.keys_at[key]
            self.problems.add(
                parent.key_at,
                key,
                "duplicate_key",
                f"'{key}' stands twice in this map; the first is on line {first.line}.",
                "Keep one of the two.",
            )
            return
        table.put(key, value, parent.key_at, place)

    def fail(self, line: int, column: int, code: str, message: str, cure: str) -> _StopError:
        """Report what makes further reading pointless; the caller raises what comes back."""
        self.problems.add(Origin(self.layer, self.file, line, column), "", code, message, cure)
        return _StopError()

    def report_syntax(self, error: yaml.YAMLError) -> None:
        """Turn the parser's complaint into a problem with a cure."""
        mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        said = str(getattr(error, "problem", None) or "this is not YAML")
        cure = "Look at the indentation, at ':' and at quotes just before this place."
        for sign, better in _SYNTAX_CURES.items():
            if sign in said:
                cure = better
        origin = Origin(self.layer, self.file, line, column)
        self.problems.add(origin, "", "syntax", f"the YAML cannot be read: {said}.", cure)


_SYNTAX_CURES = {
    "mapping values are not allowed": "A text with ': ' in it needs quotes; else look at the indentation.",
    "tab": "Use spaces, never tabs, to indent.",
    "cannot start any token": "Use spaces, never tabs, and quote a text that begins with @, ` or %.",
    "did not find expected ',' or": "A bracket or a brace before this place is not closed.",
    "undefined alias": "Write the part out: '*' and '&' are not used here. Quote a text that begins with '*'.",
    "unclosed": "Close the quotes that were opened before this place.",
}


class _Open:
    """A map or list being read."""

    __slots__ = ("key", "key_at", "value")

    def __init__(self, value: Table | Items) -> None:
        self.value = value
        self.key: str | None = None
        self.key_at = value.origin


def _where(event: Any) -> tuple[int, int]:
    return event.start_mark.line + 1, event.start_mark.column + 1


def resolve(word: str) -> object:
    """Return what an unquoted word means: only true, false, null and plain numbers are not text.

    So `no`, `on`, `1:30`, `010`, `1e3` and `2026-01-01` stay text, as they were typed.
    """
    if word in WORDS:
        return WORDS[word]
    if WHOLE.fullmatch(word):
        return int(word)
    if FRACTION.fullmatch(word):
        return float(word)
    return word
