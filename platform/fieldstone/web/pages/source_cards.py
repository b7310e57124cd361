"""Sources as their templates draw them: a line with its flow, the whole of one, what arrived, what a trial told."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final
from urllib.parse import urlencode

from fieldstone.access.access import access_to, env_of
from fieldstone.actions.intake.overview import ENDS, Stand
from fieldstone.actions.intake.reading import said
from fieldstone.actions.intake.reception import Receipt
from fieldstone.actions.intake.sources import Intake, secret_of
from fieldstone.base.errors import Problem
from fieldstone.fieldtypes.contract import InvalidValueError
from fieldstone.fieldtypes.locales import moment
from fieldstone.model.objects import ObjectType
from fieldstone.reads.expanding import target_of
from fieldstone.storage.arrivals import Arrival
from fieldstone.storage.mailboxes import Mailboxes
from fieldstone.web.asking import Asked
from fieldstone.web.i18n import Speech, speech
from fieldstone.web.pages.amounts import short_time
from fieldstone.web.pages.source_bars import flow_bars, spark_bars, split
from fieldstone.web.pages.source_words import (
    CLASS_TONES,
    END_LABELS,
    END_TONES,
    ONE_LABELS,
    VIA_ICONS,
    VIA_LABELS,
    VIA_TONES,
    facts_of,
)
from fieldstone.web.pages.wording import told

Drawn = dict[str, Any]
LONGEST_SHOWN: Final = 80
FORM_SAMPLE: Final = {
    "name": "张伟",
    "mobile": "138 0013 8000",
    "email": "zhang.wei@example.com",
    "company": "京信软件有限公司",
    "job_title": "采购总监",
    "need": "60 个席位",
}
MAIL_SAMPLE: Final = {
    "from_name": "Emma Lindqvist",
    "from_email": "emma@fjord.example",
    "subject": "An offer, please",
    "text": "We are 40 people and look for a CRM.",
    "phone": "+4612345678",
}


@dataclass(frozen=True)
class SourceCards:
    """Sources for one reader."""

    asked: Asked

    @property
    def speech(self) -> Speech:
        """Return the texts of the reader's language."""
        return speech(self.asked.language)

    def line(self, intake: Intake, stand: Stand, days: int) -> Drawn:
        """Return one source of the list."""
        t, via = self.speech.t, intake.source.via
        return {
            "code": intake.code,
            "url": f"/sources/{intake.code}",
            "label": intake.rule.label.text(self.asked.language),
            "icon": VIA_ICONS[via],
            "tone": VIA_TONES[via],
            "via": t(VIA_LABELS[via]),
            "class": t(intake.source.channel_class.capitalize()),
            "class_tone": CLASS_TONES[intake.source.channel_class],
            "on": intake.rule.enabled,
            "arrived": f"{stand.arrived:,}",
            "arrived_url": _behind(days, source=intake.code),
            "ends": self._ends(intake, stand, days),
            "spark": spark_bars(stand),
            "split": split(stand),
        }

    def totals(self, every: Iterable[Stand], days: int) -> list[Drawn]:
        """Return the figures above the list."""
        t, several = self.speech.t, list(every)
        whole = {end: sum(one.of(end) for one in several) for end in ENDS}
        arrived = sum(one.arrived for one in several)
        found = [
            {
                "label": t("Arrived"),
                "value": f"{arrived:,}",
                "tone": "",
                "share": "100%" if arrived else "",
                "href": _behind(days),
            }
        ]
        for end in ("created", "touched", "refused", "waiting"):
            share = f"{100 * whole[end] / arrived:.0f}%" if arrived else ""
            found.append(
                {
                    "label": t(END_LABELS[end]),
                    "value": f"{whole[end]:,}",
                    "tone": END_TONES[end],
                    "share": share,
                    "href": _behind(days, end=end),
                }
            )
        return found

    def whole(self, intake: Intake, stand: Stand, days: int, host: str) -> Drawn:
        """Return one source with all that its page says."""
        source, code = intake.source, intake.code
        form_url = f"{host}/in/forms/{code}" if source.via == "form" else ""
        drawn = {
            **self.line(intake, stand, days),
            "object": self.asked.model.objects[intake.rule.object_name].plural.text(
                self.asked.language
            ),
            "version": intake.rule.version,
            "rule_url": f"/studio/o/-/rules/{code}"
            if self.asked.site.reads.administers(self.asked.ctx, self.asked.model)
            else "",
            "no_mailbox": source.via == "email" and source.mailbox is None,
            "place": f"{intake.rule.origin.file}:{intake.rule.origin.line}",
            "bars": [
                bar | {"href": _behind(days, source=code, day=bar["day"])}
                for bar in flow_bars(stand)
            ],
            "first_day": _day(stand, 0),
            "last_day": _day(stand, -1),
            "facts": facts_of(self.asked, intake),
            "form_url": form_url,
            "design_url": f"/sources/{code}/form" if form_url else "",
            "takes_files": source.via in ("import", "cards"),
            "campaign": self._campaign(intake),
            "accept": ".vcf,.csv,.xlsx"
            if source.via == "cards"
            else ".csv,.txt,.tsv,.xlsx,.xls,.ods",
        }
        if form_url:
            return drawn
        secret = secret_of(intake, self.asked.site.settings.secret_key)
        hook = f"{host}/in/hooks/{code}"
        return {
            **drawn,
            "hook_url": hook,
            "secret": "" if source.auth == "none" else secret,
            "curl": _curl(intake, hook),
        }

    def _campaign(self, intake: Intake) -> Drawn | None:
        """Return the choice of the campaign that a file is from."""
        wanted, code = intake.source.campaign, intake.rule.object_name
        if wanted is None:
            return None
        field = intake.spec(self.asked.model).fields[wanted.code]
        return {
            "name": "campaign",
            "type": "lookup",
            "label": field.label.text(self.asked.language),
            "value": "",
            "options_url": f"/o/{code}/options?field={wanted.code}",
        }

    def _ends(self, intake: Intake, stand: Stand, days: int) -> list[Drawn]:
        """Return how arrivals ended, each with the way to just those."""
        t = self.speech.t
        return [
            {
                "href": _behind(days, source=intake.code, end=end),
                "label": t(END_LABELS[end]),
                "n": f"{stand.of(end):,}",
                "tone": END_TONES[end],
            }
            for end in ENDS
            if stand.of(end)
        ]

    def filters(self, intake: Intake, stand: Stand, state: str) -> list[Drawn]:
        """Return the choices above the latest arrivals."""
        t, url = self.speech.t, f"/sources/{intake.code}"
        found = [{"label": t("All"), "href": url, "current": not state, "n": ""}]
        for end in ("refused", "waiting", "unconfirmed", "spam"):
            if stand.of(end) or state == end:
                here = {"label": t(END_LABELS[end]), "n": f"{stand.of(end):,}"}
                found.append({**here, "href": f"{url}?state={end}", "current": state == end})
        return found

    def arrivals(self, intake: Intake, latest: Sequence[Arrival]) -> list[Drawn]:
        """Return what arrived at a source, with its record where the reader may see it."""
        return self.arrivals_of({intake.code: intake}, latest)

    def arrivals_of(self, intakes: Mapping[str, Intake], latest: Sequence[Arrival]) -> list[Drawn]:
        """Return what arrived at several sources."""
        asked = self.asked
        ids = [(one.object_name, one.record) for one in latest if one.record]
        titles = asked.site.reads.titles(asked.ctx, asked.model, ids) if ids else {}
        return [self._arrival(intakes[one.source], one, titles) for one in latest]

    def _arrival(
        self, intake: Intake, one: Arrival, titles: Mapping[tuple[str, str], str]
    ) -> Drawn:
        t, asked = self.speech.t, self.asked
        end = one.outcome if one.state == "done" else one.state
        title = titles.get((one.object_name, one.record or ""), "")
        ago = short_time(self.speech, max(asked.ctx.now - one.received_at, timedelta(0)))
        return {
            "label": t(ONE_LABELS[end]),
            "tone": END_TONES[end],
            "title": title or self._who(intake, one),
            "href": f"/o/{one.object_name}/{one.record}" if title else "",
            "at": one.received_at.isoformat(),
            "time": moment(one.received_at, asked.language, asked.ctx.actor.zone),
            "ago": t("{time} ago", time=ago),
            "reasons": [self._reason(intake, Problem(**problem)) for problem in one.problems],
            "told": [] if one.state == "done" else self._values(intake, one),
            "correct_url": f"/sources/{intake.code}?state=refused&correct={one.id}#try"
            if intake.rule.enabled and self.may_correct(intake, one)
            else "",
            "retry_url": f"/sources/{intake.code}/arrivals/{one.id}/retry"
            if one.state in ("refused", "spam", "waiting") and intake.rule.enabled
            else "",
        }

    def _who(self, intake: Intake, one: Arrival) -> str:
        if one.state == "done":
            return self.speech.t("Not visible")
        title = intake.spec(self.asked.model).title
        values = {value["code"]: value["text"] for value in self._values(intake, one)}
        return values.get(title) or self.speech.t("Without a name")

    def _reason(self, intake: Intake, problem: Problem) -> str:
        field = intake.spec(self.asked.model).fields.get(problem.path.partition(".")[0])
        text = told(problem, self.asked.language)
        return f"{field.label.text(self.asked.language)}: {text}" if field else text

    def _values(self, intake: Intake, one: Arrival) -> list[Drawn]:
        """Return what an arrival says, as far as the reader may see such values of a record nobody owns."""
        asked, spec = self.asked, intake.spec(self.asked.model)
        access = access_to(asked.model, asked.actor, spec.code)
        plain, shown = access.readable({}, env_of(asked.ctx)), access.shown_anywhere()
        found = []
        for code, value in said(intake, spec, one.payload).items():
            if code not in shown:
                continue
            text = str(value)[:LONGEST_SHOWN] if code in plain else "***"
            label = spec.fields[code].label.text(asked.language)
            found.append({"code": code, "label": label, "text": text})
        return found

    def may_correct(self, intake: Intake, one: Arrival) -> bool:
        """Tell whether the reader may see all that a refused arrival says."""
        asked = self.asked
        access = access_to(asked.model, asked.actor, intake.rule.object_name)
        told = said(intake, intake.spec(asked.model), one.payload)
        return one.state == "refused" and access.readable({}, env_of(asked.ctx)) >= told.keys()

    def written(self, payload: Mapping[str, Any]) -> str:
        """Return what arrived, to be corrected."""
        return _pretty(payload)

    def mailbox(self, intake: Intake) -> Drawn | None:
        """Return how the last look at a mailbox went, None without one."""
        if intake.source.mailbox is None:
            return None
        with self.asked.site.storage.looking() as connection:
            mark = Mailboxes(connection).of(intake.code)
        if mark is None or mark.looked_at is None:
            return {
                "tone": "gray",
                "text": self.speech.t("The mailbox has not been looked at yet."),
            }
        ago = short_time(self.speech, max(self.asked.ctx.now - mark.looked_at, timedelta(0)))
        if mark.error:
            text = self.speech.t(
                "The mailbox could not be read {time} ago: {error}", time=ago, error=mark.error
            )
            return {"tone": "red", "text": text}
        return {
            "tone": "green",
            "text": self.speech.t("The mailbox was read {time} ago.", time=ago),
        }

    def tried(self, intake: Intake, receipt: Receipt) -> Drawn:
        """Return what a trial told."""
        asked, spec, t = self.asked, intake.spec(self.asked.model), self.speech.t
        language = asked.language
        end = receipt.outcome or receipt.state
        values = [
            {
                "label": spec.fields[code].label.text(language),
                "text": self._understood(spec, code, raw),
            }
            for code, raw in receipt.values.items()
        ]
        return {
            "label": t(ONE_LABELS[end]),
            "tone": END_TONES[end],
            "told": values,
            "reasons": [self._reason(intake, problem) for problem in receipt.problems],
            "decisions": [
                {
                    "rule": asked.model.rules[one.rule].label.text(language),
                    "text": one.because.text(language),
                }
                for one in receipt.decisions
                if one.rule in asked.model.rules
            ],
        }

    def _understood(self, spec: ObjectType, code: str, raw: object) -> str:
        """Return a value as it would stand in the record; what its field refuses as it came."""
        asked, field = self.asked, spec.fields[code]
        if target := target_of(field):
            titles = asked.site.reads.titles(asked.ctx, asked.model, [(target, str(raw))])
            return titles.get((target, str(raw)), "")
        try:
            value = field.type.parse(raw)
        except InvalidValueError:
            return str(raw)
        return (
            field.type.format(value, asked.language, asked.ctx.actor.zone)
            if value is not None
            else ""
        )

    def sample(self, intake: Intake) -> str:
        """Return what the place for trying begins with."""
        source = intake.source
        if source.via == "email":
            return _pretty(MAIL_SAMPLE)
        if source.form is not None:
            return _pretty({f.code: FORM_SAMPLE.get(f.code, "") for f in source.form.fields})
        return _pretty(sample_of(intake))


def sample_of(intake: Intake) -> dict[str, object]:
    """Return something that a partner could send, made from the field map."""
    found: dict[str, object] = {}
    for one in intake.source.mapped:
        paths = (
            [one.path]
            if one.path
            else [part.partition("}")[0] for part in one.template.split("{")[1:]]
        )
        for path in paths:
            here: dict[str, Any] = found
            *way, last = path.split(".")
            for step in way:
                here = here.setdefault(step, {})
            here[last] = FORM_SAMPLE.get(one.code, "…" if one.code != "external_id" else "p-1001")
    return found or dict(FORM_SAMPLE)


def _behind(days: int, **named: str) -> str:
    """Return the address of the arrivals behind a number."""
    return f"/arrivals?{urlencode({'days': days, **named})}"


def _pretty(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2)


def _curl(intake: Intake, hook: str) -> str:
    kind, sent = "application/json", json.dumps(sample_of(intake), ensure_ascii=False)
    if intake.source.via == "email":
        kind, sent = "message/rfc822", "@mail.eml"
    if intake.source.via == "cards":
        kind, sent = "text/vcard", "@cards.vcf"
    proof = {
        "signature": "-H 'X-Signature: sha256=HMAC'",
        "token": "-H 'X-Intake-Token: SECRET'",
        "none": "",
    }[intake.source.auth]
    return f"curl {hook} \\\n  -H 'Content-Type: {kind}' {proof} \\\n  --data-binary '{sent}'"


def _day(stand: Stand, place: int) -> str:
    return stand.days[place][0].isoformat() if stand.days else ""
