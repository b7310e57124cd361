"""Checks values that are no YAML, such as the parameters of an action, against a JSON Schema."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from jsonschema import Draft202012Validator
from referencing import Registry

from fieldstone.base.errors import Problem
from fieldstone.base.names import did_you_mean

LONGEST: Final = 200


def plain_problems(schema: Mapping[str, Any], value: object) -> tuple[Problem, ...]:
    """Return everything in `value` that the schema does not allow, each with its cure."""
    # An empty registry: a schema may not make this process fetch another one from the network.
    validator = Draft202012Validator(dict(schema), registry=Registry())
    return tuple(one for error in validator.iter_errors(value) for one in _said(error))


def _said(error: Any) -> Iterator[Problem]:
    path = ".".join(str(part) for part in error.absolute_path)
    if error.validator == "additionalProperties":
        known = list(error.schema.get("properties", {}))
        for key in sorted(set(error.instance) - set(known)):
            text = f"There is no parameter {key[:40]!r}."
            yield Problem(
                "unknown_parameter", _under(path, key[:40]), text, did_you_mean(key[:40], known)
            )
    elif error.validator == "required":
        for key in error.validator_value:
            if key not in error.instance:
                yield Problem(
                    "required", _under(path, key), f"{key} is missing.", f"Send a value for {key}."
                )
    else:
        yield Problem(
            "bad_parameter", path, f"{error.message[:LONGEST]}.", "See the API page for its shape."
        )


def _under(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key
