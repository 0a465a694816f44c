"""The shape of a report: plain data, as it is saved and compared."""

from __future__ import annotations

from typing import NotRequired, TypedDict

VERSION = 1
"""Version of the report's shape; a report of another version cannot be compared."""


class StepReport(TypedDict):
    """One filter of a chain: a plugin, or one of Istio's own."""

    name: str
    plugin: NotRequired[str]
    """Key in ``plugins``."""
    what: NotRequired[str]
    """What Istio's own filter does."""
    condition: NotRequired[str]
    tied: NotRequired[list[str]]


class WorkloadReport(TypedDict):
    """The chain of one workload."""

    title: str
    line: str
    network: list[StepReport]
    http: list[StepReport]
    undecided: list[str]
    """Plugins whose place is not known yet: keys in ``plugins``."""
    known: NotRequired[str]
    """What is known of the workload besides the plugins, e.g. ``3 workloads: cart, pay, web``."""


class ClusterReport(TypedDict):
    """The chains of one cluster."""

    name: str
    workloads: list[WorkloadReport]
    unreached: list[str]
    """Plugins that can reach no workload: keys in ``plugins``."""
    knowledge: NotRequired[str]
    """What else of the cluster was known, as a sentence."""


class VerdictReport(TypedDict):
    """What a real Envoy said of a plugin's module with its effective configuration."""

    status: str
    """``tried``, ``refused`` or ``not tried``."""
    says: str
    """Why, as a sentence."""


class PluginReport(TypedDict):
    """One WasmPlugin or TrafficExtension, and why it is there."""

    kind: NotRequired[str]
    """WasmPlugin or TrafficExtension; a report that was saved before there were two has WasmPlugins only."""
    cluster: str
    namespace: str | None
    name: str
    label: str
    extension: str
    target: str
    declaredBy: str
    why: str
    handedDown: NotRequired[str]
    """Where it came from, level by level; absent where no level of TSB's hierarchy hands anything down to it."""
    phase: str | None
    priority: int | None
    layer: str | None
    url: str | None
    version: str | None
    configKeys: list[str] | None
    """None: not known yet."""
    marks: NotRequired[dict[str, str]]
    """Whether values of the configuration and of the VM are still the same (:mod:`.marks`); no values."""
    differs: NotRequired[str]
    """Which values are others in other clusters, in words; absent where they are the same everywhere."""
    settings: NotRequired[dict[str, str]]
    """Fields that are shown as they are: pluginName, sha256, imagePullPolicy, imagePullSecret, verificationKey."""
    failStrategy: str
    traffic: str
    undecided: list[str]
    verdict: NotRequired[VerdictReport]
    """What a trial said; absent where there is no lock file."""


class FindingReport(TypedDict):
    """What a rule says."""

    component: str
    rule: str
    severity: str
    cluster: str | None
    message: str
    fix: str


class Report(TypedDict):
    """Everything that is explained."""

    version: int
    key: NotRequired[str]
    """Which key the marks are made with; absent where they cannot be compared with those of another report."""
    title: str
    clusters: list[ClusterReport]
    plugins: dict[str, PluginReport]
    findings: list[FindingReport]
    problems: list[str]
