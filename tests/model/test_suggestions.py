"""Suggestions are right or are not made: every value and field, in every spelling that people give it."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic.alias_generators import to_camel, to_snake

from mesh_wasm.findings.foreign_names import FOREIGN_NAMES
from mesh_wasm.findings.suggestions import folded, suggestion
from mesh_wasm.fleet.cluster import Cluster
from mesh_wasm.model import shapes
from mesh_wasm.model.attachment import WasmExtensionAttachment
from mesh_wasm.model.extension import CatalogueEntry
from mesh_wasm.model.parse import parse
from mesh_wasm.model.plugin import WasmPluginSpec
from mesh_wasm.model.pull_secret import PullSecretSource
from mesh_wasm.model.target import Target
from mesh_wasm.values.base import Model
from mesh_wasm.values.enums import (
    Dialect,
    EnvValueSource,
    FailStrategy,
    PluginPhase,
    PluginType,
    PullPolicy,
    WorkloadMode,
)
from mesh_wasm_pulumi import args as arguments

ROOT = Path(__file__).parents[2]
ENUMS = {
    "phase": list(PluginPhase),
    "imagePullPolicy": list(PullPolicy),
    "failStrategy": list(FailStrategy),
    "type": list(PluginType),
}
LISTS: list[list[str]] = [
    *([str(one) for one in values] for values in ENUMS.values()),
    [str(one) for one in WorkloadMode],
    [str(one) for one in EnvValueSource],
    [str(one) for one in Dialect],
]
MODELS: list[type[Model]] = [CatalogueEntry, WasmPluginSpec, WasmExtensionAttachment, Cluster, PullSecretSource, Target]
FIELDS = [shapes.field_names(model, (), snake=snake) for model in MODELS for snake in (False, True)]
ARGUMENTS = [
    sorted(shape.__annotations__)
    for shape in (
        arguments.GatewayAttachmentArgs,
        arguments.SecurityGroupAttachmentArgs,
        arguments.TsbManifestsArgs,
        arguments.WasmExtensionArgs,
        arguments.WasmPluginArgs,
    )
]


@st.composite
def misspelt(draw: st.DrawFn, names: list[list[str]]) -> tuple[list[str], str, str]:
    """A list of names, one of them, and that one in another case and with other marks between its words."""
    listed = draw(st.sampled_from(names))
    name = draw(st.sampled_from(listed))
    words = to_snake(name).split("_") if name != name.upper() else name.split("_")
    case = draw(st.sampled_from([str.lower, str.upper, str.title, str.swapcase]))
    mark = draw(st.sampled_from(["", "-", "_", " ", "--"]))
    return listed, name, mark.join(map(case, words))


@given(misspelt(LISTS + FIELDS + ARGUMENTS))
def test_every_name_in_every_spelling_gets_itself(case: tuple[list[str], str, str]) -> None:
    names, name, written = case
    assert suggestion(written, names, FOREIGN_NAMES) == name


@given(misspelt(LISTS + FIELDS), st.data())
def test_a_slip_gets_the_name_or_nothing(case: tuple[list[str], str, str], data: st.DataObject) -> None:
    """One letter left out, doubled or swapped with the next: never another name, unless the slip has made it just that."""
    names, name, written = case
    written = folded(written)
    place = data.draw(st.integers(0, max(len(written) - 2, 0)))
    kind = data.draw(st.sampled_from(["drop", "double", "swap"]))
    head, here, tail = written[:place], written[place : place + 2], written[place + 2 :]
    slipped = {"drop": head + here[1:], "double": head + here[0] + here, "swap": head + here[::-1]}[kind] + tail
    guess = suggestion(slipped, names)
    assert guess in (name, None) or folded(slipped) == folded(guess)


@given(st.sampled_from(LISTS + FIELDS), st.text(max_size=20))
def test_what_is_suggested_is_near_and_alone(names: list[str], word: str) -> None:
    guess = suggestion(word, names)
    if guess is not None:
        assert guess in names
        assert all(_slips(folded(word), folded(guess)) < _slips(folded(word), folded(o)) for o in names if o != guess)


def _slips(one: str, other: str) -> int:
    """The distance by its definition, slowly: not the code that is tested."""
    table = {(i, j): i + j for i in range(len(one) + 1) for j in range(len(other) + 1) if not i * j}
    for i in range(1, len(one) + 1):
        for j in range(1, len(other) + 1):
            cost = [table[i - 1, j] + 1, table[i, j - 1] + 1, table[i - 1, j - 1] + (one[i - 1] != other[j - 1])]
            if i > 1 and j > 1 and one[i - 2 : i] == other[j - 2 : j][::-1]:
                cost.append(table[i - 2, j - 2] + 1)
            table[i, j] = min(cost)
    return table[len(one), len(other)]


@pytest.mark.parametrize(
    ("field", "written", "meant"),
    [
        ("failStrategy", "FAIL-OPEN", "FAIL_OPEN"),
        ("failStrategy", "failopen", "FAIL_OPEN"),
        ("failStrategy", "Fail_Reload", "FAIL_RELOAD"),
        ("failStrategy", "FAIL_CLOSED", "FAIL_CLOSE"),
        ("imagePullPolicy", "ifnotpresent", "IfNotPresent"),
        ("imagePullPolicy", "Never", None),
        ("phase", "STAT", "STATS"),
        ("phase", "AUTHX", None),  # AUTHN and AUTHZ are equally near
        ("phase", "AUTH", None),
        ("type", "http", "HTTP"),
        ("type", "TCP", None),
    ],
)
def test_values(field: str, written: str, meant: str | None) -> None:
    (finding,) = parse(WasmPluginSpec, {"url": "oci://h/x:1", field: written}, wire=True).findings
    assert finding.message.endswith("." if meant is None else f"; did you mean {meant}?")
    values = [str(one) for one in ENUMS[field]]
    assert finding.fix == (
        f"Write {', '.join(values[:-1])} or {values[-1]}." if meant is None else f"Write `{field}: {meant}`."
    )


@pytest.mark.parametrize(
    ("document", "fix"),
    [
        ({"match": [{"ports": [443]}]}, "Write `- {number: 443}`."),
        ({"match": [{"ports": 443}]}, "Write `ports: [{number: 443}]`."),
        ({"match": {"mode": "CLIENT"}}, "Write `match: [{mode: CLIENT}]`."),
        ({"priority": "10"}, "Write `priority: 10`, without quotes."),
        ({"priority": "high"}, "Write `priority: 10`, without quotes."),
        ({"pluginName": 7}, "Put it in quotes."),
        ({"url": None}, "Write `url: oci://<registry>/<repository>:<tag>`."),
        ({"selector": "app"}, "Write `selector: {matchLabels: {app: <name>}}`."),
        ({"vmConfig": {"env": ["A"]}}, "Write `- {name: <name>}`."),
        ({"config": {}}, "Write `pluginConfig`, or remove the field."),
        ({"plugin_name": "x"}, "Write `pluginName`, or remove the field."),
    ],
)
def test_the_remedy_is_what_to_write(document: dict[str, Any], fix: str) -> None:
    (finding,) = parse(WasmPluginSpec, {"url": "oci://h/x:1", **document}, wire=True).findings
    assert finding.fix == fix


def test_a_secret_is_not_repeated_where_its_type_is_wrong() -> None:
    for value in (12345, 1.5, ["hunter2"], {"hunter2": "hunter2"}):
        (finding,) = parse(PullSecretSource, {"secretName": "s", "password": value}).findings
        assert not any(part in str(finding) for part in ("12345", "1.5", "hunter2"))


def test_the_spelling_is_that_of_the_fields_around() -> None:
    for given_, wanted in (({"image_pull_polcy": 1}, "image_pull_policy"), ({"imagePullPolcy": 1}, "imagePullPolicy")):
        (finding,) = parse(CatalogueEntry, {"fqn": "f", **given_}).findings
        assert f"did you mean '{wanted}'?" in finding.message
    (finding,) = parse(CatalogueEntry, {"fqn": "f", "plugin_name": "x", "failstrategy": "FAIL_OPEN"}).findings
    assert "did you mean 'fail_strategy'?" in finding.message


def test_fields_of_our_models_are_spelt_in_two_ways_only() -> None:
    """What suggestions for Python rest on."""
    for model in MODELS:
        assert sorted(map(to_camel, model.model_fields)) == shapes.field_names(model, ())


_NEED_A_FIX = {"REQUIRED", "WRONG_TYPE", "UNKNOWN_ENUM", "UNKNOWN_FIELD"}


def test_whoever_reports_a_shape_says_what_to_write() -> None:
    """The rules of shape are general: their own remedy says nothing of the field in question."""
    bare = []
    for path in [*(ROOT / "sdk").rglob("*.py"), *(ROOT / "components").rglob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text())):
            match node:
                case ast.Call(func=ast.Attribute(attr="at", value=ast.Attribute(attr=name))) if name in _NEED_A_FIX:
                    if not any(keyword.arg == "fix" for keyword in node.keywords):
                        bare.append(f"{path.relative_to(ROOT)}:{node.lineno}")
    assert not bare


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        *(("config", "pluginConfig"), ("configuration", "pluginConfig"), ("defaultConfig", "pluginConfig")),
        *(("image", "url"), ("workloadSelector", "selector"), ("rootId", "pluginName"), ("root_id", "pluginName")),
        *(
            ("failOpen", "failStrategy"),
            ("matchRules", "match"),
            ("pullSecret", "imagePullSecret"),
            ("env", "vmConfig"),
        ),
    ],
)
def test_a_name_of_another_api_leads_to_the_field(written: str, meant: str) -> None:
    document = {"url": "oci://r.example.com/acl:1", written: "x"}
    (finding,) = parse(WasmPluginSpec, document, wire=True).findings
    assert finding.rule == "MW102"
    assert f"did you mean {meant!r}?" in finding.message


@pytest.mark.parametrize("source", ["secretKeyRef", "configMapKeyRef", "fieldRef", "resourceFieldRef"])
def test_a_source_of_a_pods_variable_is_answered_with_what_a_plugin_has(source: str) -> None:
    variable = {"name": "A", "valueFrom": {source: {"name": "oidc", "key": "client_secret"}}}
    document = {"url": "oci://r.example.com/acl:1", "vmConfig": {"env": [variable]}}
    (finding,) = parse(WasmPluginSpec, document, wire=True).findings
    assert (finding.rule, finding.path) == ("MW104", ("vmConfig", "env", 0, "valueFrom"))
    assert source in finding.message
    assert "HOST" in finding.fix
    assert "oidc" not in str(finding), "what stands there may be a secret"
