"""Configurations against schemas: what is told, where, and what is never shown."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pulumi
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, Field
from support.programs import errors, extension_args, findings, fleet, gateway_args, run, unknown

import mesh_wasm_pulumi as wasm
from mesh_wasm.findings.finding import Severity, format_path
from mesh_wasm.modules.facts import look_at
from mesh_wasm.modules.locked import Artifact, Lock, LockedModule
from mesh_wasm.modules.lockfile import lock_text
from mesh_wasm.modules.schema import SchemaError, check_schema, given_schema, misfits, refuses_its_example
from mesh_wasm_pulumi.offline.run import Run

from .wasmfile import wasm as build

IMAGE = "oci://registry.acme.io/filters/acl:1.4.2"
SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["mode"],
    "additionalProperties": False,
    "properties": {
        "mode": {"enum": ["audit", "enforce"]},
        "limit": {"type": "integer", "minimum": 1, "maximum": 100},
        "token": {"type": "string", "minLength": 8, "pattern": "^[a-z]+$"},
        "rules": {"type": "array", "minItems": 1, "items": {"type": "object", "required": ["path"]}},
        "retry": {"type": "object", "nullable": True},
    },
}


def told(schema: dict[str, Any], config: Any) -> list[tuple[str, str]]:
    return [(format_path(one.path), one.says) for one in misfits(given_schema(schema, "test"), config)]


@pytest.mark.parametrize(
    ("config", "says"),
    [
        ({"mode": "audit", "limit": 7, "retry": None}, []),
        ({}, [("mode", "this field is required.")]),
        ({"mode": "off"}, [("mode", 'it is none of "audit", "enforce".')]),
        ({"mode": "audit", "limits": 1}, [("limits", "the schema has no such field; did you mean 'limit'?")]),
        ({"mode": "audit", "limit": "7"}, [("limit", "expected a whole number, got a text.")]),
        ({"mode": "audit", "limit": 0}, [("limit", "it must be at least 1.")]),
        ({"mode": "audit", "rules": []}, [("rules", "it must have at least 1 items.")]),
        ({"mode": "audit", "rules": [{"path": "/"}, {}]}, [("rules[1].path", "this field is required.")]),
        (
            {"mode": "audit", "token": "HUNTER2"},
            [
                ("token", "it does not match the pattern ^[a-z]+$."),
                ("token", "it must have at least 8 characters."),
            ],
        ),
    ],
)
def test_each_misfit_has_its_path_and_its_sentence(config: Any, says: list[tuple[str, str]]) -> None:
    assert sorted(told(SCHEMA, config)) == sorted(says)


@pytest.mark.parametrize(
    "schema",
    [
        {"properties": {"n": {"minimum": 0, "exclusiveMinimum": True}}},
        {"properties": {"n": {"exclusiveMinimum": 0}}},
        {"properties": {"n": {"type": "integer", "nullable": True, "minimum": 1}}},
    ],
)
def test_openapi_and_draft_4_are_understood(schema: dict[str, Any]) -> None:
    assert len(told(schema, {"n": 0})) == 1
    assert told(schema, {"n": 1}) == []


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "objekt"},
        {"properties": []},
        {"required": "mode"},
    ],
)
def test_what_is_no_schema_is_told(schema: dict[str, Any]) -> None:
    with pytest.raises(SchemaError, match="it is no JSON Schema"):
        check_schema(given_schema(schema, "test"))


@pytest.mark.parametrize("ref", ["https://example.com/schema.json", "#/nowhere", "file:///etc/passwd"])
def test_nothing_is_fetched(ref: str, monkeypatch: pytest.MonkeyPatch) -> None:
    import urllib.request

    monkeypatch.setattr(urllib.request, "urlopen", lambda *_: pytest.fail("the network was asked"))
    with pytest.raises(SchemaError, match="cannot be followed"):
        told({"properties": {"a": {"$ref": ref}}}, {"a": 1})


def test_a_schema_that_runs_in_a_circle_ends() -> None:
    circle = {"$defs": {"a": {"$ref": "#/$defs/a"}}, "$ref": "#/$defs/a"}
    with pytest.raises(SchemaError, match="cannot be followed"):
        told(circle, {"a": 1})


def test_a_schema_may_refuse_its_own_example() -> None:
    assert refuses_its_example(given_schema({**SCHEMA, "example": {"mode": "on"}}, "test"))
    assert not refuses_its_example(given_schema({**SCHEMA, "example": {"mode": "audit"}}, "test"))
    assert not refuses_its_example(given_schema(SCHEMA, "test"))


scalars = st.none() | st.booleans() | st.integers(-5, 5) | st.text("audit secret", max_size=8)
configs = st.dictionaries(
    st.sampled_from(["mode", "limit", "token", "rules", "retry", "other"]),
    st.recursive(
        scalars, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text("ab"), inner, max_size=2)
    ),
)


@given(configs)
def test_jsonschema_and_we_agree_on_what_fits(config: dict[str, Any]) -> None:
    from jsonschema import Draft202012Validator

    plain = json.loads(json.dumps(SCHEMA).replace('"type": "object", "nullable": true', '"type": ["object", "null"]'))
    assert (told(SCHEMA, config) == []) is Draft202012Validator(plain).is_valid(config)


SECRET = "hunter22-very-secret"


@given(configs, st.sampled_from(["mode", "limit", "token", "rules", "retry"]))
def test_no_sentence_shows_a_value(config: dict[str, Any], where: str) -> None:
    for value in (SECRET, [SECRET], {"path": SECRET}, [{"path": 1, "x": SECRET}]):
        assert SECRET not in str(told(SCHEMA, {**config, where: value}))


def attached(schema: Any = SCHEMA, config: Any = None, own: Any = None, image: str = IMAGE) -> Run:
    def program() -> None:
        known = config() if callable(config) else config  # an Output is made within the program
        args = extension_args(image=image, config=known, **({} if schema is None else {"config_schema": schema}))
        acl = wasm.WasmExtension("acl", args)
        item = {"extension": acl, **({} if own is None else {"config": own})}
        wasm.IngressGatewayAttachment("edge", gateway_args(acl, fleet(), extensions=[item]))

    return run(program)


def shown(result: Run) -> list[tuple[str, str, str]]:
    return [(one.rule, str(one.severity), format_path(one.path)) for one in findings(result) if one.rule[:4] == "MW01"]


def test_the_configuration_of_the_extension_is_checked_where_it_is_used() -> None:
    result = attached(config={"mode": "off"})
    assert shown(result) == [("MW016", "error", "extensions[0].extension.config.mode")]
    assert attached(config={"mode": "audit"}).failure is None


def test_what_the_attachment_replaces_is_not_checked() -> None:
    assert shown(attached(config={"mode": "off"}, own={"mode": "audit"})) == []
    assert shown(attached(config={"mode": "audit"}, own={"limit": 0})) == [
        ("MW016", "error", "extensions[0].config.limit"),
        ("MW016", "error", "extensions[0].config.mode"),
    ]


def test_no_configuration_is_an_empty_one() -> None:
    assert shown(attached()) == [("MW016", "error", "extensions[0].extension.config.mode")]


class Acl(BaseModel, extra="forbid"):
    mode: str = Field(pattern="audit|enforce")
    limit: int = 10


def test_a_pydantic_model_is_a_schema() -> None:
    assert shown(attached(Acl, {"mode": "audit"})) == []
    result = attached(Acl, {"mode": "off", "limt": 1})
    assert shown(result) == [
        ("MW016", "error", "extensions[0].extension.config.limt"),
        ("MW016", "error", "extensions[0].extension.config.mode"),
    ]


def test_outputs_are_judged_when_they_are_known_and_never_shown() -> None:
    assert shown(attached(config=lambda: {"mode": unknown(), "limit": 7})) == []
    assert shown(attached(config=lambda: {"mode": unknown(), "limit": 0})) == [
        ("MW016", "error", "extensions[0].extension.config.limit")
    ]
    # A field that is not there is not there, whatever the others turn out to be.
    assert shown(attached(config=lambda: {"limit": unknown(), "limt": 1})) == [
        ("MW016", "error", "extensions[0].extension.config.limt"),
        ("MW016", "error", "extensions[0].extension.config.mode"),
    ]
    result = attached(config=lambda: {"mode": "audit", "token": pulumi.Output.secret(SECRET.upper())})
    assert ("MW016", "error", "extensions[0].extension.config.token") in shown(result)
    said = str(result.ledger.findings) + str(result.failure) + str([one.text for one in result.monitor.messages])
    assert SECRET.upper() not in said


def test_a_schema_that_is_none_is_told_on_the_extension() -> None:
    assert [(one.rule, format_path(one.path)) for one in errors(attached({"type": "objekt"}), "acl")] == [
        ("MW018", "config_schema")
    ]


def test_a_schema_that_refuses_its_own_example_only_warns() -> None:
    result = attached({**SCHEMA, "example": {"mode": "on"}}, {"mode": "off"})
    assert result.failure is None
    assert shown(result) == [
        ("MW019", "warning", "config_schema"),
        ("MW016", "warning", "extensions[0].extension.config.mode"),
    ]


@pytest.fixture
def locked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[dict[str, Any]], None]:
    monkeypatch.chdir(tmp_path)

    def write(schema: dict[str, Any]) -> None:
        facts = look_at(build())
        entry = LockedModule(
            IMAGE, Artifact("sha256:" + "0a" * 32, "", (), "compat"), facts, given_schema(schema, "it")
        )
        (tmp_path / "mesh-wasm.lock").write_text(lock_text(Lock({IMAGE: entry})))

    return write


def test_the_schema_of_the_image_warns_and_that_of_the_code_takes_its_place(
    locked: Callable[[dict[str, Any]], None],
) -> None:
    locked(SCHEMA)
    result = attached(None, {"mode": "off"})
    assert result.failure is None
    assert shown(result) == [("MW017", "warning", "extensions[0].extension.config.mode")]
    assert shown(attached({"type": "object"}, {"mode": "off"})) == []


def test_without_the_library_nothing_is_said_of_configurations(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "jsonschema", None)
    result = attached(config={"mode": "off"})
    assert result.failure is None
    notes = [one.text for one in result.monitor.messages if "mesh-wasm[modules]" in one.text]
    assert len(notes) == 1
    assert [one for one in findings(result) if one.severity is Severity.ERROR] == []
