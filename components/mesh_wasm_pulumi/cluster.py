"""Clusters and fleets in a Pulumi program: mesh facts, and the provider through which each cluster is written."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pulumi
import pulumi_kubernetes as k8s
import yaml

from mesh_wasm.enums import Dialect
from mesh_wasm.finding import Finding, quoted
from mesh_wasm.rules import placing

from ._leaves import lift, resolve
from ._ledger import ledger
from ._refusal import refuse
from .args import ClusterArgs


class Cluster:
    """One cluster of a fleet, reached through a provider of its own.

    Give ``provider``, or ``kubeconfig`` (text or path) with ``context``: then a provider named after the cluster is made,
    with ``cluster_identifier`` set, so that new credentials never replace what is in the cluster, and with mutable
    Secrets, so that a new password updates the pull secrets in place.

    :param name: Name of the cluster in findings, manifests and resource names.
    :param provider: The Kubernetes provider of the cluster.
    :param kubeconfig: Text or path of a kubeconfig; may be an Output.
    :param context: Name of the context in the kubeconfig; default: its current context.
    :param labels: Labels by which attachments select clusters.
    :param istio_version: Istio's version, e.g. ``1.27``.
    :param namespaces: The namespaces that exist; needed wherever a selector holds a wildcard.
    :param dialect: ``istio`` (default) or ``asm``.
    :param root_namespace: Istio's root namespace; default ``istio-system``.
    :param revision: Value of the label ``istio.io/rev`` of every plugin.
    :param registry_mirrors: Mirror by registry host; images of the host are pulled from the mirror.
    :param wasm_download_proxy: Whether TSB's download proxy fetches OCI images in this cluster.
    :param secrets_mutable: Whether ``provider`` has ``enable_secret_mutable``. With ``kubeconfig`` it always has. Without
        it, pull secrets change their names with their content, so that none is ever absent.
    """

    def __init__(
        self,
        name: str,
        *,
        provider: k8s.Provider | None = None,
        kubeconfig: pulumi.Input[str] | None = None,
        context: str | None = None,
        labels: Mapping[str, str] | None = None,
        istio_version: str | None = None,
        namespaces: Sequence[str] | None = None,
        dialect: Dialect | str | None = None,
        root_namespace: str | None = None,
        revision: str | None = None,
        registry_mirrors: Mapping[str, str] | None = None,
        wasm_download_proxy: bool | None = None,
        secrets_mutable: bool | None = None,
    ) -> None:
        if (provider is None) == (kubeconfig is None):
            raise pulumi.RunError(
                f"cluster {name}: give either provider or kubeconfig; mesh-wasm never writes through a default provider."
            )
        self.name = name
        self.provider = provider or _provider(name, kubeconfig, context)
        facts = {
            "labels": labels,
            "istio_version": istio_version,
            "namespaces": namespaces,
            "dialect": dialect,
            "root_namespace": root_namespace,
            "revision": revision,
            "registry_mirrors": registry_mirrors,
            "wasm_download_proxy": wasm_download_proxy,
            "secrets_mutable": True if provider is None else secrets_mutable,
        }
        self.facts = {key: value for key, value in facts.items() if value is not None}

    @property
    def args(self) -> ClusterArgs:
        """The cluster as an entry of ``fleet``."""
        entry: Any = {"provider": self.provider, **self.facts}
        args: ClusterArgs = entry
        return args


class Fleet(dict[str, ClusterArgs]):
    """The clusters that a program serves: what every attachment takes as ``fleet``."""

    def __init__(self, clusters: Iterable[Cluster]) -> None:
        super().__init__()
        for cluster in clusters:
            if cluster.name in self:
                raise pulumi.RunError(f"cluster {cluster.name} is in the fleet twice; give each cluster its own name.")
            self[cluster.name] = cluster.args
            ledger().clusters[cluster.provider.pulumi_resource_name] = cluster.name

    @classmethod
    def from_config(cls, key: str = "fleet", config: pulumi.Config | None = None) -> Fleet:
        """The fleet of this stack's configuration; see :mod:`mesh_wasm_pulumi.fleetconfig`.

        :param key: Key of the configuration object, of the form of docs/fleet-config.schema.json.
        :param config: Where to read; default: the project's own configuration.
        """
        from .fleetconfig import fleet_from_config

        return fleet_from_config(key, config or pulumi.Config())


def _provider(name: str, kubeconfig: Any, context: str | None) -> k8s.Provider:
    """The cluster's own provider. It waits for the check of the kubeconfig, and everything in the cluster waits for it."""

    def check(known: Any, secrets: list[Any]) -> Any:
        finding = _missing_context(known[0], context)
        return [] if finding is None else _refuse(name, finding)

    gate = resolve(lift([kubeconfig]), check)
    if gate is None and (finding := _missing_context(kubeconfig, context)) is not None:
        gate = _refuse(name, finding)
    return k8s.Provider(
        name,
        kubeconfig=pulumi.Output.secret(kubeconfig),
        context=context,
        cluster_identifier=name,
        enable_secret_mutable=True,
        opts=pulumi.ResourceOptions(depends_on=gate) if gate is not None else None,
    )


def _refuse(name: str, finding: Finding) -> pulumi.Output[Any]:
    """Log the finding, and fail as soon as the stack is registered: the problems of components still come to light."""
    ledger().findings.append((name, finding))
    pulumi.log.error(f"cluster {name}: {finding}")
    stack = pulumi.runtime.get_root_resource()
    registered: pulumi.Output[Any] = stack.urn if stack is not None else pulumi.Output.from_input(None)
    return refuse(f"cluster {name}", 1, registered)


def _missing_context(kubeconfig: Any, context: str | None) -> Finding | None:
    """What is wrong with the kubeconfig, as far as it can be read. Nothing of it but names of contexts is ever shown."""
    if context is None or not isinstance(kubeconfig, str):
        return None
    text = kubeconfig
    if "\n" not in text and not text.lstrip().startswith("{"):
        path = Path(text).expanduser()
        if not path.is_file():
            return placing.NO_CONTEXT.at("kubeconfig", says="it is neither a kubeconfig nor the path of one.")
        text = path.read_text()
    try:
        document = yaml.safe_load(text)
        contexts = [entry["name"] for entry in document["contexts"]]
    except (yaml.YAMLError, TypeError, KeyError):
        return placing.NO_CONTEXT.at("kubeconfig", says="it cannot be read as a kubeconfig with contexts.")
    if context in contexts:
        return None
    says = f"the kubeconfig has no context {quoted(context)}; it has {', '.join(map(str, contexts)) or 'none'}."
    return placing.NO_CONTEXT.at("context", says=says)
