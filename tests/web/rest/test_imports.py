"""Imports by programs: a file with its mapping goes in, progress and refused rows come out, an undo takes it back."""

from __future__ import annotations

import io
import json
import threading
from typing import Any

import pytest
from werkzeug.test import TestResponse

from fieldstone.actions.importing.desk import IMPORT
from fieldstone.web.rest.openapi_imports import IMPORT_PATHS
from fieldstone.worker.importing import import_records
from fieldstone.worker.long_work import do_next_job
from fieldstone.worker.runs import Run
from tests.web.rest.programs import NOBODY, Api

FILE = "Title,Number,Cost\nPump,{0}-1,12.50\nValve,{0}-2,bad\nHose,{0}-3,7\n"
MAPPING = """
object: product
key: code
fields: {name: Title, code: Number, price: Cost}
"""


def work(api: Api) -> None:
    while do_next_job(api.site, threading.Event()):
        pass


def posted(
    api: Api, prefix: str, query: str = "", who: str = "admin", **fields: str
) -> TestResponse:
    data = {
        "object": "product",
        "file": (io.BytesIO(FILE.format(prefix).encode()), "p.csv"),
        **fields,
    }
    return api("POST", f"imports{query}", who, data=data)


def begun(api: Api, prefix: str, query: str = "", **fields: str) -> dict[str, Any]:
    answer = posted(api, prefix, query, **fields)
    assert answer.status_code == 202, answer.json
    assert answer.headers["Location"] == f"/api/v1/imports/{answer.json['data']['id']}"
    data: dict[str, Any] = answer.json["data"]
    return data


def now(api: Api, job: dict[str, Any]) -> dict[str, Any]:
    data: dict[str, Any] = api("GET", f"imports/{job['id']}").json["data"]
    return data


def codes(api: Api, prefix: str) -> list[str]:
    query = {"filter": f"starts_with(code, '{prefix}-')", "sort": "code", "fields": "code"}
    return [row["code"] for row in api("GET", "product", query_string=query).json["data"]]


def test_a_file_with_a_mapping_is_imported_and_taken_back(api: Api) -> None:
    job = begun(api, "A", mapping=MAPPING)
    assert job["state"] == "running"

    work(api)

    done = now(api, job)
    assert (done["state"], done["counts"]) == ("done", {"created": 2, "rejected": 1})
    assert done["rejected"][0]["line"] == 3
    assert done["rejected"][0]["problems"][0]["path"] == "price"
    assert codes(api, "A") == ["A-1", "A-3"]
    rejected = api("GET", f"imports/{job['id']}/rejected")
    assert rejected.mimetype == "text/csv"
    assert rejected.text.splitlines()[1].startswith("Valve,A-2,bad,3,")

    assert api("POST", f"imports/{job['id']}/undo").status_code == 202
    work(api)
    assert now(api, job)["state"] == "undone"
    assert codes(api, "A") == []


def test_a_check_writes_nothing_and_is_run_afterwards(api: Api) -> None:
    columns = json.dumps({"Title": "name", "Number": "code", "Cost": "price"})
    job = begun(api, "B", "?dry_run=1", columns=columns)
    work(api)
    assert now(api, job)["state"] == "checked"
    assert now(api, job)["counts"] == {"created": 2, "rejected": 1}
    assert codes(api, "B") == []

    assert api("POST", f"imports/{job['id']}/run").status_code == 202
    work(api)

    assert codes(api, "B") == ["B-1", "B-3"]
    assert api("POST", f"imports/{job['id']}/run").status_code == 409


def test_a_worker_that_is_stopped_half_way_leaves_the_rest_to_the_next_one(api: Api) -> None:
    rows = "".join(f"Thing,C-{n:03},1\n" for n in range(120))
    file = (io.BytesIO(f"Title,Number,Cost\n{rows}".encode()), "many.csv")
    sent = {"object": "product", "mapping": MAPPING, "file": file}
    job = api("POST", "imports", data=sent).json["data"]
    stopping = threading.Event()

    def stopped_after_a_batch(site: Any, run: Run) -> object:
        object.__setattr__(site.settings, "import_batch", 50)
        stopping.set()
        return import_records(site, run)

    do_next_job(api.site, stopping, {IMPORT: stopped_after_a_batch})
    half = now(api, job)
    work(api)

    assert (half["state"], half["done"]) == ("running", 50)
    done = now(api, job)
    assert (done["state"], done["counts"]) == ("done", {"created": 120})


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"object": "nothing"}, "unknown_object"),
        ({"mapping": "object: product\nfields: {nme: Title}"}, "unknown_field"),
        ({"mapping": "object: lead\nfields: {name: Title}"}, "other_object"),
        ({"mapping": ": ["}, None),
        ({"columns": "["}, "not_an_object"),
        ({"columns": '{"Nope": "name"}'}, "no_such_column"),
        ({"columns": '{"Title": "nme"}'}, "unknown_field"),
        ({"columns": '{"Title": "name", "Number": "name"}'}, "field_twice"),
    ],
)
def test_what_cannot_be_meant_is_refused(api: Api, fields: dict[str, str], code: str) -> None:
    answer = posted(api, "D", **fields)

    assert answer.status_code in (400, 422), answer.text
    assert code in (None, answer.json["problems"][0]["code"])


def test_a_form_without_a_file_and_a_body_that_is_no_form_are_refused(api: Api) -> None:
    assert api("POST", "imports", data={"object": "product", "x": "y"},
               content_type="multipart/form-data").status_code == 422  # fmt: skip
    assert api("POST", "imports", json={}).status_code == 415
    assert api("GET", "imports?page=2").status_code == 400


def test_a_column_that_the_file_lacks_fails_the_import_with_its_reason(api: Api) -> None:
    job = begun(api, "E", mapping="object: product\nfields: {name: Nowhere, code: Number}")
    work(api)

    done = now(api, job)
    assert done["state"] == "failed"
    assert "Nowhere" in done["problem"]


def test_a_key_that_only_reads_imports_nothing(api: Api) -> None:
    api.tokens["reader"] = api.token("admin", "*:read")

    assert posted(api, "F", who="reader", mapping=MAPPING).status_code == 403


def test_history_switches_rules_off_and_is_for_administrators(api: Api) -> None:
    mapping = "object: lead\nfields: {name: Title}\nhistory: {created: Number}"

    assert posted(api, "G", who="li", object="lead", mapping=mapping).status_code == 403


def test_others_do_not_learn_of_an_import(api: Api) -> None:
    job = begun(api, "H", mapping=MAPPING)
    work(api)

    assert api("GET", f"imports/{job['id']}", "li").status_code == 404
    assert api("GET", f"imports/{NOBODY}").status_code == 404
    assert api("GET", "imports", "li").json["data"] == []
    assert job["id"] in [one["id"] for one in api("GET", "imports").json["data"]]


def test_every_address_of_imports_is_described(api: Api) -> None:
    described = api("GET", "openapi.json").json["paths"]
    served = {
        rule.rule.replace("<import_id>", "{id}")
        for rule in api.app.url_map.iter_rules()
        if rule.rule.startswith("/api/v1/imports")
    }

    assert served == set(IMPORT_PATHS)
    assert served <= set(described)
