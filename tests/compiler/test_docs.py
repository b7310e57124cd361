"""The page about objects in YAML names every key there is, and its examples compile."""

import re

from fieldstone.compiler.shapes import FIELD_ENVELOPE, OBJECT_PARTS, PERMISSION, STAGE, VIEW
from fieldstone.compiler.site_shapes import SITE_PARTS
from tests.builders import ROOT, a_model

PAGE = (ROOT / "docs" / "metadata.md").read_text("utf-8")
EXAMPLES = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)


def missing(section, keys):
    text = PAGE.split(f"## {section}", 1)[1].split("\n## ", 1)[0]
    return [key for key in keys if f"`{key}`" not in text]


def test_every_key_is_on_the_page():
    assert missing("Parts of an object", OBJECT_PARTS) == []
    assert missing("What every field may say", FIELD_ENVELOPE) == []
    assert missing("Stages", set(STAGE["properties"]) - {"en", "zh"}) == []
    assert missing("Views", VIEW["properties"]) == []
    assert missing("Permissions", PERMISSION["properties"]) == []
    assert missing("What belongs to no single object", SITE_PARTS) == []


def test_the_examples_compile():
    ground = (
        "object: customer\nfields: {name: text}",
        "roles: {admin: {administrator: true}, sales: Sales}",
    )
    lead = "object: lead\nfields: {name: text, company: text, website: url}\nsearch: [name]"

    assert list(a_model(EXAMPLES[0], *ground).objects["visit"].fields)[:4] == [
        "subject",
        "customer",
        "on",
        "stage",
    ]
    (upper,) = (one for one in EXAMPLES if one.startswith("object: lead"))
    assert a_model(lead, upper=upper).objects["lead"].search == ("name", "campus")
