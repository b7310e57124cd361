"""What a move from each stage to each other one would do, told before anybody tries."""

from __future__ import annotations

from typing import Any, Final

from fieldstone.model.objects import ObjectType, Pipeline, Stage
from fieldstone.web.asking import Asked
from fieldstone.web.i18n import speech
from fieldstone.web.pages.subjects import access_of

# Moves have their own menu, and these are no verbs of one record in somebody's hands.
NOT_ON_CARDS: Final = frozenset({"move", "assign", "claim", "complete", "merge", "import"})
Moves = dict[str, dict[str, dict[str, str]]]


def moves_of(asked: Asked, spec: ObjectType, pipeline: Pipeline) -> Moves:
    """Return by stage and target stage: "ok", "ask" (facts are needed) or "no", each with its reason in words."""
    writable = spec.stage_field in access_of(asked, spec).writable_anywhere()
    stages = pipeline.stages.values()
    return {
        before.code: {
            after.code: _verdict(asked, pipeline, before, after, writable=writable)
            for after in stages
            if after is not before
        }
        for before in stages
    }


def _verdict(
    asked: Asked, pipeline: Pipeline, before: Stage, after: Stage, *, writable: bool
) -> dict[str, str]:
    said, language = speech(asked.language), asked.language
    if not writable:
        return {"rule": "no", "say": said.t("Your role does not move records")}
    if after.only_by:
        action = asked.site.vocabulary.actions.get(after.only_by)
        name = action.label.text(language) if action else after.only_by
        return {"rule": "no", "say": said.t("Only by “{action}”", action=name)}
    if after.code not in pipeline.moves.get(before.code, ()):
        names = {"before": before.label.text(language), "after": after.label.text(language)}
        return {"rule": "no", "say": said.t("{before} does not lead to {after}", **names)}
    if after.needs:
        text = said.tn("asks for one fact", "asks for {n} facts", len(after.needs))
        return {"rule": "ask", "say": text}
    return {"rule": "ok", "say": ""}


def verbs_of(asked: Asked, spec: ObjectType) -> list[dict[str, Any]]:
    """Return the actions below the stages in the menu of a card."""
    access = access_of(asked, spec)
    return [
        {"name": action.name, "label": action.label.text(asked.language), "icon": action.icon}
        for action in asked.site.vocabulary.actions.values()
        if action.name not in NOT_ON_CARDS
        and action.offered(asked.model, spec.code)
        and access.may_act(action.name)
        and access.rights.update
    ]
