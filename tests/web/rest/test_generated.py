"""Schemathesis asks for what the generated OpenAPI offers: no error of ours, and every answer as it says."""

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.web.rest.programs import Api

CHECKS = (
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
)
# One object with everything (stages, pools, rules) and two plain ones: the others have the same views.
OBJECTS = ("lead", "ticket", "user", "pools", "meta", "intake")
EXAMPLES = {"admin": 6, "li": 3}


@pytest.mark.parametrize("who", EXAMPLES)
def test_every_answer_is_as_the_document_says(api_on_sqlite: Api, who: str):
    api = api_on_sqlite
    api.a_lead("admin", mobile="+8613911112222", email="lead@example.com")
    document = api("GET", "openapi.json", who).json
    schema = schemathesis.openapi.from_dict(document)
    schema.app = api.app
    headers = {"Authorization": f"Bearer {api.tokens[who]}"}
    asked = 0
    for result in schema.get_all_operations():
        operation = result.ok()
        if operation.path.split("/")[3] not in OBJECTS:
            continue
        asked += 1
        _ask(operation, headers, EXAMPLES[who])

    assert asked > 20


def _ask(operation, headers: dict[str, str], examples: int) -> None:
    @settings(
        max_examples=examples,
        phases=[Phase.generate],
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(
        case=st.one_of(
            operation.as_strategy(), operation.as_strategy(schemathesis.GenerationMode.NEGATIVE)
        )
    )
    def ask(case):
        case.call_and_validate(headers=headers, checks=list(CHECKS))

    ask()
