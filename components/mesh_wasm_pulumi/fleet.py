"""The fleet of a Pulumi program: its clusters, or the configuration of its stack.

From the configuration: one program, and each stack writes to the clusters that it owns.

.. code-block:: yaml

    config:
      shop:fleet:                              # docs/fleet-config.schema.json; or the path of a file of this form
        inventory: clusters.yaml
        stacks:
          canary: {labels: {wave: canary}}
          prod: {labels: {wave: prod}}
      shop:kubeconfig: {secure: …}             # or kubeconfig-<cluster>, for one of them

Attachments are planned for all clusters of the inventory, so orders and names are the same in every stack; what belongs
to clusters of other stacks is left to them.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import pulumi
import pulumi_kubernetes as k8s

from mesh_wasm.findings import schema
from mesh_wasm.findings.finding import Finding
from mesh_wasm.findings.suggestions import did_you_mean, suggestion

from ._values.ledger import ledger
from .args import ClusterArgs
from .cluster import Cluster

if TYPE_CHECKING:
    from mesh_wasm.fleet.cluster import Cluster as Facts
    from mesh_wasm.fleet.config import OwnedFleet


class ClusterEntry(dict[str, Any]):
    """A cluster of a fleet: what a component reads of it, and the same as attributes."""

    def __init__(self, name: str, args: ClusterArgs) -> None:
        super().__init__(args)
        self.__dict__["name"] = name

    def __getattr__(self, name: str) -> Any:
        if name in self:
            return self[name]
        says = f"cluster {self.__dict__.get('name')} has no {name}; it has {', '.join(('name', *self))}."
        raise AttributeError(f"{says[:-1]}{did_you_mean(suggestion(name, self))}")


class Fleet(dict[str, ClusterArgs]):
    """The clusters that a program serves: what every attachment takes as ``fleet``.

    ``fleet["east"]`` is one of them, with the facts that were declared: ``fleet["east"]["provider"]``. For other resources
    of the same cluster, ``fleet.provider("east")`` is its provider.
    """

    def __init__(self, clusters: Iterable[Cluster]) -> None:
        super().__init__()
        for cluster in clusters:
            if cluster.name in self:
                raise pulumi.RunError(f"cluster {cluster.name} is in the fleet twice; give each cluster its own name.")
            self[cluster.name] = _entry(cluster.name, cluster.args)
            ledger().clusters[cluster.provider.pulumi_resource_name] = cluster.name

    def provider(self, name: str) -> k8s.Provider:
        """The Kubernetes provider of a cluster, for other resources of a program that stand in the same cluster.

        Raises :class:`pulumi.RunError` where the fleet has no such cluster, or another stack owns it.
        """
        entry = self.get(name)
        if entry is None:
            raise pulumi.RunError(f"The fleet has no cluster {name!r}; it has {', '.join(self) or 'none'}.")
        provider = entry.get("provider")
        if provider is None:
            raise pulumi.RunError(f"Cluster {name} belongs to another stack, so this one has no provider for it.")
        return provider

    @classmethod
    def from_config(cls, key: str = "fleet", config: pulumi.Config | None = None) -> Fleet:
        """The fleet of this stack's configuration, an object or the path of one: see docs/stacks.md.

        :param key: Key of the configuration object, of the form of docs/fleet-config.schema.json.
        :param config: Where to read; default: the project's own configuration.
        """
        return _from_config(key, config or pulumi.Config())


def _entry(name: str, args: ClusterArgs) -> ClusterArgs:
    entry: Any = ClusterEntry(name, args)
    made: ClusterArgs = entry
    return made


def _from_config(key: str, config: pulumi.Config) -> Fleet:
    """Read the configuration ``key``, an object or the path of one; all its problems in one :class:`pulumi.RunError`."""
    from mesh_wasm.fleet.config import read_document, read_fleet  # many programs declare their clusters themselves
    from mesh_wasm.yaml.file import Unreadable

    where = config.full_key(key)
    # Inline programs of the Automation API, and recorded runs, have no root directory of their own.
    folder = Path(pulumi.get_root_directory() or Path.cwd())
    try:
        document = read_document(config.get(key), folder)
    except Unreadable as error:
        _refuse(where, [schema.REQUIRED.at(says=f"{error}", fix=_FORM)])
    found, findings = read_fleet(document, pulumi.get_stack(), folder)
    problems = [finding for finding in findings if finding.is_error]
    problems += [
        schema.REQUIRED.at(says="it has no kubeconfig.", fix=_access(config, name), cluster=name)
        for name in found.fleet.names
        if name in found.owned and _kubeconfig(config, name) is None and found.config.render_to is None
    ]
    if problems:
        _refuse(where, problems)
    for finding in findings:
        ledger().findings.append((where, finding))
        pulumi.log.warn(f"{where}: {finding}")
    fleet = Fleet([_cluster(facts, found, config) for facts in found.fleet if facts.name in found.owned])
    for facts in found.fleet:
        if facts.name not in found.owned:
            other: Any = {**_facts(facts), "owned": False}
            args: ClusterArgs = other
            fleet[facts.name] = _entry(facts.name, args)
    # In the order of the inventory: findings and outputs name clusters in this order.
    ordered = {name: fleet[name] for name in found.fleet.names}
    fleet.clear()
    fleet.update(ordered)
    return fleet


def _cluster(facts: Facts, found: OwnedFleet, config: pulumi.Config) -> Cluster:
    kubeconfig = _kubeconfig(config, facts.name)
    told = _facts(facts)
    if kubeconfig is None:
        folder = f"{found.config.render_to}/{facts.name}"
        return Cluster(facts.name, provider=k8s.Provider(facts.name, render_yaml_to_directory=folder), **told)
    context = found.config.contexts.get(facts.name, facts.name)
    return Cluster(facts.name, kubeconfig=kubeconfig, context=context, **told)


def _facts(facts: Facts) -> dict[str, Any]:
    return {name: getattr(facts, name) for name in facts.model_fields_set - {"name"}}


def _kubeconfig(config: pulumi.Config, cluster: str) -> pulumi.Output[str] | None:
    return config.get_secret(f"kubeconfig-{cluster}") or config.get_secret("kubeconfig")


def _access(config: pulumi.Config, cluster: str) -> str:
    own = config.full_key(f"kubeconfig-{cluster}")
    return f"Run `pulumi config set --secret {own}` (or {config.full_key('kubeconfig')} for all), or set renderTo."


_FORM = "Set it to an object with inventory or clusters, or to the path of one: see docs/fleet-config.schema.json."


def _refuse(where: str, problems: list[Finding]) -> NoReturn:
    ledger().findings.extend((where, problem) for problem in problems)
    raise pulumi.RunError("\n".join(f"{where}: {problem}" for problem in problems))
