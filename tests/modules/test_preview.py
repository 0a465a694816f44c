"""What preview, plan, lint and translate make of the lock file: pinned plugins, and findings about their modules."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pulumi
import pytest
from click.testing import CliRunner
from support.programs import errors, extension_args, findings, fleet, gateway_args, plugin_args, plugins, run, unknown

import mesh_wasm_pulumi as wasm
from mesh_wasm.cli import main
from mesh_wasm.modules.facts import look_at
from mesh_wasm.modules.locked import Artifact, Lock, LockedModule
from mesh_wasm.modules.lockfile import lock_text
from mesh_wasm_pulumi.offline.run import Run

from .wasmfile import wasm as build

IMAGE = "oci://registry.acme.io/filters/acl:1.4.2"
FILE = "https://files.acme.io/acl.wasm"
DIGEST, OTHER = "sha256:" + "0a" * 32, "sha256:" + "0b" * 32
GOOD = look_at(build({"env.proxy_log": "iii>i"}))
NEW_WASI = look_at(build({"wasi_snapshot_preview1.fd_readdir": "iiiIi>i"}))
NO_ABI = look_at(build({}, {"malloc": "i>i"}))


def image(url: str, facts: Any = GOOD, **artifact: Any) -> LockedModule:
    held = Artifact(DIGEST, "application/vnd.oci.image.manifest.v1+json", (), "compat")
    return LockedModule(url, replace(held, **artifact), facts)


@pytest.fixture
def locked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Put a lock file beside the program."""
    monkeypatch.chdir(tmp_path)

    def write(*modules: LockedModule, text: str = "") -> None:
        (tmp_path / "mesh-wasm.lock").write_text(text or lock_text(Lock({one.url: one for one in modules})))

    return write


def attached(image: Any = IMAGE, facts: dict[str, Any] | None = None, **more: Any) -> Run:
    """A gateway in both clusters with one extension."""

    def program() -> None:
        acl = wasm.WasmExtension("acl", extension_args(image=None, url=image, **more))
        wasm.IngressGatewayAttachment("edge", gateway_args(acl, fleet(**(facts or {})), clusters=None))

    return run(program)


def urls(result: Run) -> set[str]:
    return {one.inputs["spec"]["url"] for one in plugins(result)}


def rules(result: Run) -> set[str]:
    return {one.rule for one in findings(result)}


def test_plugins_are_written_with_the_locked_digest(locked: Callable[..., None]) -> None:
    locked(image(IMAGE))
    result = attached()
    assert result.failure is None
    assert urls(result) == {f"{IMAGE}@{DIGEST}"}
    assert not {one for one in rules(result) if one.startswith("MW0")}
    assert "MW303" not in rules(result)  # the tag is held


def test_without_a_lock_nothing_changes_and_one_note_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    result = attached()
    assert urls(result) == {IMAGE}
    assert "MW303" in rules(result)
    notes = [one.text for one in result.monitor.messages if "mesh-wasm.lock" in one.text]
    assert len(notes) == 1
    assert "mesh-wasm lock ." in notes[0]


def test_each_mirror_has_its_own_entry(locked: Callable[..., None]) -> None:
    mirror = "oci://mirror.acme.io/filters/acl:1.4.2"
    locked(image(mirror, digest=OTHER))
    result = attached(facts={"registry_mirrors": {"registry.acme.io": "mirror.acme.io"}})
    assert urls(result) == {f"{mirror}@{OTHER}"}


def test_the_download_proxy_fetches_the_locked_digest(locked: Callable[..., None]) -> None:
    from mesh_wasm.modules.reference import unproxied

    locked(image(IMAGE))
    result = attached(facts={"wasm_download_proxy": True})
    assert {unproxied(url) for url in urls(result)} == {f"{IMAGE}@{DIGEST}"}


def test_a_file_is_pinned_by_its_checksum(locked: Callable[..., None]) -> None:
    locked(LockedModule(FILE, None, GOOD))
    (spec,) = {json.dumps(one.inputs["spec"], sort_keys=True) for one in plugins(attached(FILE))}
    assert json.loads(spec)["sha256"] == GOOD.sha256


def test_a_raw_plugin_is_pinned_too(locked: Callable[..., None]) -> None:
    locked(image(IMAGE))
    result = run(lambda: wasm.WasmPlugin("acl", plugin_args(fleet(), url=IMAGE)))
    assert urls(result) == {f"{IMAGE}@{DIGEST}"}
    assert "MW303" not in rules(result)


def test_an_output_is_pinned_and_checked_when_it_is_known(locked: Callable[..., None]) -> None:
    locked(image(IMAGE, NO_ABI))

    def program() -> None:
        acl = wasm.WasmExtension("acl", extension_args(image=pulumi.Output.from_input(IMAGE)))
        wasm.IngressGatewayAttachment("edge", gateway_args(acl, fleet()))

    assert [one.rule for one in errors(run(program), "edge")] == ["MW009"]
    locked(image(IMAGE))
    assert urls(run(program)) == {f"{IMAGE}@{DIGEST}"}


def test_what_is_unknown_stays_unknown(locked: Callable[..., None]) -> None:
    locked(image(IMAGE))

    def program() -> None:
        acl = wasm.WasmExtension("acl", extension_args(image=unknown()))
        wasm.IngressGatewayAttachment("edge", gateway_args(acl, fleet()))

    result = run(program)
    assert result.failure is None
    assert not {one for one in rules(result) if one.startswith("MW0")}


@pytest.mark.parametrize(
    ("entry", "spec", "rule", "says"),
    [
        (image(f"{IMAGE}0"), {}, "MW001", f"{IMAGE} is not in the lock file."),
        (image(IMAGE), {"url": f"{IMAGE}@{OTHER}"}, "MW002", f"loads {OTHER}, and locked is {DIGEST}"),
        (image(IMAGE), {"sha256": OTHER[7:]}, "MW002", f"loads {OTHER}"),
        (image(IMAGE, index=OTHER), {"url": f"{IMAGE}@{OTHER}"}, "MW003", f"its linux/amd64 image is {DIGEST}"),
        (image(f"{IMAGE}@{OTHER}", index=OTHER), {"url": f"{IMAGE}@{OTHER}"}, "MW003", "digest of an index"),
        (image(IMAGE, index=OTHER), {"sha256": OTHER[7:]}, "MW003", "digest of an index"),
        (image(IMAGE), {"sha256": GOOD.sha256}, "MW004", f"wants that of the image manifest: {DIGEST[7:]}."),
        (LockedModule(FILE, None, GOOD), {"url": FILE, "sha256": OTHER[7:]}, "MW004", GOOD.sha256),
        (image(IMAGE, None, refused="the image has no layer"), {}, "MW005", "the image has no layer."),
        (
            image(IMAGE, None, refused="no amd64", media_type="application/vnd.oci.image.index.v1+json"),
            {},
            "MW006",
            "no amd64",
        ),
        (image(IMAGE, replace(GOOD, size=2**28 + 1, damaged="is larger")), {}, "MW007", "more than 256 MiB"),
        (image(IMAGE, look_at(b"\0asm\1\0\0\0\1")), {}, "MW008", "the module is cut off"),
        (image(IMAGE, NO_ABI), {}, "MW009", "no ABI version"),
        (image(IMAGE, NEW_WASI), {}, "MW010", "wasi_snapshot_preview1.fd_readdir (since Istio 1.31)"),
        (
            image(IMAGE, look_at(build({"env.abort": "iiii>"}))),
            {},
            "MW010",
            "the Envoy of Istio 1.27 does not have: env.abort.",
        ),
        (
            image(IMAGE, look_at(build({"env.proxy_log": "ii>i"}))),
            {},
            "MW010",
            "env.proxy_log as (i32, i32) -> i32, where Envoy has (i32, i32, i32) -> i32",
        ),
        (image(IMAGE, look_at(build({}, {"proxy_abi_version_0_2_0": ">"}))), {}, "MW011", "neither malloc"),
        (
            image(IMAGE, look_at(build({}, {"proxy_abi_version_0_2_0": ">", "malloc": "i>i", "proxy_on_tick": ">"}))),
            {},
            "MW012",
            "proxy_on_tick as () -> nothing, where Envoy has (i32) -> nothing",
        ),
        (image(IMAGE, replace(GOOD, unread="has tags")), {}, "MW013", "the module has tags."),
        (
            image(IMAGE, replace(GOOD, root_ids=("a", "b"))),
            {"plugin_name": "c"},
            "MW014",
            "a, b, and the plugin names 'c'",
        ),
        (image(IMAGE, replace(GOOD, root_ids=("a", "b"))), {}, "MW014", "the plugin names none"),
        (
            image(
                IMAGE, replace(GOOD, exports=("malloc(i32) -> i32", "proxy_on_downstream_data(i32, i32, i32) -> i32"))
            ),
            {},
            "MW015",
            "nothing that is called for requests, but for connections",
        ),
    ],
)
def test_what_is_wrong_with_a_module_is_told_at_preview(
    locked: Callable[..., None], entry: LockedModule, spec: dict[str, Any], rule: str, says: str
) -> None:
    locked(entry)
    args = {"url": IMAGE, **spec}
    result = run(lambda: wasm.WasmPlugin("acl", plugin_args(fleet(), **args)))
    told = [one for one in findings(result) if one.rule.startswith("MW0")]
    assert [one.rule for one in told] == [rule]
    assert says in told[0].message
    assert told[0].path[0] == "spec"
    assert told[0].cluster is None  # it is the same in both clusters


def test_only_the_cluster_with_the_older_istio_lacks_a_function(locked: Callable[..., None]) -> None:
    locked(image(IMAGE, NEW_WASI))
    assert errors(attached(facts={"istio_version": "1.31"})) == []

    def program() -> None:
        clusters = {**fleet(istio_version="1.31"), "old": {**fleet(istio_version="1.30")["east"], "name": "old"}}
        wasm.WasmPlugin("acl", plugin_args(clusters, url=IMAGE))

    told = [one for one in findings(run(program)) if one.rule == "MW010"]
    assert [one.cluster for one in told] == ["old"]


def test_a_lock_of_a_newer_version_is_refused_with_a_sentence(locked: Callable[..., None]) -> None:
    locked(text='{"modules": {}, "version": 2}')
    result = attached()
    assert result.failure is not None
    assert "it is of version 2, and this mesh-wasm reads version 1" in result.failure
    assert "Traceback" not in result.failure
    assert plugins(result) == []


def test_another_file_can_be_named_and_must_be_there(locked: Callable[..., None], tmp_path: Path) -> None:
    locked(image(IMAGE))
    (tmp_path / "mesh-wasm.lock").rename(tmp_path / "prod.lock")

    def program() -> None:
        wasm.WasmPlugin("acl", plugin_args(fleet(), url=IMAGE))

    from mesh_wasm_pulumi.offline.run import run_program

    assert urls(run_program(program, config={"mesh-wasm:lockFile": "prod.lock"})) == {f"{IMAGE}@{DIGEST}"}
    missing = run_program(program, config={"mesh-wasm:lockFile": "dev.lock"})
    assert "dev.lock, which the configuration mesh-wasm:lockFile names" in (missing.failure or "")


MANIFEST = f"""\
apiVersion: extensions.istio.io/v1alpha1
kind: WasmPlugin
metadata: {{name: acl, namespace: edge}}
spec: {{url: '{IMAGE}', priority: 1, selector: {{matchLabels: {{app: shop}}}}}}
"""


def test_lint_reads_the_lock_of_the_folder_or_the_one_that_is_named(
    locked: Callable[..., None], tmp_path: Path
) -> None:
    (tmp_path / "acl.yaml").write_text(MANIFEST)
    assert "MW009" not in CliRunner().invoke(main, ["lint", "acl.yaml"]).output
    locked(image(IMAGE, NO_ABI))
    told = CliRunner().invoke(main, ["lint", "acl.yaml"])
    assert told.exit_code == 1
    assert "acl.yaml:4: error MW009: spec.url: the module exports no ABI version" in told.output
    (tmp_path / "mesh-wasm.lock").rename(tmp_path / "other.lock")
    assert "MW009" in CliRunner().invoke(main, ["lint", "--lock-file", "other.lock", "acl.yaml"]).output
    (tmp_path / "other.lock").write_text("{")
    broken = CliRunner().invoke(main, ["lint", "--lock-file", "other.lock", "acl.yaml"])
    assert broken.exit_code == 2
    assert "other.lock, line 1: it is no JSON." in broken.output


def test_translate_pins(locked: Callable[..., None], tmp_path: Path) -> None:
    locked(image(IMAGE))
    (tmp_path / "inventory.yaml").write_text("clusters: {east: {namespaces: [edge]}}\n")
    (tmp_path / "tsb.yaml").write_text(
        textwrap.dedent(f"""\
        apiVersion: extension.tsb.tetrate.io/v2
        kind: WasmExtension
        metadata: {{name: acl, organization: acme}}
        spec: {{image: '{IMAGE}', priority: 10}}
        ---
        apiVersion: gateway.tsb.tetrate.io/v2
        kind: IngressGateway
        metadata: {{name: shop, organization: acme, tenant: shop, workspace: web, group: edge}}
        spec:
          workloadSelector: {{namespace: edge, labels: {{app: shop}}}}
          extension: [{{fqn: organizations/acme/extensions/acl}}]
        """)
    )
    told = CliRunner().invoke(main, ["translate", "tsb.yaml", "--inventory", "inventory.yaml", "--format", "json"])
    assert f"{IMAGE}@{DIGEST}" in told.output, told.output
    source = CliRunner().invoke(main, ["explain", "tsb.yaml", "--inventory", "inventory.yaml", "--format", "json"])
    assert source.exit_code == 0, source.output
