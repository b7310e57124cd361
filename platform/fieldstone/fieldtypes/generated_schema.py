"""A marshmallow schema for an object, made from its field types.

marshmallow gives REST its loading, dumping and OpenAPI; it judges nothing. The field type's `parse` alone
says whether a value is good, and its refusals arrive as Problem objects with their stable codes.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from marshmallow import RAISE, Schema, ValidationError, fields

from fieldstone.base.errors import Problem
from fieldstone.base.names import did_you_mean
from fieldstone.fieldtypes.contract import FieldType, InvalidValueError


class _Strict(Schema):
    """Refuses fields that the object does not have."""

    class Meta:
        """What marshmallow reads."""

        unknown = RAISE

    def get_attribute(self, obj: Any, attr: str, default: Any) -> Any:
        """Return the value of a row; marshmallow's own way would find the method `dict.items`."""
        return obj.get(attr, default)


class ParsedField(fields.Field[Any]):
    """A marshmallow field that asks a field type."""

    def __init__(self, type_: FieldType, *, read_only: bool = False) -> None:
        schema = openapi_of(type_)
        if read_only:
            schema["readOnly"] = True
        super().__init__(required=False, allow_none=True, metadata=schema)
        self.type = type_

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> Any:
        try:
            return self.type.parse(value)
        except InvalidValueError as error:
            problems: list[Any] = [problem_of(one, attr or "") for one in error.each]
            raise ValidationError(problems) from None

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> Any:
        return self.type.dump(value)


def problem_of(error: InvalidValueError, field_code: str) -> Problem:
    """Return a refused value as a Problem at its field."""
    path = f"{field_code}.{error.path}" if error.path else field_code
    return Problem(error.code, path, error.message, error.cure)


def openapi_of(type_: FieldType) -> dict[str, object]:
    """Return the OpenAPI 3.1 schema of a field's value, null not yet allowed.

    An enum gets null here, because apispec adds null to the type only.
    """
    schema = dict(type_.json_schema())
    choices = schema.get("enum")
    if isinstance(choices, list):
        schema["enum"] = [*choices, None]
    if type_.name == "secret":
        schema["writeOnly"] = True
    return schema


def schema_for(
    name: str, types: Mapping[str, FieldType], *, read_only: Collection[str] = ()
) -> type[Schema]:
    """Return the schema class `name` with one field for each type by field code.

    Loading gives stored values; unknown fields and all bad values raise one ValidationError, which
    `problems_of` explains. Whether a field is required or may be written is the write door's question.
    """
    made: dict[str, fields.Field[Any]] = {
        code: ParsedField(type_, read_only=code in read_only) for code, type_ in types.items()
    }
    schema: type[Schema] = _Strict.from_dict(made, name=name)
    return schema


def problems_of(error: ValidationError, known: Collection[str]) -> tuple[Problem, ...]:
    """Return what a failed load says as Problems; `known` are the field codes to choose from."""
    messages = error.messages
    if not isinstance(messages, dict) or "_schema" in messages:
        return (
            Problem(
                "not_an_object", "", "The body is not a JSON object.", 'Send {"field": value}.'
            ),
        )
    found: list[Problem] = []
    for code, said in messages.items():
        given = [one for one in said if isinstance(one, Problem)] if isinstance(said, list) else []
        found.extend(given or [_unknown(str(code), known)])
    return tuple(found)


def _unknown(code: str, known: Collection[str]) -> Problem:
    return Problem(
        "unknown_field", code, f"There is no field {code[:60]!r}.", did_you_mean(code[:60], known)
    )
