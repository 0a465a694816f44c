"""The examples of other languages on a true engine: what each needs, and the edits that the tests make to it."""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import pytest

from .folder import ROOT, Folder, Said, own_plugin

EXPECTED = {
    "east/extensions.istio.io_v1alpha1-wasmplugin-edge-shop-acl-check-88a8a2.yaml",
    "east/extensions.istio.io_v1alpha1-wasmplugin-pay-services-acl-check-c2bf7b.yaml",
    "east/extensions.istio.io_v1alpha1-wasmplugin-shop-services-acl-check-c2bf7b.yaml",
    "east/v1-secret-edge-acme-registry.yaml",
    "east/v1-secret-pay-acme-registry.yaml",
    "east/v1-secret-shop-acme-registry.yaml",
    "west/extensions.istio.io_v1alpha1-wasmplugin-shop-services-acl-check-c2bf7b.yaml",
    "west/v1-secret-shop-acme-registry.yaml",
}
"""The files of the quickstart, and of every example that says the same."""

Edits = tuple[tuple[str, str], ...]
"""Texts that are there, and what stands there instead."""


@dataclass(frozen=True)
class Language:
    """One language host, and the example that is run on it."""

    name: str
    """Of the example."""
    programs: tuple[str, ...]
    """What has to be on PATH."""
    file: str
    wrong: Edits
    """Make three components wrong: the extensions jwt and header, and the attachment shop-edge. The others stay good."""
    late: Edits
    """Make one leaf of the extension unknown at the first preview."""
    another: Edits = ()
    """Declare one more extension, NAME, of the same priority, and attach it to shop-edge; and another one after that."""
    kubeconfigs: Edits = ()
    """Let the program take kubeconfigs from its configuration, where it does not by itself."""
    after_install: tuple[str, ...] = ()
    """A command to run once the SDK is generated."""
    here: Edits = ()
    """What this machine needs: it has one version of the Kubernetes provider, and downloads no other."""
    install: tuple[str, ...] = ("install",)
    """As the README says it; without the download of providers where a package asks for another version than is here."""

    def folder(self, place: Path) -> Folder:
        """A copy of the example, ready to be previewed: as its README says."""
        for needed in self.programs:
            if shutil.which(needed) is None:
                pytest.skip(f"no `{needed}` on PATH: the {self.name} example is not run")
        folder = Folder(place, ROOT / "examples" / self.name)
        folder.edit("Pulumi.yaml", "../../components", str(own_plugin(place)))
        self.edit(folder, self.here)
        folder.pulumi(*self.install).good()
        if self.after_install:
            folder.run(*self.after_install).good()
        folder.pulumi("stack", "init", "dev").good()
        return folder

    def edit(self, folder: Folder, edits: Edits) -> None:
        """Change the program."""
        for old, new in edits:
            folder.edit(self.file, old, new)

    def add(self, folder: Folder, name: str) -> None:
        """Declare one more extension, and attach it to shop-edge."""
        self.edit(folder, tuple((old, new.replace("NAME", name)) for old, new in self.another))


_YAML_WRONG = """\
  jwt:
    type: mesh-wasm:WasmExtension
    properties: {organization: acme, image: "ftp://registry.acme.io/jwt:1"}
  header:
    type: mesh-wasm:WasmExtension
    properties: {organization: acme, image: "oci://registry.acme.io/header:1", sha256: xyz}
"""
_YAML_ANOTHER = """\
    type: mesh-wasm:WasmExtension
    properties: {organization: acme, image: "oci://registry.acme.io/filters/NAME:1", phase: AUTHZ, priority: 10}
"""
_YAML_LATE = """\
  late:
    type: kubernetes:core/v1:ConfigMap
    properties: {metadata: {name: late, namespace: edge}}
    options: {provider: "${east}"}
"""
_YAML_SECRETS = """\
  kubeconfig-east: {type: string, secret: true}
  kubeconfig-west: {type: string, secret: true}
"""
_YAML_PROVIDER = (
    "{{kubeconfig: '${{kubeconfig-{0}}}', context: {0}, clusterIdentifier: {0}, enableSecretMutable: true}}"
)
_TS_WRONG = """\
new wasm.WasmExtension("jwt", { organization: "acme", image: "ftp://registry.acme.io/jwt:1" });
new wasm.WasmExtension("header", { organization: "acme", image: "oci://registry.acme.io/header:1", sha256: "xyz" });
"""
_TS_ANOTHER = """\
const NAME = new wasm.WasmExtension("NAME", { organization: "acme", image: "oci://registry.acme.io/filters/NAME:1",
    phase: wasm.PluginPhase.Authz, priority: 10 });
"""
_TS_LATE = """\
const late = new k8s.core.v1.ConfigMap("late", { metadata: { name: "late", namespace: "edge" } },
    { provider: new k8s.Provider("late", { renderYamlToDirectory: "rendered/late" }) });
"""
_GO_WRONG = """\
\t\tfor name, scheme := range map[string]string{"jwt": "ftp", "header": "oci"} {
\t\t\tif _, err := meshwasm.NewWasmExtension(ctx, name, &meshwasm.WasmExtensionArgs{
\t\t\t\tOrganization: pulumi.String("acme"),
\t\t\t\tImage:        pulumi.String(scheme + "://registry.acme.io/x:1"),
\t\t\t\tSha256:       pulumi.String("xyz"),
\t\t\t}); err != nil {
\t\t\t\treturn err
\t\t\t}
\t\t}
"""
_GO_LATE = """\
\t\tlate, err := corev1.NewConfigMap(ctx, "late", &corev1.ConfigMapArgs{
\t\t\tMetadata: &metav1.ObjectMetaArgs{Name: pulumi.String("late"), Namespace: pulumi.String("edge")},
\t\t}, pulumi.Provider(east))
\t\tif err != nil {
\t\t\treturn err
\t\t}
"""
_GO_IMPORTS = """\
\tcorev1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/core/v1"
\tmetav1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/meta/v1"
"""
_GO_ANOTHER = """\
\t\tNAME, err := meshwasm.NewWasmExtension(ctx, "NAME", &meshwasm.WasmExtensionArgs{
\t\t\tOrganization: pulumi.String("acme"),
\t\t\tImage:        pulumi.String("oci://registry.acme.io/filters/NAME:1"),
\t\t\tPhase:        meshwasm.PluginPhaseAuthz,
\t\t\tPriority:     pulumi.Int(10),
\t\t})
\t\tif err != nil {
\t\t\treturn err
\t\t}
"""
_GATEWAY = "/workspaces/web/gatewaygroups/edge/ingressgateways/shop"

YAML = Language(
    "yaml",
    ("pulumi-language-yaml",),
    "Pulumi.yaml",
    wrong=(
        (f"gateway: organizations/acme/tenants/shop{_GATEWAY}", "gateway: x"),
        ("  acl-check:\n", f"{_YAML_WRONG}  acl-check:\n"),
    ),
    late=(
        ("  acl-check:\n", f"{_YAML_LATE}  acl-check:\n"),
        ("config: {mode: enforce}", "config: {mode: '${late.id}'}"),
    ),
    another=(
        ("  acl-check:\n", f"  NAME:\n{_YAML_ANOTHER}  acl-check:\n"),
        ("          config: {mode: audit}\n", "          config: {mode: audit}\n        - extension: ${NAME}\n"),
    ),
    kubeconfigs=(
        ("variables:\n", f"{_YAML_SECRETS}variables:\n"),
        ("{renderYamlToDirectory: rendered/east, enableSecretMutable: true}", _YAML_PROVIDER.format("east")),
        ("{renderYamlToDirectory: rendered/west, enableSecretMutable: true}", _YAML_PROVIDER.format("west")),
    ),
)
TYPESCRIPT = Language(
    "typescript",
    ("npm", "pulumi-language-nodejs"),
    "index.ts",
    wrong=(
        (f"`${{tenant}}{_GATEWAY}`", '"x"'),
        ("const acl =", f"{_TS_WRONG}const acl ="),
    ),
    late=(
        ("const acl =", f"{_TS_LATE}const acl ="),
        ('config: { mode: "enforce" }', "config: { mode: late.id }"),
    ),
    another=(
        ("const acl =", f"{_TS_ANOTHER}const acl ="),
        ('config: { mode: "audit" } }', 'config: { mode: "audit" } }, { extension: NAME }'),
    ),
)
GO = Language(
    "go",
    ("go", "pulumi-language-go"),
    "main.go",
    wrong=(
        (f'pulumi.String(tenant + "{_GATEWAY}")', 'pulumi.String("x")'),
        ("\t\tacl, err :=", f"{_GO_WRONG}\t\tacl, err :="),
    ),
    late=(
        ("\t\tacl, err :=", f"{_GO_LATE}\t\tacl, err :="),
        ('pulumi.Map{"mode": pulumi.String("enforce")}', 'pulumi.Map{"mode": late.ID()}'),
        ('sdk/v4/go/kubernetes"\n', f'sdk/v4/go/kubernetes"\n{_GO_IMPORTS}'),
    ),
    another=(
        ("\t\tacl, err :=", f"{_GO_ANOTHER}\t\tacl, err :="),
        ('pulumi.String("audit")}},\n', 'pulumi.String("audit")}},\n\t\t\t\t{Extension: NAME},\n'),
    ),
    after_install=("go", "mod", "tidy"),
    here=(
        (
            "kubernetes.NewProvider(ctx, name, args)",
            f'kubernetes.NewProvider(ctx, name, args, pulumi.Version("{version("pulumi-kubernetes")}"))',
        ),
    ),
    install=("install", "--no-plugins"),
)
LANGUAGES = (YAML, TYPESCRIPT, GO)


def to_create(said: Said) -> set[str]:
    """The URNs that a preview, printed as JSON, is going to create."""
    document = json.loads(said.text[said.text.index("{") :])
    return {step["urn"] for step in document["steps"] if step["op"] == "create"}


def exported(folder: Folder) -> set[str]:
    """The URNs in the state; without default providers of other packages than Kubernetes, which a preview does not show."""
    document = json.loads(folder.pulumi("stack", "export").good().text)
    urns = {one["urn"] for one in document["deployment"].get("resources") or []}
    return {
        urn
        for urn in urns
        if not urn.split("::")[2].startswith(("pulumi:providers:mesh-wasm", "pulumi:providers:pulumi"))
    }


def blamed(said: Said) -> list[str]:
    """The components that are said to have a problem."""
    return sorted(set(re.findall(r"mesh-wasm:index:\w+ resource '([\w-]+)' has a problem", said.text)))
