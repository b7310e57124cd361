"""The examples of docs/rest.md work, in the order in which they stand there."""

import re
from pathlib import Path

from tests.web.rest.programs import Api

PAGE = Path(__file__).parents[3] / "docs" / "rest.md"
EXAMPLE = re.compile(r"```http\n(\w+) /api/v1/(\S[^\n]*)\n(.*?)```", re.DOTALL)


def test_every_example_works(api: Api):
    record_id = ""
    for method, path, body in EXAMPLE.findall(PAGE.read_text(encoding="utf-8")):
        sent = body.replace("CHANNEL", api.ids["website"]).replace("ID", record_id)
        asked, _, query = path.replace("ID", record_id).partition("?")
        answer = api(
            method,
            asked,
            query_string=query,
            data=sent.encode() or None,
            content_type="application/json" if sent else None,
        )

        assert answer.status_code in (200, 201, 204), (method, path, answer.json)
        if not record_id and answer.status_code == 201:
            record_id = answer.json["data"]["id"]

    assert record_id
