"""How texts are cleaned before they are kept, and made alike before they are compared."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from functools import lru_cache

import phonenumbers

from fieldstone.rules.company_names import bare, simplified, spelled, squeezed

_SPACES = re.compile(r"\s+")
_DIGITS = re.compile(r"\D+")
_HAN = re.compile("[\u4e00-\u9fff]+")
OUR_REGION = "CN"


def halfwidth(text: str) -> str:
    """Return full-width Latin letters, digits and spaces in half width; Chinese punctuation stays."""
    return "".join(
        unicodedata.normalize("NFKC", one) if "０" <= one <= "ｚ" or one == "　" else one
        for one in text
    )


def e164(text: str) -> str:
    """Return a phone number in its international form; what is none stays as it is."""
    try:
        number = phonenumbers.parse(halfwidth(text), OUR_REGION)
    except phonenumbers.NumberParseException:
        return text
    if not phonenumbers.is_valid_number(number):
        return text
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


def _spaces(text: str) -> str:
    return _SPACES.sub(" ", text).strip()


def _email(text: str) -> str:
    return unicodedata.normalize("NFKC", text).strip().casefold()


OPERATIONS: Mapping[str, Callable[[str], str]] = {
    "trim": str.strip,
    "spaces": _spaces,
    "halfwidth": halfwidth,
    "lower": str.lower,
    "upper": str.upper,
    "title": str.title,
    "company_suffix": spelled,
    "simplified": simplified,
    "email": _email,
    "phone": e164,
}


def _phone(text: str) -> str:
    return _DIGITS.sub("", unicodedata.normalize("NFKC", text))


def _sound(text: str) -> str:
    """Return how a text sounds: Chinese by its pinyin without tones, so that 张伟 and 张玮 are alike."""
    plain = squeezed(text)
    if plain.isascii():
        return plain
    if not _HAN.fullmatch(plain):
        return _spoken(plain)
    # Dictionaries that take a third of a second to load: not before Chinese comes.
    from pypinyin.seg.mmseg import seg

    return "".join(map(_spoken, seg.cut(plain)))  # names seldom come twice, the words in them do


@lru_cache(maxsize=20_000)
def _spoken(text: str) -> str:
    from pypinyin import lazy_pinyin

    return "".join(lazy_pinyin(text))


def _start(text: str) -> str:
    """Return how a company's name begins, its legal form left out: four signs tell most apart."""
    return bare(text)[:BEGINNING]


def _tail(text: str) -> str:
    """Return the last digits of a phone number, whatever its country or trunk prefix."""
    digits = _phone(text)
    return digits[-TAIL:] if len(digits) >= TAIL else ""


def _domain(text: str) -> str:
    """Return the domain of an address, "" for the houses where everybody has one."""
    domain = _email(text).rpartition("@")[2]
    return "" if domain in FREE_MAIL else domain


BEGINNING = 4
TAIL = 8
FREE_MAIL = frozenset(
    [
        "163.com",
        "126.com",
        "qq.com",
        "foxmail.com",
        "sina.com",
        "sina.cn",
        "sohu.com",
        "yeah.net",
        "139.com",
        "189.cn",
        "aliyun.com",
        "gmail.com",
        "hotmail.com",
        "outlook.com",
        "live.com",
        "yahoo.com",
        "icloud.com",
        "example.com",
    ]
)

ALIKE: Mapping[str, Callable[[str], str]] = {
    "text": squeezed,
    "company": bare,
    "email": _email,
    "phone": _phone,
    "exact": str,
    "sound": _sound,
    "start": _start,
    "tail": _tail,
    "domain": _domain,
}


@lru_cache(
    maxsize=30_000
)  # all keys of a batch of 500, for rules and storage ask for them one after the other
def alike(how: str, text: str) -> str:
    """Return the form of `text` in which equal things are equal; `how` is a key of ALIKE."""
    return ALIKE[how](text)
