"""What a page of the studio wants changed, on its way from a form through the plan into force."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from flask import request

from fieldstone.base.errors import Problem, RefusedError
from fieldstone.compiler.plain_check import plain_problems
from fieldstone.evolution.changing import Changing
from fieldstone.evolution.documents import Documents
from fieldstone.evolution.effective import Effective
from fieldstone.web.asking import Asked

NEEDS: Final = {
    "set": ["path"],
    "reset": ["path"],
    "rename": ["path", "to"],
    "text": ["file", "text"],
    "move": ["path", "to"],
}
PATH: Final = {"type": "array", "items": {"type": "string"}, "minItems": 1, "maxItems": 20}
SCHEMA: Final = {
    "type": "array",
    "maxItems": 500,
    "items": {
        "type": "object",
        "required": ["do"],
        "properties": {
            "do": {"enum": list(NEEDS)},
            "path": PATH,
            "value": {},
            "to": {"type": "string"},
            "file": {"type": "string"},
            "text": {"type": "string"},
        },
        "additionalProperties": False,
        "allOf": [
            {"if": {"properties": {"do": {"const": do}}}, "then": {"required": needs}}
            for do, needs in NEEDS.items()
        ],
    },
}
Json = dict[str, Any]
LONGEST_NUMBER: Final = 9


@dataclass(frozen=True)
class Edits:
    """Steps in their order.

    {do: set, path, value}, {do: reset, path}, {do: rename, path, to}, {do: text, file, text}; {do: move, path, to} says
    where records of a removed stage or option go.
    """

    steps: tuple[Json, ...] = ()

    @classmethod
    def read(cls, text: str) -> Edits:
        """Return the steps that a form carries. Raises RefusedError (400) for what is none."""
        try:
            found = json.loads(text or "[]")
        except ValueError:
            found = None
        problems = plain_problems(SCHEMA, found)
        if problems:
            raise RefusedError(problems, 400)
        return cls(tuple(found))

    def text(self) -> str:
        """Return the steps as a form carries them."""
        return json.dumps(self.steps, ensure_ascii=False)

    def set(self, path: Sequence[str], value: object) -> Edits:
        """Return the steps with one more: this setting gets this value; None takes it away."""
        return Edits((*self.steps, {"do": "set", "path": list(path), "value": value}))

    def reset(self, path: Sequence[str]) -> Edits:
        """Return the steps with one more: the layer below holds again."""
        return Edits((*self.steps, {"do": "reset", "path": list(path)}))

    def give_back(self, path: Sequence[str], here: Effective) -> Edits:
        """Return the steps by which the layer below holds again, whichever code this site says the setting by."""
        return self.forget_earlier(path, here).reset(path)

    def forget_earlier(self, path: Sequence[str], here: Effective) -> Edits:
        """Return the steps with one more where a setting is written by a code of before a rename: not by this site."""
        written = here.written(path)
        return self if written == tuple(path) else self.reset(written)

    def rename(self, path: Sequence[str], to: str) -> Edits:
        """Return the steps with one more: what stands at this path gets another code."""
        return Edits((*self.steps, {"do": "rename", "path": list(path), "to": to}))

    def write(self, file: str, text: str) -> Edits:
        """Return the steps with one more: this document of the site is this text."""
        return Edits((*self.steps, {"do": "text", "file": file, "text": text}))

    def move(self, path: Sequence[str], to: str) -> Edits:
        """Return the steps with this answer to where the records of a removed stage or option go; "" is no answer."""
        kept = [one for one in self.steps if one["do"] != "move" or one["path"] != list(path)]
        said = [{"do": "move", "path": list(path), "to": to}] if to else []
        return Edits((*kept, *said))

    def on(self, documents: Documents) -> Documents:
        """Return the documents after the steps."""
        for step in self.steps:
            documents = _one(documents, step)
        return documents

    @property
    def moves(self) -> dict[tuple[str, ...], str]:
        """Return where records of removed stages and options go."""
        return {tuple(one["path"]): one["to"] for one in self.steps if one["do"] == "move"}


def _one(documents: Documents, step: Json) -> Documents:
    if step["do"] == "set":
        return documents.with_value(step["path"], step.get("value"))
    if step["do"] == "reset":
        return documents.without(step["path"])
    if step["do"] == "rename":
        return documents.renamed(step["path"], step["to"])
    if step["do"] == "text":
        return documents.with_text(step["file"], step["text"])
    return documents


def changing_of(asked: Asked) -> Changing:
    """Return the way to change this site. Raises RefusedError: 401, 403 for those who are no administrators."""
    changing = asked.site.changing
    if changing is None:
        text, cure = "This site follows no revisions.", "Start it with 'fieldstone serve'."
        raise RefusedError([Problem("no_revisions", "studio", text, cure)], 404)
    changing.admit(asked.ctx)
    return changing


def effective_of(asked: Asked, base: str = "") -> Effective:
    """Return every setting as it is in force, or as a form showed it that was made from revision `base`."""
    return changing_of(asked).effective(asked.ctx, documents_at(asked, base))


def documents_at(asked: Asked, base: str = "") -> Documents:
    """Return the documents that a form was made from: those in force where it names no revision.

    What differs from them is what somebody changed; what others changed since is none of it. Raises RefusedError (404).
    """
    changing, number = changing_of(asked), base_of(base)
    if number is not None:
        return changing.documents(asked.ctx, number)
    return changing.current(asked.ctx)[1]


def base_shown(asked: Asked) -> str:
    """Return the revision that a page was drawn from, which its form carries on."""
    return request.form.get("base", "") or str(changing_of(asked).current(asked.ctx)[0])


def hold_to_base(asked: Asked, path: Sequence[str]) -> None:
    """Refuse a form that says anew all of what stands at `path`, which somebody changed since it was drawn.

    Raises OvertakenError (409), RefusedError (400, 404).
    """
    base = request.form.get("base", "")
    number = base_of(base)
    if number is None or number == changing_of(asked).current(asked.ctx)[0]:
        return
    if effective_of(asked, base).value(path) != effective_of(asked).value(path):
        raise changing_of(asked).overtaken(number)


def base_of(text: str) -> int | None:
    """Return the revision that a form was made from, None where it names none. Raises RefusedError (400)."""
    if not text:
        return None
    if not (text.isdecimal() and text.isascii() and len(text) <= LONGEST_NUMBER):
        said, cure = f"{text[:40]!r} is no revision.", "Load the page again."
        raise RefusedError([Problem("bad_base", "base", said, cure)], 400)
    return int(text)


def refuse_overtaken(asked: Asked, base: str) -> None:
    """Refuse what was planned from another revision than the one in force. Raises RefusedError (400, 409)."""
    changing, number = changing_of(asked), base_of(base)
    if number is not None and number != changing.current(asked.ctx)[0]:
        raise changing.overtaken(number)
