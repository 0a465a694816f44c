"""Whether a plugin's effective configuration fits the schema of its module."""

from __future__ import annotations

from collections.abc import Iterator

from mesh_wasm.findings.examples import GOOD, fields, group, program
from mesh_wasm.findings.finding import Finding, Severity
from mesh_wasm.findings.rule import Family, rule
from mesh_wasm.modules.schema import SchemaError, available, check_schema, misfits, refuses_its_example
from mesh_wasm.rules.subjects import ConfigSubject, ExtensionSchemaSubject

from ._examples import locked, schema

_MODE = {"type": "object", "required": ["mode"], "properties": {"mode": {"enum": ["audit", "enforce"]}}}
_GIVEN = """{
        "type": "object", "required": ["mode"], "properties": {"mode": {"enum": ["audit", "enforce"]}},
    }"""


def _program(mode: str, schema: str = _GIVEN) -> str:
    return program(fields(config=f'{{"mode": "{mode}"}}', config_schema=schema), group())


MISFIT = rule(
    "MW016",
    Severity.ERROR,
    Family.MODULE,
    "A configuration that its schema refuses",
    why="A module that does not understand its configuration refuses to start, or does something else than was meant.",
    fix="Write what the schema asks for; or mend config_schema, if the module takes it.",
    source="JSON Schema, draft 2020-12, judged by jsonschema",
    bad=_program("enforced"),
    good=_program("enforce"),
)
IMAGE_MISFIT = rule(
    "MW017",
    Severity.WARNING,
    Family.MODULE,
    "A configuration that the schema of the image refuses",
    why=(
        "The image carries a schema of its configuration, and this is not what it asks for. It is a warning: in public "
        "images, a quarter of the schemas refuse even their own example."
    ),
    fix="Write what the schema asks for; or give config_schema, which takes the place of the image's.",
    source="Higress Wasm image specification; JSON Schema; mesh-wasm.lock",
    bad=GOOD + "  pluginConfig: {mode: enforced}\n",
    good=GOOD + "  pluginConfig: {mode: enforce}\n",
    lock=locked(schema=schema(_MODE)),
)
UNSOUND_SCHEMA = rule(
    "MW018",
    Severity.ERROR,
    Family.MODULE,
    "A config_schema that is no schema",
    why="No configuration can be checked by it, and a check that never fails is worse than none.",
    fix="Write a JSON Schema (draft 2020-12), or a schema of OpenAPI, without references to other documents.",
    source="JSON Schema, draft 2020-12",
    bad=_program("enforce", '{"type": "objekt"}'),
    good=_program("enforce"),
)
OWN_EXAMPLE = rule(
    "MW019",
    Severity.WARNING,
    Family.MODULE,
    "A schema that refuses its own example",
    why="What it says of configurations is not to be relied on: it only warns.",
    fix="Mend the schema, or the example in it.",
    source="52 public schemas of Higress, measured",
    bad=_program("enforce", '{"properties": {"mode": {"enum": ["enforce"]}}, "example": {"mode": "on"}}'),
    good=_program("enforce", '{"properties": {"mode": {"enum": ["enforce"]}}, "example": {"mode": "enforce"}}'),
)


@MISFIT.checks(ConfigSubject)
def misfit(subject: ConfigSubject) -> Iterator[Finding]:
    """What is given in code; it weighs less if it refuses its own example."""
    if subject.given and available():
        weight = Severity.WARNING if _unreliable(subject) else None
        for path, says in _misfits(subject):
            yield MISFIT.at("pluginConfig", *path, says=says, severity=weight)


@IMAGE_MISFIT.checks(ConfigSubject)
def image_misfit(subject: ConfigSubject) -> Iterator[Finding]:
    """What the image carries."""
    if not subject.given and available():
        for path, says in _misfits(subject):
            yield IMAGE_MISFIT.at("pluginConfig", *path, says=says)


@OWN_EXAMPLE.checks(ExtensionSchemaSubject)
def own_example(subject: ExtensionSchemaSubject) -> Iterator[Finding]:
    """Of what is given in code; of an image's schema the command lock says it."""
    if available() and _unreliable(subject):
        yield OWN_EXAMPLE.at("configSchema", says="the schema refuses its own example.")


@UNSOUND_SCHEMA.checks(ExtensionSchemaSubject)
def unsound_schema(subject: ExtensionSchemaSubject) -> Iterator[Finding]:
    """Of what is given in code; that of an image is left alone."""
    if not available():
        return
    try:
        check_schema(subject.schema)
    except SchemaError as error:
        yield UNSOUND_SCHEMA.at("configSchema", says=f"{error}.")


def _misfits(subject: ConfigSubject) -> Iterator[tuple[tuple[str | int, ...], str]]:
    try:
        for one in misfits(subject.schema, subject.config):
            yield one.path, one.says
    except SchemaError:
        return  # told of the schema itself


def _unreliable(subject: ConfigSubject | ExtensionSchemaSubject) -> bool:
    try:
        return refuses_its_example(subject.schema)
    except SchemaError:
        return False
