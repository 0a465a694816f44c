"""What is known to be broken in some versions of Istio, and how a plugin looks that is hit by it: one table.

The page docs/known-bugs.md is made from it (:mod:`.page`), and the rule of :mod:`.check` reads it. Versions are the
first release tags that hold the change, looked up in Istio's own repository.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from mesh_wasm.findings.finding import Path, Severity
from mesh_wasm.fleet.istio_patches import Span, span
from mesh_wasm.rules.subjects import ClusterPluginSubject, Workload
from mesh_wasm.rules.walk import references_of
from mesh_wasm.values.deferred import known
from mesh_wasm.values.image import ImageError, ModuleUrl

Shape = Callable[[ClusterPluginSubject], "Path | None"]
"""Where in its spec a plugin is hit; None where it is not."""

_SERVED = ("Service", "ServiceEntry")
_PACKED = (".gz", ".tgz", ".tar.gz")


@dataclass(frozen=True, slots=True)
class KnownBug:
    """One row of the table."""

    key: str
    """A short name, for tests and links."""
    span: Span
    """The versions that have it."""
    what: str
    """Which plugins are hit, as the beginning of a sentence."""
    happens: str
    """What happens to them, as the end of that sentence."""
    fix: str
    """What helps, besides a newer Istio; empty: nothing does."""
    source: str
    """The change in Istio's repository, or the issue."""
    severity: Severity = Severity.ERROR
    shape: Shape | None = None
    """None: the spec alone does not show it, or another rule tells it."""
    told_by: str = ""
    """The rule that tells it, where that is not this table's own."""


def _served(subject: ClusterPluginSubject) -> Path | None:
    """A plugin aimed at a Service or ServiceEntry."""
    return next((path for path, one in references_of(subject.spec) if known(one.kind) in _SERVED), None)


def _served_with_secret(subject: ClusterPluginSubject) -> Path | None:
    return ("imagePullSecret",) if subject.spec.image_pull_secret is not None and _served(subject) else None


def _on_waypoint(subject: ClusterPluginSubject) -> Path | None:
    """A plugin on a waypoint's pods; references to what a waypoint serves came later."""
    refers = any(True for _ in references_of(subject.spec))
    return ("selector",) if subject.workload is Workload.WAYPOINT and not refers else None


def _packed(subject: ClusterPluginSubject) -> Path | None:
    """A module that is unpacked after it was fetched."""
    try:
        url = ModuleUrl.parse(known(subject.spec.url) or "")
    except ImageError:
        return None
    return ("url",) if url.scheme in ("http", "https") and url.rest.partition("?")[0].endswith(_PACKED) else None


KNOWN_BUGS = (
    KnownBug(
        "waypoint-empty-configuration",
        span("1.20.0", "1.22.0"),
        "A plugin on a waypoint",
        "never runs: the agent hands its configuration to Envoy without the name that Envoy waits for",
        "Run the plugin in sidecars or on a gateway.",
        "istio/istio#49293, #51038",
        shape=_on_waypoint,
    ),
    KnownBug(
        "service-without-configuration",
        span("1.22.0", "1.22.1"),
        "A plugin that is aimed at a Service",
        "never runs: the waypoint is told of it, and then never gets its configuration",
        "Aim the plugin at the waypoint's Gateway.",
        "istio/istio#51014, #51063",
        shape=_served,
    ),
    KnownBug(
        "service-pull-secret",
        span("1.22.0", "1.25.0"),
        "A plugin that is aimed at a Service or ServiceEntry and names a pull secret",
        "never gets that secret on a waypoint: the pull is denied as if the Secret were missing, and the module never runs",
        "Aim the plugin at the waypoint's Gateway, or serve the image without a pull secret.",
        "istio/istio#51288, #54232",
        shape=_served_with_secret,
    ),
    KnownBug(
        "waypoint-of-another-namespace",
        span("1.22.0", "1.30.3", "1.31.0"),
        "A plugin that is aimed at a Service whose waypoint stands in another namespace",
        "never runs up to 1.24; from 1.25 on the waypoint is told of it and never gets its configuration, so that it never "
        "becomes ready",
        "Give the Service a waypoint in its own namespace.",
        "istio/istio#60530, #60639",
        told_by="MW226",
    ),
    KnownBug(
        "fetch-lets-pass",
        span("1.20.0", "1.25.0"),
        "A plugin of phase AUTHN or AUTHZ whose module cannot be fetched",
        "lets every request pass, whatever its failStrategy says",
        "",
        "istio/istio#53279, #53363",
        Severity.WARNING,
        told_by="MW605",
    ),
    KnownBug(
        "failed-fetch-unlogged",
        span("1.25.0", "1.26.0"),
        "A plugin whose module cannot be fetched",
        "leaves no line in the proxy's log that says why",
        "",
        "istio/istio#54903",
        Severity.INFO,
    ),
    KnownBug(
        "misspelt-filter-name",
        span("1.21.0", "1.26.0"),
        "An EnvoyFilter or dashboard that names a plugin's filter",
        "has to write extenstions.istio.io/wasmplugin/<namespace>.<name>, misspelt as it is; it is "
        "extensions.istio.io/wasmplugin/… from 1.26 on, and extensions.istio.io/trafficextension/…"
        "~istio-translated-wasmplugin from 1.30 on",
        "",
        "istio/istio#55344, #55348, #59052",
        Severity.INFO,
    ),
    KnownBug(
        "unlimited-unpacking",
        span("1.20.0", "1.28.6", "1.29.2", "1.30.0"),
        "A packed module that is fetched by http or https",
        "is unpacked without a limit of its size: whoever serves it can exhaust the proxy's memory",
        "Serve the module unpacked, or as an OCI image.",
        "istio/istio#59395",
        Severity.WARNING,
        shape=_packed,
    ),
    KnownBug(
        "needless-pushes",
        span("1.30.0", "1.30.2"),
        "Any change of a WasmPlugin",
        "makes istiod push more configuration than is needed, and some of it twice",
        "",
        "istio/istio#60638",
        Severity.INFO,
    ),
)
"""Every bug, in the order of versions."""
