"""A cluster in a Pulumi program: its mesh facts, and the provider through which it is written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from os import PathLike, fspath
from typing import Any

import pulumi
import pulumi_kubernetes as k8s

from mesh_wasm.surroundings import Surroundings
from mesh_wasm.values.enums import Dialect, PluginKind

from ._reading.kubeconfig import kubeconfig_finding
from ._reading.surroundings import read_surroundings
from ._telling.refusal import refuse_apart
from ._values.leaves import lift, resolve
from ._values.ledger import ledger
from .args import ClusterArgs, SignerArgs


class Cluster:
    """One cluster of a fleet, reached through a provider of its own.

    What is required: the name, and one of ``provider`` and ``kubeconfig``. ``namespaces`` is required where a selector holds
    a wildcard (``*/shop`` needs none, ``east/*`` does). Everything else is a fact that checks look at: what is not said is
    not checked.

    With ``kubeconfig`` a provider named after the cluster is made: with ``cluster_identifier`` set, so that new credentials
    never replace what is in the cluster, and with mutable Secrets, so that a new password updates the pull secrets in
    place. The Cluster has the attributes ``name``, ``provider`` and ``facts``.

    :param name: Name of the cluster in findings, manifests and resource names; yours to choose, and the name by which
        ``cluster_names`` and ``cluster/namespace`` entries speak of it. It need not be that of the context.
    :param provider: The Kubernetes provider of the cluster. Either this or ``kubeconfig``.
    :param kubeconfig: Text or path of a kubeconfig; may be an Output, also a secret one.
    :param context: Name of the context in the kubeconfig; only with ``kubeconfig``. Not given: its current context.
    :param labels: Labels by which attachments select clusters, e.g. ``{"env": "prod"}``.
    :param istio_version: Istio's version as a text, e.g. ``"1.27"``; fields that are newer are then refused. Not given: the
        newest is assumed.
    :param namespaces: The namespaces that exist; a selector that names another one is then refused.
    :param dialect: ``istio`` (default) or ``asm``.
    :param root_namespace: Istio's root namespace, default ``istio-system``: a plugin there reaches the whole mesh.
    :param revision: Value of the label ``istio.io/rev`` of every plugin.
    :param registry_mirrors: Mirror by registry host; images of the host are pulled from the mirror.
    :param wasm_download_proxy: Whether TSB's download proxy fetches OCI images in this cluster.
    :param emit: ``WasmPlugin`` (default), or ``TrafficExtension`` where Istio is 1.30 or newer; docs/traffic-extension.md
        says what switching a running cluster means.
    :param secrets_mutable: Whether ``provider`` has ``enable_secret_mutable``. With ``kubeconfig`` it always has. Without
        it, pull secrets change their names with their content, so that none is ever absent.
    :param verify: Public keys (PEM) and keyless identities (:class:`~mesh_wasm_pulumi.args.SignerArgs`), one of which must
        have signed each module, unless the extension names its own signers.
    :param tsb_direct: Whether plugins are given to TSB in its direct mode, with its four annotations; docs/tsb.md.
    :param surroundings: Other objects of the cluster that decide what plugins do: Gateways, Services, workloads, namespaces,
        Secrets, policies. Kubernetes manifests as dicts, whose leaves may be Outputs, and paths of YAML files and folders;
        ``{"objects": […], "complete": True}`` says that these are all. A snapshot's
        :class:`~mesh_wasm.surroundings.Surroundings` will do, too.
    :param snapshot: Path of what ``mesh-wasm snapshot`` has written of the cluster: ``namespaces``, ``istio_version``,
        ``root_namespace`` and ``registry_mirrors`` are taken from it where they are not given, and its objects are
        surroundings.
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
        emit: PluginKind | str | None = None,
        secrets_mutable: bool | None = None,
        verify: Sequence[SignerArgs | str] | None = None,
        tsb_direct: bool | None = None,
        surroundings: Surroundings | Sequence[Any] | Mapping[str, Any] | None = None,
        snapshot: str | PathLike[str] | Mapping[str, Any] | None = None,
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
            "emit": emit,
            "secrets_mutable": True if provider is None else secrets_mutable,
            "verify": verify,
            "tsb_direct": tsb_direct,
            "surroundings": None if surroundings is None else read_surroundings(surroundings)[0],
            "snapshot": fspath(snapshot) if isinstance(snapshot, PathLike) else snapshot,
        }
        self.facts = {key: value for key, value in facts.items() if value is not None}

    @property
    def args(self) -> ClusterArgs:
        """The cluster as an entry of ``fleet``."""
        entry: Any = {"provider": self.provider, **self.facts}
        args: ClusterArgs = entry
        return args


def _provider(name: str, kubeconfig: Any, context: str | None) -> k8s.Provider:
    """The cluster's own provider. It waits for the check of the kubeconfig, and everything in the cluster waits for it."""
    if ledger().clusters.get(name) == name:
        raise pulumi.RunError(f"cluster {name} is declared twice; give each cluster its own name.")
    ledger().clusters[name] = name

    if not isinstance(kubeconfig, str):
        kubeconfig = pulumi.Output.from_input(kubeconfig)

    def check(known: Any, secrets: list[Any]) -> Any:
        finding = kubeconfig_finding(known[0], context)
        return [] if finding is None else refuse_apart(f"cluster {name}", finding)

    gate = resolve(lift([kubeconfig]), check)
    if gate is None and (finding := kubeconfig_finding(kubeconfig, context)) is not None:
        gate = refuse_apart(f"cluster {name}", finding)
    return k8s.Provider(
        name,
        kubeconfig=pulumi.Output.secret(kubeconfig),
        context=context,
        cluster_identifier=name,
        enable_secret_mutable=True,
        opts=pulumi.ResourceOptions(depends_on=gate) if gate is not None else None,
    )
