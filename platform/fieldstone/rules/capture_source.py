"""A source in YAML: a public form, a partner's hook, a mailbox, files, or business cards."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from fieldstone.base.label import Label
from fieldstone.base.workdays import CalendarError, parse_span
from fieldstone.rules.capture_body import (
    CampaignField,
    Captcha,
    Consent,
    Cost,
    Fixed,
    Form,
    FormField,
    Limit,
    Mailbox,
    Mapped,
    Source,
)
from fieldstone.rules.capture_shape import SHAPE
from fieldstone.rules.contract import ASSIGN, OBLIGE, Builder
from fieldstone.rules.duplicate import BY_TYPE
from fieldstone.rules.kind import Kind, label_from
from fieldstone.rules.match_keys import stored_key
from fieldstone.rules.wording import pool_label

ORIGIN: Final = re.compile(r"https?://[a-z0-9.-]+(:\d{1,5})?", re.IGNORECASE)
SECRET_NAME: Final = re.compile(r"FIELDSTONE_MAILBOX_[A-Z0-9_]+")
# What would show records or keep files of strangers.
CLOSED: Final = frozenset(
    {
        "lookup",
        "multi_lookup",
        "user",
        "secret",
        "file",
        "image",
        "rows",
        "json",
        "formula",
        "rollup",
        "autonumber",
    }
)
SUBMIT: Final = Label("Send", "提交")
THANKS: Final = Label(
    "Thank you. We will be in touch soon.", "已收到您的信息，我们会尽快与您联系。"
)


def compile_rule(raw: Mapping[str, Any], build: Builder) -> Source | None:
    """Resolve fields, pools and the records that are compared with."""
    via = str(raw["via"])
    if via == "form" and "form" not in raw:
        text = "a source by form needs the questions of its form."
        build.problem("via", "missing_key", text, "Add 'form: {fields: [...]}'.")
        return None
    keys, own_keys, pairs = _keys(raw, build)
    default = raw.get("default", {})
    pool = build.known("default.pool", "pool", default["pool"]) if "pool" in default else ""
    touch, links = _touch(raw, build)
    return Source(
        via=via,
        channel_class=str(raw["channel_class"]),
        mapped=_mapped(raw.get("field_map", {}), build),
        fixed=_fixed(raw.get("set", {}), build),
        utm={f"utm_{name}": str(value) for name, value in raw.get("utm", {}).items()},
        tracking=_tracking(raw.get("tracking", {}), build),
        campaign=_campaign(raw["campaign"], build) if "campaign" in raw else None,
        keys=keys,
        own_keys=own_keys,
        pairs=pairs,
        counts=frozenset(raw.get("counts", ("open", "pooled"))),
        fill=bool(raw.get("fill_empty", True)),
        idempotency=str(raw.get("idempotency_key", "")),
        limit=_limit(raw),
        auth=str(raw.get("auth", "signature")),
        secret_version=int(raw.get("secret_version", 1)),
        captcha=_captcha(raw.get("captcha", {})),
        opt_in=_opt_in(raw["double_opt_in"], raw, build) if "double_opt_in" in raw else "",
        consent=_consent(raw["consent"]) if "consent" in raw else None,
        cost=_cost(raw["cost"], build) if "cost" in raw else None,
        pool=pool,
        pool_label=pool_label(build.scope, pool) if pool else Label(""),
        team=str(default.get("team", "")),
        retention_days=_days(raw.get("retention", "180 days"), build),
        touch=touch,
        links=links,
        form=_form(raw["form"], build) if "form" in raw else None,
        mailbox=_mailbox(raw["mailbox"], build) if "mailbox" in raw else None,
    )


def _opt_in(code: str, raw: Mapping[str, Any], build: Builder) -> str:
    """Return the field whose owner confirms, after noting a problem where no form asks for it."""
    asked = raw.get("form", {}).get("fields", ())
    if code not in [one if isinstance(one, str) else one.get("field") for one in asked]:
        text = f"nobody can confirm: no form of this source asks for {code!r}."
        build.problem("double_opt_in", "unasked", text, "Add it to form.fields.")
    return build.field("double_opt_in", code)


def _mapped(raw: Mapping[str, Any], build: Builder) -> tuple[Mapped, ...]:
    found = []
    for name, written in raw.items():
        code = build.field(f"field_map.{name}", name, of_key=True)
        more: Mapping[str, Any] = written if isinstance(written, Mapping) else {"from": written}
        folded = {
            str(text).strip().casefold(): value for text, value in more.get("translate", {}).items()
        }
        if code:
            found.append(
                Mapped(
                    code,
                    str(more.get("from", "")),
                    str(more.get("template", "")),
                    folded,
                    more.get("default"),
                )
            )
    return tuple(found)


def _fixed(raw: Mapping[str, Any], build: Builder) -> tuple[Fixed, ...]:
    found = []
    for name, written in raw.items():
        code = build.field(f"set.{name}", name, of_key=True)
        if isinstance(written, Mapping):
            by, value = next(iter(written.items()))
            target = build.scope.follow(code) if code else None
            for one in written if target is not None else ():
                build.field(f"set.{name}.{one}", one, of_key=True, scope=target)
            found.append(Fixed(code, value, str(by), dict(written) if len(written) > 1 else {}))
        else:
            found.append(Fixed(code, written))
    return tuple(one for one in found if one.code)


def _tracking(raw: Mapping[str, Any], build: Builder) -> dict[str, str]:
    return {what: build.field(f"tracking.{what}", name) for what, name in raw.items()}


def _campaign(raw: Mapping[str, Any], build: Builder) -> CampaignField | None:
    code = build.field("campaign.field", raw["field"])
    target = build.scope.follow(code) if code else None
    if target is None:
        if code:
            text, cure = f"{code!r} leads to no record.", "Name a lookup."
            build.problem("campaign.field", "not_a_lookup", text, cure)
        return None
    names = [
        build.field(f"campaign.by.{place}", name, scope=target)
        for place, name in enumerate(raw["by"])
    ]
    return CampaignField(code, target.object_name, tuple(name for name in names if name))


def _keys(
    raw: Mapping[str, Any], build: Builder
) -> tuple[
    dict[str, dict[str, tuple[str, ...]]], tuple[str, ...], tuple[tuple[str, str, str], ...]
]:
    """Return the keys to keep by object, our own, and which of them is compared with which of others."""
    scope = build.scope
    written = raw.get("dedup_key", ())
    names = [written] if isinstance(written, str) else list(written)
    own: dict[str, str] = {}
    plan: dict[str, dict[str, tuple[str, ...]]] = {}
    for place, name in enumerate(names):
        code = build.field(f"dedup_key.{place}", name)
        if code:
            own[code] = stored_key((BY_TYPE.get(build.fields_type(code), "text"),), (code,))
            plan.setdefault(scope.object_name, {})[own[code]] = (code,)
    pairs = [(key, scope.object_name, key) for key in own.values()]
    for other, fields in raw.get("also_known", {}).items():
        target = build.scope_of(other, f"also_known.{other}")
        for written_key, theirs in fields.items() if target is not None else ():
            path = f"also_known.{other}.{written_key}"
            ours = build.field(path, written_key, of_key=True)
            code = build.field(path, theirs, scope=target)
            if ours and ours not in own:
                text = f"{ours!r} is no dedup_key of this source."
                build.problem(path, "unknown_key", text, f"Use: {', '.join(own)}.")
            elif ours and code:
                key = stored_key((own[ours].partition(":")[0],), (code,))
                plan.setdefault(other, {})[key] = (code,)
                pairs.append((own[ours], other, key))
    return plan, tuple(own.values()), tuple(pairs)


def _touch(raw: Mapping[str, Any], build: Builder) -> tuple[str, dict[str, str]]:
    """Return the object of touch points, and its lookup field by the object that it leads to."""
    if "touch" not in raw:
        return "", {}
    scope = build.scope_of(str(raw["touch"]), "touch")
    if scope is None:
        return "", {}
    known = (build.scope.object_name, *raw.get("also_known", {}))
    return scope.object_name, {one: name for one in known if (name := build.named_like(scope, one))}


def _limit(raw: Mapping[str, Any]) -> Limit:
    written = raw.get("rate_limit", {})
    return Limit(
        int(written.get("per_minute", 0)),
        int(written.get("per_day", 0)),
        int(written.get("per_address", 0)),
        raw.get("overflow", "queue") == "queue",
    )


def _captcha(raw: Mapping[str, Any]) -> Captcha:
    return Captcha(
        bool(raw.get("honeypot", True)),
        int(raw.get("seconds", 2)),
        int(raw.get("proof_of_work", 0)),
        raw.get("token", "required") == "required",
    )


def _consent(raw: Mapping[str, Any]) -> Consent:
    return Consent(
        label_from(raw["text"]),
        str(raw["version"]),
        bool(raw.get("required", True)),
        str(raw.get("link", "")),
    )


def _cost(raw: Mapping[str, Any], build: Builder) -> Cost | None:
    try:
        amount = Decimal(str(raw["amount"]))
    except InvalidOperation:
        amount = Decimal(-1)
    if not amount.is_finite() or amount < 0:
        build.problem(
            "cost.amount",
            "not_a_number",
            f"{raw['amount']!r} is no amount.",
            "Write a number, such as 80.",
        )
        return None
    return Cost(str(raw["model"]), amount)


def _days(raw: object, build: Builder) -> int:
    try:
        span = parse_span(str(raw))
    except CalendarError as error:
        build.problem("retention", "bad_span", str(error), "Write 180 days, for example.")
        return 180
    return span.amount if span.unit == "days" else max(1, span.amount // 1440)


def _form(raw: Mapping[str, Any], build: Builder) -> Form:
    redirect = str(raw.get("redirect", ""))
    if redirect and not redirect.startswith(("https://", "http://")):
        text = f"{redirect!r} is no web address."
        build.problem("form.redirect", "not_a_url", text, "Begin with https://.")
    return Form(
        label_from(raw.get("title"), Label("")),
        label_from(raw.get("intro"), Label("")),
        _questions(raw["fields"], build),
        label_from(raw.get("submit"), SUBMIT),
        label_from(raw.get("thanks"), THANKS),
        redirect,
        _origins(raw.get("origins", ()), build),
        raw.get("hue"),
    )


def _questions(raw: Sequence[Any], build: Builder) -> tuple[FormField, ...]:
    fields = []
    for place, written in enumerate(raw):
        plain: Mapping[str, Any] = written if isinstance(written, Mapping) else {"field": written}
        code = build.field(f"form.fields.{place}", plain["field"])
        kind = build.fields_type(code) if code else ""
        if kind in CLOSED:
            text = f"a public form cannot ask for {code!r}, which is a {kind}."
            cure = "Ask for texts, numbers, days and choices."
            build.problem(f"form.fields.{place}", "closed_field", text, cure)
        elif code:
            label = label_from(plain["label"]) if "label" in plain else None
            said = label_from(plain["help"]) if "help" in plain else None
            fields.append(FormField(code, bool(plain.get("required", False)), label, said))
    return tuple(fields)


def _origins(raw: Sequence[Any], build: Builder) -> tuple[str, ...]:
    origins = tuple(str(one).rstrip("/").lower() for one in raw)
    for place, origin in enumerate(origins):
        if not ORIGIN.fullmatch(origin):
            text = f"{origin!r} is no address of a site."
            cure = "Write https://www.example.com, without a path."
            build.problem(f"form.origins.{place}", "bad_origin", text, cure)
    return origins


def _mailbox(raw: Mapping[str, Any], build: Builder) -> Mailbox:
    name = str(raw["password_env"])
    if not SECRET_NAME.fullmatch(name):
        # Any variable would do for whoever wants to read the site's other secrets.
        text = f"{name!r} is not the name of a mailbox's password."
        build.problem(
            "mailbox.password_env",
            "bad_name",
            text,
            "Name it FIELDSTONE_MAILBOX_..., and set it there.",
        )
    return Mailbox(
        str(raw["host"]),
        str(raw["user"]),
        name,
        int(raw.get("port", 993)),
        str(raw.get("security", "tls")),
        str(raw.get("folder", "INBOX")),
        int(raw.get("every_minutes", 1)),
    )


# After assignment, so that a default pool or team takes only what nobody got, and before deadlines begin.
KIND = Kind(
    "capture_source",
    Label("Source", "线索来源"),
    (ASSIGN + OBLIGE) // 2,
    SHAPE,
    compile_rule,
    about=Label(
        "Where records come from: a public form, a partner's hook, a mailbox, files or business cards.",
        "记录从何而来：公开表单、合作伙伴接口、邮箱、文件或名片。",
    ),
)
