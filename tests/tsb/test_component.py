"""TsbManifests: the same objects as attachments and as translate, and findings with file and line on the component."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

import pulumi
import pulumi_kubernetes as k8s
import pytest
import yaml
from click.testing import CliRunner
from support.golden import EXAMPLES, read_tree
from support.programs import errors, findings, plugins, secrets
from surroundings.objects import deployment

import mesh_wasm_pulumi as wasm
from mesh_wasm.cli import main
from mesh_wasm.findings.finding import Finding
from mesh_wasm.planning.manifests import tree
from mesh_wasm_pulumi.offline.objects import planned_objects
from mesh_wasm_pulumi.offline.run import Run, run_program

from .documents import ALL, EXTENSION, INGRESS, changed

EXAMPLE = EXAMPLES / "tsb-yaml"


def run(program: Callable[[], Any], **options: Any) -> Run:
    return run_program(program, **options)


def manifests(result: Run) -> dict[PurePosixPath, str]:
    return tree((one.cluster, one.manifest) for one in planned_objects(result) if one.kind == "WasmPlugin")


def example_fleet() -> wasm.Fleet:
    inventory = yaml.safe_load((EXAMPLE / "clusters.yaml").read_text())
    return wasm.Fleet(
        wasm.Cluster(
            name,
            provider=k8s.Provider(name, context=name),
            labels=facts["labels"],
            istio_version=facts["istioVersion"],
            namespaces=facts["namespaces"],
        )
        for name, facts in inventory["clusters"].items()
    )


def by_components() -> None:
    """The example's YAML, written by hand as a program."""
    fleet = example_fleet()
    workspace = "organizations/org/tenants/tenant1/workspaces/shop"
    wasm_auth = wasm.WasmExtension(
        "wasm-auth",
        {
            "organization": "org",
            "allowed_in": ["organizations/org/tenants/tenant1"],
            "image": "oci://docker.io/example/my-wasm-extension:1.0",
            "source": "https://github.com/example/wasm-extension",
            "description": "Long description for the extension such as an\nentire README file\n",
            "phase": "AUTHZ",
            "priority": 1000,
            "config": {"some_key": "some_value"},
        },
    )
    rate_limit = wasm.WasmExtension(
        "rate-limit",
        {
            "organization": "org",
            "url": "oci://docker.io/example/rate-limit:2.1",
            "image_pull_policy": "IfNotPresent",
            "image_pull_secret": "example-registry",
            "match": {"mode": "CLIENT"},
            "vm_config": {
                "env": [
                    {"name": "POD_NAME", "value_from": "HOST"},
                    {"name": "MODE", "value_from": "INLINE", "value": "strict"},
                ]
            },
        },
    )
    request_id = wasm.WasmExtension(
        "request-id", {"organization": "org", "url": "oci://docker.io/example/request-id:2.1"}
    )
    wasm.IngressGatewayAttachment(
        "ingress",
        {
            "gateway": f"{workspace}/gatewaygroups/edge/ingressgateways/shop",
            "workload_selector": {"namespace": "edge", "labels": {"app": "shop-gateway"}},
            "extensions": [
                {"extension": rate_limit, "match": [{"ports": [{"number": 8443}]}]},
                {"extension": wasm_auth, "config": {"some_key": "another_value"}, "match": [{"mode": "CLIENT"}]},
                {"extension": request_id},
            ],
            "fleet": fleet,
            "clusters": {"tier": "workload"},
        },
    )
    for component, collection, gateway in (
        (wasm.EgressGatewayAttachment, "egressgateways", "out"),
        (wasm.GatewayAttachment, "unifiedgateways", "admin"),
    ):
        component(
            gateway,
            {
                "gateway": f"{workspace}/gatewaygroups/edge/{collection}/{gateway}",
                "workload_selector": {"namespace": "edge", "labels": {"app": f"{gateway}-gateway"}},
                "extensions": [{"extension": wasm_auth}],
                "fleet": fleet,
                "clusters": {"tier": "workload"},
            },
        )
    wasm.Tier1GatewayAttachment(
        "front",
        {
            "gateway": f"{workspace}/gatewaygroups/front/tier1gateways/front",
            "workload_selector": {"namespace": "tier1", "labels": {"app": "front"}},
            "extensions": [{"extension": rate_limit}],
            "fleet": fleet,
            "cluster_names": ["front"],
        },
    )
    wasm.SecurityGroupAttachment(
        "services",
        {
            "group": f"{workspace}/securitygroups/services",
            "namespace_selector": ["*/shop-*"],
            "extensions": [{"extension": wasm_auth, "match": [{"mode": "SERVER"}]}],
            "fleet": fleet,
            "clusters": {"tier": "workload"},
        },
    )


def by_yaml() -> None:
    wasm.TsbManifests("shop", {"paths": [str(EXAMPLE / "tsb")], "fleet": example_fleet()})


def test_program_yaml_and_translate_give_the_same_manifests(tmp_path: Path) -> None:
    components, manifest = run(by_components), run(by_yaml)
    assert components.failure is None
    assert manifest.failure is None
    inventory = str(EXAMPLE / "clusters.yaml")
    args = ["translate", str(EXAMPLE / "tsb"), "--inventory", inventory, "--out", str(tmp_path)]
    result = CliRunner().invoke(main, args)
    assert result.exit_code == 0, result.output
    translated = {PurePosixPath(name): text for name, text in read_tree(tmp_path).items()}
    assert len(translated) == 14
    assert manifests(manifest) == translated
    assert manifests(components) == translated


def small_fleet() -> wasm.Fleet:
    return wasm.Fleet(
        [
            wasm.Cluster("east", provider=k8s.Provider("east", context="east"), namespaces=["edge", "shop", "pay"]),
            wasm.Cluster("west", provider=k8s.Provider("west", context="west"), namespaces=["shop"]),
        ]
    )


def component(documents: Any, **more: Any) -> Callable[[], None]:
    def program() -> None:
        args: Any = {"fleet": small_fleet(), **({"documents": documents} if documents is not None else {}), **more}
        made = wasm.TsbManifests("tsb", args)
        pulumi.export("plugins", made.plugins)

    return program


def test_texts_objects_and_one_text_are_the_same() -> None:
    text = yaml.safe_dump_all(ALL)
    results = [run(component(given)) for given in ([text], text, list(ALL), [json.dumps(one) for one in ALL])]
    expected = manifests(results[0])
    assert len(expected) == 3
    assert all(manifests(result) == expected for result in results)


def test_children_and_outputs() -> None:
    result = run(component(list(ALL)))
    made = plugins(result)
    assert len(made) == 3
    (owner,) = [one for one in result.monitor.resources.values() if one.type == "mesh-wasm:index:TsbManifests"]
    assert {one.parent for one in made} == {owner.urn}
    assert all(one.name.startswith(f"tsb-{one.name.split('-')[1]}-") for one in made)
    assert {one.provider.rsplit("::", 2)[-2] for one in made} == {"east", "west"}
    told = result.stack_outputs["plugins"]
    assert [(one["cluster"], one["namespace"]) for one in told] == [
        ("east", "edge"),
        ("east", "shop"),
        ("west", "shop"),
    ]
    assert [target["kind"] for target in owner.inputs["targets"]] == ["ingress gateway", "security group"]
    assert owner.inputs["targets"][0]["extensions"] == ["organizations/acme/extensions/acl"]


def test_names_do_not_depend_on_the_order_of_documents() -> None:
    names = [sorted(one.urn for one in plugins(run(component(list(order))))) for order in (ALL, ALL[::-1])]
    assert names[0] == names[1]


def test_selection_of_clusters() -> None:
    made = plugins(run(component(list(ALL), cluster_names=["west"])))
    assert [one.inputs["metadata"]["namespace"] for one in made] == ["shop"]


def told(result: Run) -> list[str]:
    return [str(finding) for finding in errors(result)]


@pytest.mark.parametrize(
    ("documents", "more", "says"),
    [
        (None, {}, "paths: there are no documents."),
        ([], {}, "paths: there are no documents."),
        (None, {"paths": ["nowhere"]}, "paths: nowhere: there is no such file or folder."),
        (None, {"paths": [7]}, "paths[0]: expected a text."),
        (7, {}, "documents: expected a list."),
        (["a: ["], {}, "documents[0]: documents[0]:1: this is no YAML"),
        ([{"a": {1, 2}}], {}, "documents[0]: it holds values that are none of YAML's."),
        ([{"kind": "ConfigMap"}], {}, "paths: of 1 document, none is of a kind of TSB that mesh-wasm reads."),
        (list(ALL), {"pull_secrets": {"other": {}}}, "pull_secrets.other: no extension has 'other' as its"),
        (list(ALL), {"pull_secrets": []}, "pull_secrets: expected an object."),
        (list(ALL), {"document": []}, "document: there is no argument 'document'; did you mean 'documents'?"),
        (list(ALL), {"cluster_names": ["north"]}, "there is no cluster 'north' in the fleet"),
        (
            [*ALL[1:], changed(EXTENSION, "spec.phase", "AUTZ")],
            {},
            "documents[5]:1: WasmExtension acl spec.phase: 'AUTZ' is not one of",
        ),
        (
            [INGRESS],
            {},
            "documents[0]:1: IngressGateway gw spec.extension[0].fqn: 'organizations/acme/extensions/acl' is not among",
        ),
    ],
)
def test_errors_are_told_and_nothing_is_created(documents: Any, more: Mapping[str, Any], says: str) -> None:
    result = run(component(documents, **more))
    assert result.failure is not None
    assert plugins(result) == []
    assert any(sentence.startswith(says) or says in sentence for sentence in told(result)), told(result)


def test_an_output_cannot_decide_which_objects_exist() -> None:
    def program() -> None:
        component([pulumi.Output.from_input("a: 1")])()

    assert told(run(program))[0].startswith("documents: the documents decide which objects exist.")


def test_lines_of_files(tmp_path: Path) -> None:
    path = tmp_path / "tsb.yaml"
    bad = changed(
        INGRESS, "spec.extension", [{"fqn": "organizations/acme/extensions/acl", "match": [{"mode": "SERVER"}]}]
    )
    path.write_text(yaml.safe_dump_all([*ALL[:4], bad], sort_keys=False))
    result = run(component(None, paths=[str(path)]))
    line = next(n for n, text in enumerate(path.read_text().splitlines(), 1) if "mode: SERVER" in text)
    found: list[Finding] = [f for f in findings(result, "tsb") if "SERVER" in f.message or "SERVER" in f.fix]
    assert [f.subject for f in found] == [f"{path}:{line}: IngressGateway gw spec.extension[0].match[0].mode"]


def test_an_object_of_another_component_is_not_written_twice() -> None:
    def program() -> None:
        fleet = small_fleet()
        acl = wasm.WasmExtension("acl", {"organization": "acme", "image": "oci://registry.acme.io/filters/acl:1.4.2"})
        wasm.SecurityGroupAttachment(
            "services",
            {
                "group": "organizations/acme/tenants/shop/workspaces/web/securitygroups/services",
                "namespace_selector": ["*/shop"],
                "extensions": [{"extension": acl}],
                "fleet": fleet,
            },
        )
        wasm.TsbManifests("tsb", {"documents": list(ALL), "fleet": fleet})

    result = run(program)
    (first, *_) = told(result)
    assert "is written by services already." in first
    assert "SecuritySetting default" in first


PASSWORD = "correct-horse-battery"


@pytest.mark.parametrize("preview", [True, False])
def test_credentials_by_the_name_of_the_documents(preview: bool) -> None:
    def program() -> None:
        registry = wasm.PullSecret(
            "acme",
            {"registry": "registry.acme.io", "username": "puller", "password": pulumi.Output.secret(PASSWORD)},
        )
        documents = [changed(EXTENSION, "spec.imagePullSecret", "acme-pull"), *ALL[1:]]
        wasm.TsbManifests(
            "tsb", {"documents": documents, "pull_secrets": {"acme-pull": registry}, "fleet": small_fleet()}
        )

    result = run(program, preview=preview)
    assert result.failure is None, told(result)
    assert len(secrets(result)) == 3
    assert {one.parent.rsplit("::", 1)[-1] for one in secrets(result)} == {"acme"}
    for one in plugins(result):
        assert "imagePullSecret" in one.inputs["spec"]
        assert any(secret.urn in one.dependencies for secret in secrets(result))
    assert PASSWORD not in "".join(message.text for message in result.monitor.messages)


def test_credentials_for_another_registry_are_refused() -> None:
    def program() -> None:
        registry = wasm.PullSecret("acme", {"registry": "ghcr.io", "username": "u", "password": "p"})
        documents = [changed(EXTENSION, "spec.imagePullSecret", "acme-pull"), *ALL[1:]]
        wasm.TsbManifests(
            "tsb", {"documents": documents, "pull_secrets": {"acme-pull": registry}, "fleet": small_fleet()}
        )

    assert "registry.acme.io" in told(run(program))[0]


SERVER = changed(
    INGRESS, "spec.extension", [{"fqn": "organizations/acme/extensions/acl", "match": [{"mode": "SERVER"}]}]
)
LATER = "2999-12-31: for now"


@pytest.mark.parametrize(
    ("gateway", "waivers", "severities", "rules"),
    [
        (SERVER, None, {}, ["MW201"]),
        (SERVER, [f"MW201 until {LATER}"], {}, []),
        (changed(SERVER, "metadata.annotations", {"mesh-wasm/waive": f"MW201 until {LATER}"}), None, {}, []),
        (SERVER, None, {"MW201": "warning"}, []),
        (INGRESS, None, {"MW303": "error"}, ["MW303"]),
        (INGRESS, [f"MW303 until {LATER}"], {"MW303": "error"}, []),
        (INGRESS, ["MW201 until 2020-01-01: long ago"], {}, ["MW902"]),
        (INGRESS, ["MW101 until 2999-12-31: no"], {}, ["MW903"]),
    ],
)
def test_waivers_and_severities(
    gateway: dict[str, Any], waivers: list[str] | None, severities: dict[str, str], rules: list[str]
) -> None:
    documents = [*(document for document in ALL[:4]), gateway]
    more = {} if waivers is None else {"waivers": waivers}
    result = run(component(documents, **more), config={"mesh-wasm:severities": json.dumps(severities)})
    assert sorted(finding.rule for finding in errors(result)) == rules
    assert bool(plugins(result)) != bool(rules)


def test_objects_carry_what_was_waived() -> None:
    gateway = changed(SERVER, "metadata.annotations", {"mesh-wasm/waive": f"MW201 until {LATER}"})
    result = run(component([*ALL[:4], gateway], waivers=[f"MW303 until {LATER}"]))
    (one,) = plugins(result)
    waived = one.inputs["metadata"]["annotations"]["mesh-wasm/waive"]
    assert waived == f"MW303 until {LATER}\nMW201 until {LATER}"


@pytest.mark.parametrize(("carried", "rules"), [("gw", []), ("gwx", ["MW406"])])
def test_workloads_beside_tsb_yaml_are_surroundings(carried: str, rules: list[str]) -> None:
    result = run(component([*ALL, deployment("front", "edge", app=carried)]))
    assert result.failure is None, told(result)
    assert len(plugins(result)) == 3
    assert [one.rule for one in findings(result, "tsb") if one.rule == "MW406"] == rules
