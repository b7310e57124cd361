"""What an installation sets: config.yaml, overruled by the environment, checked by JSON Schema."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

import yaml
from jsonschema import Draft202012Validator
from referencing import Registry

from fieldstone.base.errors import MetadataError, Problem
from fieldstone.base.names import did_you_mean

TEXT = {"type": "string", "minLength": 1}
OPTIONAL = {"type": ["string", "null"]}
COUNT = {"type": "integer", "minimum": 1}


def _section(**properties: object) -> dict[str, object]:
    return {"type": "object", "additionalProperties": False, "properties": properties}


SCHEMA: dict[str, Any] = _section(
    database=_section(url=TEXT),
    redis=_section(url=OPTIONAL),
    secret_key=OPTIONAL,
    old_secret_key=OPTIONAL,
    company=TEXT,
    languages={"type": "array", "minItems": 1, "items": {"enum": ["en", "zh"]}},
    time_zone=TEXT,
    currency={"type": "string", "pattern": "^[A-Z]{3}$"},
    layers={"type": "array", "items": TEXT},
    server=_section(
        host=TEXT,
        port={"type": "integer", "minimum": 0, "maximum": 65535},
        processes=COUNT,
        threads=COUNT,
        secure_cookies={"type": "boolean"},
        address={"type": ["string", "null"], "pattern": "^https?://[^/?#]+$"},
    ),
    mail=_section(host=OPTIONAL, port=COUNT, user=OPTIONAL, password=OPTIONAL, sender=TEXT),
    webhooks=_section(
        secret={"type": ["string", "null"], "pattern": "^whsec_[A-Za-z0-9+/]{32,}={0,2}$"},
        internal={"type": "boolean"},
    ),
    sms=_section(
        url={"type": ["string", "null"], "pattern": "^https?://"},
        token=OPTIONAL,
        allow={"type": "array", "items": {"type": "string", "pattern": r"^\+[0-9]*$"}},
        format={"enum": ["json", "form"]},
        body={"type": "object", "minProperties": 1, "additionalProperties": {"type": "string"}},
    ),
    limits=_section(
        request_megabytes=COUNT,
        login_attempts=COUNT,
        import_batch=COUNT,
        requests_per_minute=COUNT,
    ),
)
DATABASES = ("sqlite://", "postgresql://", "postgresql+psycopg://")
REDIS = ("redis://", "rediss://", "unix://")
# What a gateway for text messages is sent, where config.yaml says nothing else.
SMS_BODY = {"to": "{to}", "text": "{text}", "id": "{id}"}
# What a setting may be, in words, by the word of its JSON Schema.
KINDS = {
    "string": "a text",
    "integer": "a whole number",
    "boolean": "true or false",
    "array": "a list",
    "object": "a map of settings",
    "null": "nothing",
}
BOUNDS = {
    "minimum": "a number of {} or more",
    "maximum": "a number of at most {}",
    "minLength": "a text that is not empty",
    "minItems": "at least {} entry",
    "minProperties": "at least {} entry",
}
# Short environment names that rest on habit, beside FIELDSTONE_<SECTION>_<KEY>.
SHORT: dict[str, tuple[str, ...]] = {
    "FIELDSTONE_PORT": ("server", "port"),
    "FIELDSTONE_HOST": ("server", "host"),
}


@dataclass(frozen=True)
class Settings:
    """One installation. `folder` is where config.yaml lies, else the current folder."""

    folder: Path
    database_url: str = "sqlite:///fieldstone.db"
    redis_url: str | None = None
    secret_key: str = ""
    old_secret_key: str = ""
    company: str = "Fieldstone"
    languages: tuple[str, ...] = ("en", "zh")
    time_zone: str = "Asia/Shanghai"
    currency: str = "CNY"
    layers: tuple[str, ...] = ()
    host: str = "127.0.0.1"
    port: int = 8000
    processes: int = 1
    threads: int = 8
    secure_cookies: bool = False
    address: str = ""  # how the world reaches it; "": as each request says
    mail_host: str | None = None
    mail_port: int = 587
    mail_user: str | None = None
    mail_password: str | None = None
    mail_sender: str = "fieldstone@localhost"
    webhook_secret: str | None = None
    webhook_internal: bool = False
    sms_url: str | None = None
    sms_token: str | None = None
    sms_allow: tuple[str, ...] = ()  # beginnings of the numbers that may be written to; () is all
    sms_format: str = "json"
    sms_body: Mapping[str, str] = field(default_factory=lambda: dict(SMS_BODY))
    request_megabytes: int = 32
    login_attempts: int = 5
    import_batch: int = 500
    requests_per_minute: int = 6000  # of one token, in one process

    @property
    def state_folder(self) -> Path:
        """Return the folder of what may be deleted or is this machine's own: cache, secret key."""
        return self.folder / ".fieldstone"


def load_settings(start: Path, environment: Mapping[str, str] = os.environ) -> Settings:
    """Return the settings that hold in folder `start`: config.yaml there or above, then the environment.

    Raises MetadataError with every problem of the file or of a variable.
    """
    path = _find(start.resolve())
    raw = _read(path) if path else {}
    variables = _apply_environment(raw, environment)
    problems = list(_problems(raw, _Places(path.name if path else "config.yaml", variables)))
    if problems:
        raise MetadataError(problems)
    return _settings(path.parent if path else start.resolve(), raw)


def _find(folder: Path) -> Path | None:
    for here in (folder, *folder.parents):
        if (here / "config.yaml").is_file():
            return here / "config.yaml"
    return None


def _read(path: Path) -> dict[str, Any]:
    try:
        raw = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        text = " ".join(str(error).split())
        utf8 = isinstance(error, UnicodeDecodeError)
        cure = (
            "Save it as UTF-8." if utf8 else "Mend the file; YAML needs two spaces for each level."
        )
        raise MetadataError(
            [Problem("yaml", path.name, f"cannot be read: {text}.", cure)]
        ) from None
    if raw is None:
        return {}
    if not isinstance(raw, dict):
        cure = "Write `key: value` lines, as in the shipped config.yaml."
        raise MetadataError([Problem("yaml", path.name, "is not a map of settings.", cure)])
    return raw


def _leaves() -> Iterator[tuple[str, tuple[str, ...], Mapping[str, Any]]]:
    for key, schema in SCHEMA["properties"].items():
        if "properties" not in schema:
            yield f"FIELDSTONE_{key.upper()}", (key,), schema
        for inner, leaf in schema.get("properties", {}).items():
            yield f"FIELDSTONE_{key.upper()}_{inner.upper()}", (key, inner), leaf


@dataclass(frozen=True)
class _Places:
    """Says where a setting was written: in the file, or in a variable of the environment."""

    file: str
    variables: Mapping[tuple[str, ...], str]

    def of(self, *path: object) -> str:
        """Return the place of a setting as a problem names it."""
        steps = tuple(map(str, path))
        for length in range(len(steps), 0, -1):
            if steps[:length] in self.variables:
                return f"environment  {self.variables[steps[:length]]}"
        return f"{self.file}  {'.'.join(steps)}" if steps else self.file


def _apply_environment(
    raw: dict[str, Any], environment: Mapping[str, str]
) -> dict[tuple[str, ...], str]:
    """Let the variables win; return which of them set what."""
    used = {}
    names: dict[str, tuple[tuple[str, ...], Mapping[str, Any]]] = {
        name: (place, schema) for name, place, schema in _leaves()
    }
    schemas = dict(names.values())
    for name, place in SHORT.items():
        names[name] = (place, schemas[place])
    for name, (place, schema) in names.items():
        if name in environment:
            target = raw
            for step in place[:-1]:
                inner = target.get(step)
                if not isinstance(inner, dict):
                    inner = target[step] = {}
                target = inner
            target[place[-1]] = _typed(environment[name], schema)
            used[place] = name
    return used


def _typed(text: str, schema: Mapping[str, Any]) -> object:
    kind = schema.get("type", "string")
    if kind == "integer":
        return int(text) if text.lstrip("-").isdecimal() else text
    if kind == "boolean":
        return {"true": True, "1": True, "false": False, "0": False}.get(text.lower(), text)
    if kind == "array":
        return [part.strip() for part in text.split(",") if part.strip()]
    return text or None if isinstance(kind, list) else text


def _problems(raw: Mapping[str, Any], places: _Places) -> Iterator[Problem]:
    validator = Draft202012Validator(SCHEMA, registry=Registry())
    errors = sorted(validator.iter_errors(raw), key=lambda e: list(map(str, e.absolute_path)))
    for error in errors:
        where = places.of(*error.absolute_path)
        if error.validator == "additionalProperties":
            known = error.schema["properties"]
            for key in sorted(set(error.instance) - set(known), key=str):
                text = f"there is no setting {key!r}."
                yield Problem("unknown_key", where, text, did_you_mean(str(key), known))
        else:
            path = ".".join(str(part) for part in error.absolute_path)
            cure = f"See the shipped config.yaml for what {path or 'it'} may hold."
            yield Problem("setting", where, f"{_wanted(error)} is wanted here.", cure)
    if not errors:
        yield from _unusable(raw, places)


def _wanted(error: Any) -> str:
    """Return what a setting may be. What stands there is not repeated: it may be a password."""
    wanted = error.validator_value
    if error.validator == "type":
        kinds = [wanted] if isinstance(wanted, str) else wanted
        return " or ".join(KINDS[kind] for kind in kinds)
    if error.validator == "enum":
        return "one of: " + ", ".join(map(str, wanted))
    if error.validator in BOUNDS:
        return BOUNDS[error.validator].format(wanted)
    return f"a text of the form {wanted}"


def _unusable(raw: Mapping[str, Any], places: _Places) -> Iterator[Problem]:
    """Find what has the right shape and still cannot work."""
    zone = raw.get("time_zone")
    if zone is not None and not _is_zone(zone):
        cure = did_you_mean(zone, available_timezones())
        text = f"there is no time zone {zone!r}."
        yield Problem("setting", places.of("time_zone"), text, cure)
    url = raw.get("database", {}).get("url")
    if url is not None and not url.startswith(DATABASES):
        # The URL itself may hold a password, so it is not repeated.
        cure = "Write sqlite:///fieldstone.db or postgresql://user:password@host/name."
        text = "this is the URL of neither a SQLite nor a PostgreSQL database."
        yield Problem("setting", places.of("database", "url"), text, cure)
    redis = raw.get("redis", {}).get("url")
    if redis is not None and not redis.startswith(REDIS):
        text = "this is not the URL of a Redis server."
        yield Problem("setting", places.of("redis", "url"), text, "Write redis://host:6379/0.")


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def _settings(folder: Path, raw: Mapping[str, Any]) -> Settings:
    server, mail, limits = raw.get("server") or {}, raw.get("mail") or {}, raw.get("limits") or {}
    given = {
        "database_url": (raw.get("database") or {}).get("url"),
        "redis_url": (raw.get("redis") or {}).get("url"),
        "secret_key": raw.get("secret_key") or _kept_secret(folder),
        "old_secret_key": raw.get("old_secret_key"),
        "company": raw.get("company"),
        "languages": tuple(raw["languages"]) if raw.get("languages") else None,
        "time_zone": raw.get("time_zone"),
        "currency": raw.get("currency"),
        "layers": tuple(raw.get("layers") or ()),
        **server,
        **{f"mail_{key}": value for key, value in mail.items()},
        **{f"webhook_{key}": value for key, value in (raw.get("webhooks") or {}).items()},
        **_sms(raw.get("sms") or {}),
        **limits,
    }
    chosen = {key: value for key, value in given.items() if value is not None}
    settings = Settings(folder, **chosen)
    return _anchored(settings)


def _sms(raw: Mapping[str, Any]) -> dict[str, Any]:
    lists = {"allow": tuple(raw["allow"])} if "allow" in raw else {}
    return {f"sms_{key}": value for key, value in {**raw, **lists}.items()}


def _anchored(settings: Settings) -> Settings:
    """Make a relative SQLite file lie beside config.yaml, whatever the current folder is."""
    head, separator, name = settings.database_url.partition("sqlite:///")
    if not separator or head or name.startswith("/") or name in ("", ":memory:"):
        return settings
    return replace(settings, database_url=f"sqlite:///{settings.folder / name}")


def _kept_secret(folder: Path) -> str:
    """Return this machine's own key, made at the first start and readable by its user alone."""
    path = folder / ".fieldstone" / "secret_key"
    try:
        return path.read_text(encoding="ascii").strip() if path.exists() else _new_secret(path)
    except OSError as error:
        text = f"there is no secret key, and none can be kept in {path} ({error.strerror})."
        cure = "Set FIELDSTONE_SECRET_KEY, or make the folder writable."
        raise MetadataError([Problem("setting", "secret_key", text, cure)]) from None


def _new_secret(path: Path) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    key = secrets.token_hex(32)
    draft = path.with_name(f"secret_key.{secrets.token_hex(4)}")
    draft.touch(mode=0o600, exist_ok=False)
    draft.write_text(key, encoding="ascii")
    try:
        # Of two processes that start at once one wins, and never with half a key.
        os.link(draft, path)
    except FileExistsError:
        return path.read_text(encoding="ascii").strip()
    finally:
        draft.unlink()
    return key
