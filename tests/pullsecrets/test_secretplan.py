"""The planner: which Secret is needed where, for which image, under which name."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mesh_wasm.fleet.cluster import Cluster, Fleet, Selection
from mesh_wasm.fleet.mirrors import DOWNLOAD_PROXY
from mesh_wasm.model.attachment import WasmExtensionAttachment
from mesh_wasm.model.extension import CatalogueEntry
from mesh_wasm.model.pull_secret import PullSecret, PullSecretSource, definition_of
from mesh_wasm.model.target import Target, TargetKind
from mesh_wasm.planning.attachments import Attached, plan_attachments
from mesh_wasm.planning.plan import Plan
from mesh_wasm.secrets.plan import rivals, supply
from mesh_wasm.values.deferred import Deferred
from mesh_wasm.values.docker_config import docker_config, keys_of, serves
from mesh_wasm.values.image import image_of

IMAGE = "oci://registry.acme.io/filters/acl:1"
FQN = "organizations/acme/extensions/acl"


class Later(Deferred):
    """A value that is known already, and shown to nobody."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def map(self, fn: Callable[[Any], Any]) -> Later:
        made = fn(self.value)
        return made if isinstance(made, Later) else Later(made)


def login(name: str = "regcred", registry: Any = "registry.acme.io", password: Any = "pa55") -> PullSecret:
    return definition_of(PullSecretSource(secret_name=name, registry=registry, username="puller", password=password))


def existing(name: str = "regcred", registry: str | None = None) -> PullSecret:
    return definition_of(PullSecretSource(secret_name="x", existing_secret=name, registry=registry))


def cluster(name: str = "east", **facts: Any) -> Cluster:
    return Cluster(name=name, **{"secrets_mutable": True, **facts})


def told(findings: Any) -> list[tuple[str, str]]:
    return [(finding.rule, finding.severity.value) for finding in findings]


def test_the_secret_stands_beside_the_plugin() -> None:
    found = supply(IMAGE, [login()], cluster())
    secret = found.secret("edge")
    assert secret is not None
    assert (secret.namespace, secret.name, secret.key) == ("edge", "regcred", "edge")
    assert found.spec({"url": IMAGE, "priority": 1}) == {"url": IMAGE, "priority": 1, "imagePullSecret": "regcred"}
    assert found.findings == ()
    manifest = secret.manifest("{}")
    assert (manifest["kind"], manifest["type"]) == ("Secret", "kubernetes.io/dockerconfigjson")


def test_without_pull_secret_nothing_changes() -> None:
    found = supply(IMAGE, [], cluster())
    assert found.spec({"url": IMAGE}) == {"url": IMAGE}
    assert found.secret("edge") is None
    assert found.findings == ()


class TestWhichSecret:
    """Of several pull secrets a plugin takes the one that serves its image in the cluster."""

    def test_the_mirror_s(self) -> None:
        secrets = [login("origin"), login("mirror", "mirror.west.io:5000")]
        east = supply(IMAGE, secrets, cluster("east"))
        west = supply(IMAGE, secrets, cluster("west", registry_mirrors={"registry.acme.io": "mirror.west.io:5000"}))
        assert (east.name, west.name) == ("origin", "mirror")
        assert east.spec({"url": IMAGE})["url"] == IMAGE
        assert west.spec({"url": IMAGE})["url"] == "oci://mirror.west.io:5000/filters/acl:1"

    @pytest.mark.parametrize(
        ("image", "registry"),
        [
            ("oci://registry.acme.io:5000/a", "registry.acme.io"),
            ("oci://ghcr.io/a/b", "registry.acme.io"),
            ("oci://docker.io/a/b", "registry.acme.io"),
        ],
    )
    def test_none_that_serves_is_an_error(self, image: str, registry: str) -> None:
        found = supply(image, [login(registry=registry)], cluster())
        assert told(found.findings) == [("MW804", "error")]
        assert "pa55" not in str(found.findings[0])

    def test_two_that_serve_contradict_each_other(self) -> None:
        found = supply(IMAGE, [login("one"), login("two", password="other")], cluster())
        assert told(found.findings) == [("MW805", "error")]
        assert "registry.acme.io" in found.findings[0].message

    def test_while_the_image_is_not_known_all_are_merged(self) -> None:
        found = supply(Later(IMAGE), [login("b", "ghcr.io"), login("a")], cluster())
        assert found.name == "a-b"
        assert found.sealed is not None
        assert keys_of(str(found.sealed.text)) == ["ghcr.io", "registry.acme.io"]
        assert found.findings == ()

    def test_what_is_not_ours_cannot_be_merged(self) -> None:
        found = supply(Later(IMAGE), [login(), existing("theirs")], cluster())
        assert told(found.findings) == [("MW805", "error")]

    def test_a_known_one_goes_before_an_unknown_one(self) -> None:
        found = supply(IMAGE, [existing("theirs"), login("ours")], cluster())
        assert (found.name, found.findings) == ("ours", ())

    def test_an_existing_one_may_serve_anything(self) -> None:
        found = supply(IMAGE, [existing("theirs")], cluster())
        assert found.name == "theirs"
        assert found.sealed is None
        assert told(supply(IMAGE, [existing("theirs", "ghcr.io")], cluster()).findings) == [("MW804", "error")]

    @pytest.mark.parametrize("url", ["https://acme.io/a.wasm", "http://acme.io/a.wasm", "file:///opt/a.wasm"])
    def test_only_images_need_one(self, url: str) -> None:
        found = supply(url, [login()], cluster())
        assert told(found.findings) == [("MW810", "warning")]
        assert "imagePullSecret" not in found.spec({"url": url})
        assert found.secret("edge") is None

    def test_a_secret_by_name_cannot_be_checked(self) -> None:
        assert told(supply(IMAGE, [], cluster(), "regcred").findings) == [("MW806", "warning")]
        assert told(supply(IMAGE, [login()], cluster(), "regcred").findings) == [("MW805", "error")]


class TestDownloadProxy:
    """With TSB's download proxy the Secret stands in istio-system, and the plugin names none."""

    def test_an_image(self) -> None:
        found = supply(IMAGE, [login()], cluster(wasm_download_proxy=True))
        spec = found.spec({"url": IMAGE, "sha256": "7e" * 32, "imagePullPolicy": "Always"})
        assert spec["url"].startswith(DOWNLOAD_PROXY)
        assert sorted(spec) == ["imagePullPolicy", "url"], "no secret, and no checksum of something else"
        secret = found.secret("edge")
        assert secret is not None
        assert secret.namespace == "istio-system"

    def test_a_named_secret_is_not_looked_for_beside_the_plugin(self) -> None:
        found = supply(IMAGE, [], cluster(wasm_download_proxy=True), "regcred")
        assert "imagePullSecret" not in found.spec({"url": IMAGE, "imagePullSecret": "regcred"})
        assert "istio-system" in found.findings[0].message

    def test_a_file_is_fetched_directly(self) -> None:
        url = "https://acme.io/a.wasm"
        found = supply(url, [], cluster(wasm_download_proxy=True))
        assert found.spec({"url": url, "sha256": "7e" * 32}) == {"url": url, "sha256": "7e" * 32}

    @pytest.mark.parametrize(("url", "kept"), [(IMAGE, ""), ("https://acme.io/a.wasm", "7e" * 32)])
    def test_a_url_that_is_not_known_yet(self, url: str, kept: str) -> None:
        found = supply(Later(url), [login()], cluster(wasm_download_proxy=True))
        spec = found.spec({"url": Later(url), "sha256": "7e" * 32, "imagePullSecret": "x"})
        assert spec["url"].value.startswith(DOWNLOAD_PROXY) is (url == IMAGE)
        assert spec["sha256"].value == kept
        assert "imagePullSecret" not in spec

    def test_the_mirror_comes_first(self) -> None:
        mirrors = {"registry.acme.io": "mirror.io"}
        found = supply(
            IMAGE, [login(registry="mirror.io")], cluster(wasm_download_proxy=True, registry_mirrors=mirrors)
        )
        assert found.findings == ()


class TestNames:
    """The name changes with the content where a Secret cannot be changed in place."""

    def test_it_bears_a_mark_of_its_content(self) -> None:
        name = supply(IMAGE, [login()], cluster(secrets_mutable=False)).name
        again = supply(IMAGE, [login()], cluster("west", secrets_mutable=False)).name
        other = supply(IMAGE, [login(password="new")], cluster(secrets_mutable=False)).name
        assert isinstance(name, str)
        assert name.startswith("regcred-")
        assert len(name) == len("regcred-") + 6
        assert name == again != other

    def test_the_mark_is_slow_and_short(self) -> None:
        """An oracle for passwords it must not be: no plain hash of the text, and few bits."""
        import hashlib

        name = str(supply(IMAGE, [login()], cluster(secrets_mutable=False)).name)
        text = docker_config([("registry.acme.io", "puller", "pa55")])
        mark = name.removeprefix("regcred-")
        for plain in (text, "pa55", "puller:pa55"):
            for algorithm in ("md5", "sha1", "sha256", "sha512"):
                digest = hashlib.new(algorithm, plain.encode(), usedforsecurity=False)
                assert mark not in digest.hexdigest()

    def test_an_existing_one_keeps_its_name(self) -> None:
        assert supply(IMAGE, [existing("theirs")], cluster(secrets_mutable=False)).name == "theirs"

    def test_a_long_name_is_cut(self) -> None:
        name = str(supply(IMAGE, [login("a" * 253)], cluster(secrets_mutable=False)).name)
        assert len(name) <= 253

    def test_a_deferred_password_defers_the_name_only(self) -> None:
        found = supply(IMAGE, [login(password=Later("pa55"))], cluster(secrets_mutable=False))
        assert isinstance(found.name, Later)
        assert found.name.value == supply(IMAGE, [login()], cluster(secrets_mutable=False)).name
        spec = found.spec({"url": IMAGE, "priority": 1})
        assert {key for key, value in spec.items() if isinstance(value, Deferred)} == {"imagePullSecret"}

    def test_it_is_worked_out_once(self) -> None:
        secret = login(password=Later("pa55"))
        one = supply(IMAGE, [secret], cluster("east", secrets_mutable=False))
        other = supply(IMAGE, [secret], cluster("west", secrets_mutable=False))
        assert one.name is other.name
        assert one.sealed is other.sealed


def test_two_pull_secrets_of_one_name_contradict_each_other() -> None:
    bearers: dict[Any, Any] = {}
    one, other = (
        supply(IMAGE, [login()], cluster()),
        supply("oci://ghcr.io/a/b", [login(registry="ghcr.io")], cluster()),
    )
    first, second = one.secret("edge"), other.secret("edge")
    assert first is not None
    assert second is not None
    assert rivals([first, first], bearers) == []
    assert told(rivals([second], bearers)) == [("MW805", "error")]
    elsewhere = other.secret("shop")
    assert elsewhere is not None
    assert rivals([elsewhere], bearers) == []


def _plan(clusters: list[Cluster], images: list[str], secrets: list[PullSecret], namespaces: list[str]) -> Plan:
    target = Target(
        kind=TargetKind.SECURITY_GROUP,
        fqn="organizations/acme/tenants/shop/workspaces/web/securitygroups/services",
        namespace_selector=[f"*/{namespace}" for namespace in namespaces],
    )
    attached = []
    for index, image in enumerate(images):
        fqn = f"organizations/acme/extensions/e{index}"
        entry = CatalogueEntry(fqn=fqn, image=image, priority=index, pull_secrets=secrets)
        attached.append(Attached(entry, WasmExtensionAttachment(fqn=fqn), f"e{index}"))
    return plan_attachments(target, attached, Fleet(clusters), Selection())


HOSTS = ["registry.acme.io", "ghcr.io", "quay.io:8443", "docker.io"]


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_every_plugin_has_exactly_the_secret_it_needs(data: st.DataObject) -> None:
    namespaces = data.draw(st.lists(st.sampled_from(["edge", "shop", "pay"]), min_size=1, max_size=3, unique=True))
    mirrors = st.dictionaries(st.sampled_from(HOSTS), st.sampled_from(["m.io", "m.io:5000/x", "ghcr.io"]), max_size=2)
    clusters = [
        cluster(
            name,
            namespaces=namespaces,
            registry_mirrors=data.draw(mirrors),
            wasm_download_proxy=data.draw(st.booleans()),
            secrets_mutable=data.draw(st.booleans()),
        )
        for name in ("east", "west")
    ]
    hosts = data.draw(st.lists(st.sampled_from([*HOSTS, "m.io", "m.io:5000"]), min_size=1, max_size=4, unique=True))
    secrets = [login(f"s{index}", host, f"pa55-{index}") for index, host in enumerate(hosts)]
    images = [f"oci://{data.draw(st.sampled_from(HOSTS))}/a/b:1" for _ in range(data.draw(st.integers(1, 2)))]
    plan = _plan(clusters, images, secrets, namespaces)
    assert len(plan.plugins) == len(clusters) * len(images) * len(namespaces)

    places = [(one.cluster.name, one.namespace, one.name) for one in plan.secrets]
    assert len(places) == len(set(places)), "each Secret once"
    needed = {(p.secret.cluster.name, p.secret.namespace, p.secret.name) for p in plan.plugins if p.secret}
    assert set(places) == needed, "no Secret that no plugin needs"
    for plugin in plan.plugins:
        spec, secret = plugin.spec, plugin.secret
        if secret is None:
            assert any(f.rule == "MW804" and f.cluster == plugin.cluster.name for f in plan.findings)
            assert "imagePullSecret" not in spec
            continue
        assert secret.cluster.name == plugin.cluster.name
        assert secret.sealed is not None
        keys = keys_of(str(secret.sealed.text))
        assert len(keys) == 1, "least spread: only the credentials that it needs"
        if plugin.cluster.wasm_download_proxy:
            assert "imagePullSecret" not in spec
            assert secret.namespace == "istio-system"
            assert spec["url"].startswith(DOWNLOAD_PROXY)
        else:
            assert spec["imagePullSecret"] == secret.name
            assert secret.namespace == plugin.namespace
            image = image_of(spec["url"])
            assert image is not None
            assert serves(keys, image.registry)


@settings(max_examples=30, deadline=None)
@given(st.permutations(["s0", "s1", "s2"]), st.permutations(["edge", "shop", "pay"]))
def test_the_plan_does_not_depend_on_the_order(names: list[str], namespaces: list[str]) -> None:
    hosts = {"s0": "registry.acme.io", "s1": "ghcr.io", "s2": "quay.io"}

    def objects(order: list[str], places: list[str]) -> str:
        secrets = [login(name, hosts[name]) for name in order]
        clusters = [cluster("east", namespaces=sorted(places), secrets_mutable=False)]
        plan = _plan(clusters, ["oci://ghcr.io/a/b", IMAGE], secrets, places)
        manifests = [*(p.manifest() for p in plan.plugins), *(s.manifest("") for s in plan.secrets)]
        return json.dumps(sorted(manifests, key=json.dumps), sort_keys=True)

    assert objects(names, namespaces) == objects(["s0", "s1", "s2"], ["edge", "shop", "pay"])
