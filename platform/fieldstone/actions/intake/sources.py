"""The sources of a site: which there are, who they are when they write, and the secrets partners sign with."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterator
from dataclasses import dataclass

from fieldstone.changes.nouns import Actor
from fieldstone.model.objects import ObjectType
from fieldstone.model.site_model import Model
from fieldstone.rules.capture_body import Source, actor_id
from fieldstone.rules.contract import Rule


@dataclass(frozen=True)
class Intake:
    """One source: its rule and what the rule says."""

    rule: Rule
    source: Source

    @property
    def code(self) -> str:
        """Return the source's name in addresses."""
        return self.rule.code

    def actor(self, language: str, zone: str) -> Actor:
        """Return the source as whoever writes; `language` is what refusals are told in."""
        return Actor(
            actor_id(self.rule.first_code),
            frozenset(),
            self.rule.label.text(language),
            language,
            zone,
        )

    def spec(self, model: Model) -> ObjectType:
        """Return the object whose records it makes."""
        return model.objects[self.rule.object_name]


def intakes_of(model: Model, *, also_off: bool = False) -> Iterator[Intake]:
    """Yield the sources of a model, in the order of the files."""
    for rule in model.rules.values():
        if isinstance(rule.body, Source) and (rule.enabled or also_off):
            yield Intake(rule, rule.body)


def intake_of(model: Model, code: str, *, also_off: bool = False) -> Intake | None:
    """Return a source by its name, None when there is none or it is switched off."""
    rule = model.rules.get(model.present_rule(code))
    if rule is None or not isinstance(rule.body, Source) or not (rule.enabled or also_off):
        return None
    return Intake(rule, rule.body)


def secret_of(intake: Intake, secret_key: str) -> str:
    """Return what a partner signs with; made from the site's key, so that nothing is kept and no file holds it."""
    named = f"intake:{intake.rule.first_code}:{intake.source.secret_version}".encode()
    made = hmac.digest(secret_key.encode(), named, hashlib.sha256)
    return f"whsec_{base64.b64encode(made).decode()}"


def address_hash(address: str, secret_key: str) -> str:
    """Return what stands for a sender's address: the same for the same one, and nothing else can be told from it."""
    return hmac.digest(secret_key.encode(), f"address:{address}".encode(), hashlib.sha256).hex()[
        :16
    ]
