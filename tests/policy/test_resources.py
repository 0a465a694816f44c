"""Policies on single resources: raw plugins and Secrets, our extensions, unknown and secret values, levels, remedies."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest
import yaml
from pulumi_policy import EnforcementLevel

from mesh_wasm.findings.examples import GOOD, HEAD, URL
from mesh_wasm.findings.rule import CATALOGUE
from mesh_wasm_pulumi.policy import POLICIES

from .analyzer import PLUGIN, SECRET, UNKNOWN, Pack, hidden


def plugin(text: str = GOOD, **spec: Any) -> dict[str, Any]:
    made: dict[str, Any] = yaml.safe_load(text)
    made["spec"] |= spec
    return made


def rules(said: Any, *, stops: bool | None = None) -> set[str]:
    return {one.rule for one in said if stops is None or one.stops is stops}


def decided_at_up(said: Any) -> set[str]:
    return {one.rule for one in said if "decided at up" in one.message}


def test_every_policy_is_named_after_a_rule_and_has_its_level() -> None:
    names = [policy.name for policy in POLICIES]
    assert len(set(names)) == len(names) > 50
    levels = {
        "error": EnforcementLevel.MANDATORY,
        "warning": EnforcementLevel.ADVISORY,
        "info": EnforcementLevel.DISABLED,
    }
    for policy in POLICIES:
        assert policy.enforcement_level == levels[CATALOGUE[policy.name].severity]


def test_a_good_plugin() -> None:
    assert Pack().of(PLUGIN, plugin()) == []


@pytest.mark.parametrize(
    ("spec", "rule"),
    [
        ({"url": "registry:5000/x"}, "MW113"),
        ({"url": "127.0.0.1:5000/x"}, "MW204"),
        ({"phase": "authz"}, "MW104"),
        ({"nope": 1}, "MW102"),
        ({"priority": 2**31}, "MW105"),
        ({"targetRefs": []}, "MW110"),
        ({"vmConfig": {"env": [{"name": "ISTIO_META_X", "value": "1"}]}}, "MW301"),
        ({"imagePullSecret": "other/name"}, "MW215"),
        ({"phase": "ASM_ROUTER"}, "MW603"),
    ],
)
def test_what_stops_an_update(spec: dict[str, Any], rule: str) -> None:
    assert rule in rules(Pack().of(PLUGIN, plugin(**spec)), stops=True)


def test_what_only_advises() -> None:
    said = Pack().of(PLUGIN, plugin(HEAD + URL, phase="AUTHZ", failStrategy="FAIL_OPEN"))
    assert rules(said) == rules(said, stops=False) == {"MW308"}


def test_other_types_are_left_alone() -> None:
    assert Pack().of("kubernetes:apps/v1:Deployment", {"spec": {"url": 5}}) == []
    assert Pack().of(PLUGIN + "Patch", {"spec": {"phase": "AUTHZ"}}) == []
    assert Pack().of(SECRET, {"type": "Opaque", "data": {"a": "b"}}) == []


def test_a_plugin_that_the_provider_names() -> None:
    made = plugin()
    del made["metadata"]["name"]
    assert Pack().of(PLUGIN, made) == []


@pytest.mark.parametrize(
    ("path", "waits", "decided"),
    [
        (("url",), {"MW113", "MW204", "MW304"}, {"MW110", "MW111", "MW603"}),
        (("phase",), {"MW104", "MW603"}, {"MW113", "MW110"}),
        (("selector", "matchLabels", "app"), {"MW111", "MW217"}, {"MW113"}),
        (("pluginConfig",), {"MW210"}, {"MW113"}),
    ],
)
def test_an_unknown_value_is_never_a_silent_pass(path: tuple[str, ...], waits: set[str], decided: set[str]) -> None:
    made = plugin(pluginConfig={})
    here = made["spec"]
    for part in path[:-1]:
        here = here[part]
    here[path[-1]] = UNKNOWN
    said = Pack().of(PLUGIN, made)
    assert waits <= decided_at_up(said)
    assert not decided & decided_at_up(said)
    assert rules(said, stops=True) == set()


def test_an_unknown_spec_leaves_all_rules_open() -> None:
    said = Pack().of(PLUGIN, {**plugin(), "spec": UNKNOWN})
    assert {"MW101", "MW113", "MW603"} <= decided_at_up(said)


def test_what_is_known_is_judged_beside_what_is_not() -> None:
    said = Pack().of(PLUGIN, plugin(url=UNKNOWN, phase="authz"))
    assert "MW104" in rules(said, stops=True)
    assert "MW113" in decided_at_up(said)


def test_a_secret_value_is_judged_and_never_told() -> None:
    secret = "hunter22-very-secret"
    said = Pack({"MW215": "mandatory"}).of(
        PLUGIN,
        plugin(
            url=hidden(f"{secret}://x"),
            imagePullSecret=hidden(f"{secret}/x"),
            pluginConfig={"password": hidden(secret)},
        ),
    )
    assert {"MW113", "MW215", "MW307"} <= rules(said)
    assert secret not in str(said)


def test_levels_can_be_set() -> None:
    broken = plugin(phase="AUTHZ", failStrategy="FAIL_OPEN")
    assert rules(Pack({"MW308": "mandatory"}).of(PLUGIN, broken), stops=True) == {"MW308"}
    assert rules(Pack({"MW308": "disabled"}).of(PLUGIN, broken)) == set()


def test_waivers_count_unless_the_pack_says_no() -> None:
    waived = plugin(phase="AUTHZ", failStrategy="FAIL_OPEN")
    waived["metadata"]["annotations"] = {"mesh-wasm/waive": "MW308 until 2999-12-31: a public catalogue"}
    assert rules(Pack().of(PLUGIN, waived)) == set()
    strict = {"MW308": {"enforcementLevel": "mandatory", "waivable": False}}
    assert rules(Pack(strict).of(PLUGIN, waived), stops=True) == {"MW308"}
    expired = copy.deepcopy(waived)
    expired["metadata"]["annotations"] = {"mesh-wasm/waive": "MW308 until 2020-12-31: a public catalogue"}
    assert {"MW308", "MW902"} == rules(Pack().of(PLUGIN, expired))


def test_the_pack_can_be_told_the_version() -> None:
    old = {"MW601": {"enforcementLevel": "mandatory", "istioVersion": "1.18"}}
    made = plugin(failStrategy="FAIL_CLOSE")
    assert rules(Pack(old).of(PLUGIN, made), stops=True) == {"MW601"}
    assert rules(Pack().of(PLUGIN, made)) == set()


EXTENSION = "mesh-wasm:index:WasmExtension"
ENTRY = {"fqn": "organizations/acme/extensions/acl", "image": "oci://r.example.com/acl:1", "priority": 1}


def test_an_extension_of_ours() -> None:
    assert Pack().of(EXTENSION, ENTRY) == []
    assert "MW113" in rules(Pack().of(EXTENSION, {**ENTRY, "image": "r.example.com/acl:1"}), stops=True)
    assert "MW113" in decided_at_up(Pack().of(EXTENSION, {**ENTRY, "image": UNKNOWN}))


def pull_secret(text: Any, type_: Any = "kubernetes.io/dockerconfigjson") -> dict[str, Any]:
    meta = {"name": "registry", "namespace": "edge"}
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": meta,
        "type": type_,
        "stringData": {".dockerconfigjson": text},
    }


def test_a_pull_secret() -> None:
    good = '{"auths": {"ghcr.io": {"auth": "Y2k6czNjcjN0"}}}'
    assert Pack().of(SECRET, pull_secret(hidden(good))) == []
    wrong = Pack().of(SECRET, pull_secret(hidden(good.replace("ghcr.io", "docker.io"))))
    assert rules(wrong, stops=True) == {"MW802"}
    assert rules(Pack().of(SECRET, pull_secret(good, "Opaque")), stops=True) == {"MW802"}
    assert "MW802" in decided_at_up(Pack().of(SECRET, pull_secret(UNKNOWN)))
    assert "Y2k6czNjcjN0" not in str(wrong)


REMEDY = {"MW214": "remediate", "MW219": "remediate"}


def test_the_priority_is_written() -> None:
    unset = plugin()
    del unset["spec"]["priority"]
    assert Pack(REMEDY).remedied(PLUGIN, unset)["spec"]["priority"] == 0
    assert Pack(REMEDY).remedied(PLUGIN, plugin(priority=None))["spec"]["priority"] == 0
    assert Pack(REMEDY).remedied(PLUGIN, plugin(priority=7)) is None
    assert Pack(REMEDY).remedied(PLUGIN, plugin(priority=UNKNOWN)) is None


def test_the_scheme_is_written() -> None:
    made = Pack(REMEDY).remedied(PLUGIN, plugin(url="registry:5000/acl:1", pluginConfig=hidden({"a": UNKNOWN})))
    assert made["spec"]["url"] == "oci://registry:5000/acl:1"
    assert made["spec"]["pluginConfig"] == hidden({"a": UNKNOWN})
    secret = Pack(REMEDY).remedied(PLUGIN, plugin(url=hidden("a/b:1")))
    assert secret["spec"]["url"] == hidden("oci://a/b:1")
    for url in ("oci://a/b:1", UNKNOWN, "/opt/x.wasm"):
        assert Pack(REMEDY).remedied(PLUGIN, plugin(url=url)) is None
    assert Pack(REMEDY).remedied("kubernetes:apps/v1:Deployment", plugin(url="a/b")) is None


def _lock(folder: Path, **facts: Any) -> str:
    from mesh_wasm.rules.modules._examples import locked

    (folder / "mesh-wasm.lock").write_text(locked(**facts))
    return str(folder / "mesh-wasm.lock")


def test_modules_are_checked_where_the_pack_is_given_a_lock(tmp_path: Path) -> None:
    assert "MW009" not in rules(Pack().of(PLUGIN, plugin()))
    named = {"enforcementLevel": "mandatory", "lockFile": _lock(tmp_path, abi=None)}
    assert rules(Pack({"MW009": named}).of(PLUGIN, plugin())) == {"MW009"}
    other = plugin(url="oci://registry.example.com/filters/acl:9.9")
    assert "MW001" in rules(Pack({"MW001": named}).of(PLUGIN, other))
    (tmp_path / "sound").mkdir()
    sound = {**named, "lockFile": _lock(tmp_path / "sound")}
    assert rules(Pack({"MW009": sound}).of(PLUGIN, plugin())) == set()


def test_a_module_whose_url_is_unknown_is_decided_at_up(tmp_path: Path) -> None:
    named = {"enforcementLevel": "mandatory", "lockFile": _lock(tmp_path, abi=None)}
    said = Pack({"MW009": named}).of(PLUGIN, plugin(url=UNKNOWN))
    assert "MW009" in decided_at_up(said)


@pytest.mark.parametrize(
    ("spec", "rule", "says"),
    [
        ({"failStrategy": "failopen"}, "MW104", "spec.failStrategy: 'failopen' is not one of"),
        ({"failStrategy": "failopen"}, "MW104", "did you mean FAIL_OPEN? Write `failStrategy: FAIL_OPEN`."),
        ({"config": {}}, "MW102", "spec.config: there is no field 'config' here; did you mean 'pluginConfig'?"),
        ({"match": [{"ports": [443]}]}, "MW103", "spec.match[0].ports[0]: expected an object, got a number."),
        ({"url": "registry:5000/x"}, "MW113", "registry"),
    ],
)
def test_a_message_is_the_findings_own_sentence(spec: dict[str, Any], rule: str, says: str) -> None:
    told = [one.message for one in Pack().of(PLUGIN, plugin(**spec)) if one.rule == rule]
    assert any(says in one for one in told), told


def test_a_message_shows_no_secret_value_wherever_it_stands() -> None:
    secret = "hunter2-hunter2"
    for spec in (
        {"phase": hidden(secret)},
        {"url": hidden(f"ftp://{secret}")},
        {"imagePullSecret": hidden(f"{secret}/x")},
        {"vmConfig": {"env": [{"name": hidden(secret), "value": "1"}]}},
        {"selector": hidden({"matchLabels": {"a": f"{secret} !"}})},
    ):
        told = Pack({policy.name: "mandatory" for policy in POLICIES}).of(PLUGIN, plugin(**spec))
        assert told, spec
        assert not any(secret in one.message for one in told), spec
    assert any(
        "(the value is secret and not shown)" in one.message for one in Pack().of(PLUGIN, plugin(phase=hidden(secret)))
    )


def test_what_was_secret_in_another_resource_hides_nothing_here() -> None:
    Pack().of(PLUGIN, plugin(phase=hidden("AUTZ")))
    told = [one.message for one in Pack().of(PLUGIN, plugin(phase="AUTZ")) if one.rule == "MW104"]
    assert any("did you mean AUTHZ?" in one for one in told)
