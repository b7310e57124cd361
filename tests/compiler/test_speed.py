"""A large site compiles in seconds and starts from its kept model in less than one."""

import time

from fieldstone.compiler.compile import Document, Layer, compile_site
from tests.builders import USER, field_types

OBJECTS = 200


def an_object_of_forty_fields(number):
    lines = [
        f"object: thing_{number}",
        "title: name",
        "fields:",
        "  name: {type: text, required: true, max_length: 120}",
    ]
    lines += [
        f"  text_{n}: {{type: text, label: {{en: Text {n}, zh: 文本}}, max_length: 80}}"
        for n in range(28)
    ]
    lines += [
        f"  pick_{n}: {{type: select, options: {{a: {{zh: 甲}}, b: {{label: {{en: B, zh: 乙}}, color: red}}}}}}"
        for n in range(5)
    ]
    lines += [
        "  amount: {type: currency, min: 0}",
        "  pieces: integer",
        '  due: {type: date, required_when: "amount > 100"}',
        f"  other: {{type: lookup, to: thing_{(number + 1) % OBJECTS}, related_name: back_{number}}}",
        '  total: {type: formula, returns: decimal, value: "amount * 2 + pieces"}',
        "  note: long_text",
        "stages: {pipelines: {p: {stages: {a: {}, b: {needs: [due], guard: \"amount > 5\"}, c: {kind: won}}}}}",
        "ownership: {owner: optional}",
        "views:",
        "  mine: {filter: \"owner == user and stage == 'a'\", columns: [name, amount], sort: -amount}",
        "permissions: {admin: {read: all}}",
    ]  # fmt: skip
    return Document(f"metadata/thing_{number}.yaml", "\n".join(lines))


def test_two_hundred_objects_with_forty_fields_compile_in_time_and_start_from_the_cache(tmp_path):
    documents = [
        Document("metadata/user.yaml", USER),
        *(an_object_of_forty_fields(n) for n in range(OBJECTS)),
    ]
    layers = [Layer("core", tuple(documents))]

    # The processor's time, not the clock's: a busy machine must not make this test lie.
    start = time.process_time()
    model = compile_site(layers, field_types(), {}, cache=tmp_path)
    cold = time.process_time() - start
    start = time.process_time()
    again = compile_site(layers, field_types(), {}, cache=tmp_path)
    warm = time.process_time() - start

    assert len(model.objects["thing_7"].fields) >= 40
    assert again == model
    assert cold < 5, f"{cold:.1f} s"
    assert warm < 1, f"{warm:.1f} s"
