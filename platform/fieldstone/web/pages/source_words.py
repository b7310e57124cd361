"""Words, icons and colours of sources, and their settings in sentences."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from fieldstone.actions.intake.sources import Intake
from fieldstone.rules.capture_body import Source
from fieldstone.web.asking import Asked
from fieldstone.web.i18n import Speech, speech

VIA_LABELS: Final = {
    "form": "Web form",
    "hook": "Partner",
    "email": "E-mail",
    "import": "Files",
    "cards": "Business cards",
}
VIA_ICONS: Final = {
    "form": "globe",
    "hook": "webhook",
    "email": "mail",
    "import": "file-spreadsheet",
    "cards": "id-card",
}
VIA_TONES: Final = {
    "form": "teal",
    "hook": "violet",
    "email": "blue",
    "import": "gray",
    "cards": "amber",
}
CLASS_TONES: Final = {"own": "teal", "paid": "orange", "free": "green", "other": "gray"}
END_LABELS: Final = {
    "created": "New records",
    "touched": "Known people",
    "refused": "Refused",
    "waiting": "Waiting",
    "unconfirmed": "Not yet confirmed",
    "spam": "Programs",
    "done": "Taken in",
}
ONE_LABELS: Final = {
    **END_LABELS,
    "created": "New record",
    "touched": "Known person",
    "spam": "Program",
}
END_TONES: Final = {
    "created": "green",
    "touched": "blue",
    "refused": "red",
    "waiting": "amber",
    "unconfirmed": "amber",
    "spam": "gray",
    "done": "green",
}


def facts_of(asked: Asked, intake: Intake) -> list[dict[str, Any]]:
    """Return what a source does with what arrives, as (label, text)."""
    said = speech(asked.language)
    found = (*_letting_in(said, intake.source), *_afterwards(asked, intake))
    return [{"label": said.t(label), "text": text} for label, text in found if text]


def _letting_in(said: Speech, source: Source) -> Iterator[tuple[str, str]]:
    limit, t = source.limit, said.t
    limits = [
        t("{n} a minute", n=limit.per_minute) if limit.per_minute else "",
        t("{n} a day", n=limit.per_day) if limit.per_day else "",
        t("{n} an hour from one address", n=limit.per_address) if limit.per_address else "",
    ]
    yield "Lets in", " · ".join(one for one in limits if one) or t("as much as comes")
    if any(limits):
        yield (
            "Above that",
            t("it waits for its turn") if limit.queue and not source.opt_in else t("it is refused"),
        )
    if source.via == "form":
        guards = [
            t("a field nobody sees") if source.captcha.honeypot else "",
            said.tn("at least one second", "at least {n} seconds", source.captcha.seconds)
            if source.captcha.seconds
            else "",
            t("work of {n} bits", n=source.captcha.work) if source.captcha.work else "",
            t("confirmation by e-mail") if source.opt_in else "",
        ]
        yield "Against programs", " · ".join(one for one in guards if one)
    else:
        proofs = {"signature": "a signature", "token": "a token", "none": "nothing"}
        yield "Proof asked for", t(proofs[source.auth])
    if source.consent is not None:
        yield "Consent", t("text of version {version}", version=source.consent.version)


def _afterwards(asked: Asked, intake: Intake) -> Iterator[tuple[str, str]]:
    source, language, t = intake.source, asked.language, speech(asked.language).t
    fields = intake.spec(asked.model).fields
    keys = {
        name for names in source.keys.get(intake.rule.object_name, {}).values() for name in names
    }
    labels = [field.label.text(language) for code, field in fields.items() if code in keys]
    joint = "、" if language == "zh" else ", "
    yield "Somebody is known by", joint.join(labels)
    others = [
        asked.model.objects[one].plural.text(language)
        for one in source.keys
        if one != intake.rule.object_name
    ]
    yield "Also looks among", joint.join(others)
    if source.pool:
        yield "What nobody gets", source.pool_label.text(language)
    if source.team:
        yield "What nobody gets", t("whoever of team {team} has least", team=source.team)
    if source.cost is not None:
        each = {
            "flat": "{amount} a month",
            "cpl": "{amount} for each lead",
            "cpc": "{amount} for each opening of the form",
        }
        yield "Cost", t(each[source.cost.model], amount=f"{source.cost.amount:,}")
    yield "Kept word for word", speech(language).tn("one day", "{n} days", source.retention_days)
    if source.mailbox is not None:
        yield "Mailbox", f"{source.mailbox.user} · {source.mailbox.host}"
