"""What an entry inside a form is called: its code, chosen or typed, and the words above it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from fieldstone.base.names import is_code
from fieldstone.web.pages.schema_form import words_for
from fieldstone.web.pages.schema_kinds import Json
from fieldstone.web.pages.studio_inner import Drawn, Known, Listed, Typed, naming_of
from fieldstone.web.pages.studio_lines import code_from
from fieldstone.web.pages.studio_offers import FIELDS
from fieldstone.web.pages.studio_shapes import chosen_from

# The controls of what an entry is called, and of what it was called when the form was drawn.
CODE: Final = "_code"
WAS: Final = "_was"


@dataclass(frozen=True)
class Heading:
    """The heads of entries; `keys` is the schema of what they are called, None of entries in a list."""

    known: Known
    keys: Json | None

    def title(self, values: Json, was: str, controls: Sequence[Drawn]) -> str:
        """Return what an entry is called: by its label, by the words for its code, else by what is chosen in it first."""
        language = "zh" if self.known.speech.language.startswith("zh") else "en"
        label = values.get("label")
        if isinstance(label, Mapping):
            label = label.get(language) or label.get("en")
        said = label or values.get(f"label.{language}") or values.get("code") or values.get(CODE)
        word = str(said or was)
        called = dict(self._listed()).get(word, "" if word.isdecimal() else word)
        return called or (_first_word(controls[0]) if controls else "")

    def _listed(self) -> Listed:
        """Return what the codes may be, () for whatever one writes."""
        if self.keys is None:
            return ()
        return self.known.listed(self.keys) or words_for(chosen_from(self.keys), self.known.speech)

    def control(self, code: str) -> Drawn:
        """Return the control of an entry's code."""
        t, keys = self.known.speech.t, self.keys or {}
        naming = naming_of(keys)
        usual = "Field" if naming and naming.sort in FIELDS else "Which one"
        head = t(str(keys.get("title") or usual))
        pick = self.known.pick(naming, [code]) if naming else None
        if pick is not None:
            return {"label": head, **pick.drawn(code, several=False)}
        if listed := self._listed():
            offered = listed if not code or code in dict(listed) else [*listed, (code, code)]
            options = [{"value": v, "label": w, "chosen": v == code} for v, w in offered]
            return {"label": head, "type": "select", "options": options, "value": code}
        return {"label": t("Code"), "type": "text", "value": code, "max_length": 40, "placeholder": t("made from the name")}  # fmt: skip

    def code(self, typed: Typed, values: Json, taken: Mapping[str, Any]) -> tuple[str, str]:
        """Return the code that an entry gets, and what is wrong with it: "" for nothing."""
        t = self.known.speech.t
        label = values.get("label")
        words = label.get("en") or label.get("zh") if isinstance(label, Mapping) else label
        code = typed.get(CODE, "").strip() or code_from(str(words or ""), list(taken))
        if not is_code(code) and code != typed.get(WAS):
            return code, t("Write small letters, digits and single _, beginning with a letter.")
        return code, t("{code} is there twice.", code=code) if code in taken else ""


def _first_word(control: Drawn) -> str:
    """Return what is chosen in a control, "" where nothing is."""
    if control.get("text"):
        return str(control["text"])
    picked = [
        *(one for one in control.get("options", ()) if one.get("chosen")),
        *(control.get("chosen") or ()),
    ]
    return str(picked[0]["label"]) if picked else ""
