"""`runbook schema` prints a JSON Schema that knows every step kind."""

from msgspec import json

from console.steps import kinds
from tests.cli.kept import Shell


def test_the_schema_is_json_and_knows_every_kind(shell: Shell) -> None:
    assert shell("schema") == 0
    schema = json.decode(shell.out)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert set(schema["required"]) >= {"runbook", "title", "phases"}
    assert all(f'"{key}"' in shell.out for key in kinds())
