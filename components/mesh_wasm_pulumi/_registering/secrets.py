"""Registering pull secrets: written, made by the External Secrets Operator, or read and checked where they exist already.

Each is registered once in a program for its cluster and namespace, by whichever component needs it first.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import pulumi
from pulumi_kubernetes.apiextensions import CustomResource

from mesh_wasm.model.external_secret import KIND, WAIT_FOR, external_secret_spec
from mesh_wasm.model.pull_secret import PullSecret as Definition
from mesh_wasm.model.pull_secret import together
from mesh_wasm.rules.pull_secrets.existing import existing_findings
from mesh_wasm.secrets.plan import PlannedSecret
from mesh_wasm.values.docker_config import SECRET_KEY, SECRET_TYPE
from mesh_wasm_pulumi._reading.fleet import Where
from mesh_wasm_pulumi._telling.faults import remember, watched
from mesh_wasm_pulumi._telling.report import Report
from mesh_wasm_pulumi._values.declared import SecretRef
from mesh_wasm_pulumi._values.leaves import lower
from mesh_wasm_pulumi._values.ledger import ledger

from .retention import is_retained


@dataclass(frozen=True, slots=True)
class Standing:
    """A pull secret as plugins wait for it."""

    resource: pulumi.Resource
    gate: pulumi.Output[Any] | None = None
    """Has a value once the Secret has been checked."""


class PullSecrets:
    """The pull secrets that one component needs."""

    def __init__(
        self,
        component: pulumi.Resource,
        refs: Iterable[SecretRef],
        where: Where,
        report: Report,
        depends_on: list[pulumi.Resource],
    ) -> None:
        self._component = component
        self._refs = {ref.definition.identity: ref for ref in refs}
        self._where = where
        self._report = report
        self._depends_on = depends_on
        self._checked_needs: dict[tuple[int, ...], pulumi.Output[Any]] = {}

    def standing(self, planned: PlannedSecret) -> Standing:
        """The registered Secret; registered now if this is its first use in the program."""
        if planned.sealed is None and planned.sources[0].existing:
            read = ledger().secret(planned.place, lambda: Standing(self._read(planned))).resource
            return ledger().secret((*planned.place, planned.registry), lambda: self._checked(planned, read))
        return ledger().secret(planned.place, lambda: Standing(self._make(planned)))

    def _make(self, planned: PlannedSecret) -> pulumi.Resource:
        source = planned.sources[0]
        if planned.sealed is None and source.external_secret is not None:
            return self._external(planned, source)
        # This module is 480 ms of imports: only a program that makes a Secret pays for it (measured).
        from pulumi_kubernetes.core.v1 import Secret

        text: Any = None if planned.sealed is None else lower(planned.sealed.text)
        name, metadata = self._logical_name(planned), lower(planned.manifest(None)["metadata"])
        return Secret(
            name,
            metadata=metadata,
            type=SECRET_TYPE,
            string_data={SECRET_KEY: text},
            opts=remember(name, planned.cluster.name, "Secret", metadata, watched(self._options(planned))),
        )

    def _external(self, planned: PlannedSecret, source: Definition) -> pulumi.Resource:
        assert source.external_secret is not None
        name = self._logical_name(planned)
        metadata = lower({**planned.manifest(None)["metadata"], "annotations": WAIT_FOR})
        return CustomResource(
            name,
            api_version=source.external_secret.api_version,
            kind=KIND,
            metadata=metadata,
            spec=lower(external_secret_spec(source.external_secret, planned.name, source.registries)),
            opts=remember(name, planned.cluster.name, KIND, metadata, watched(self._options(planned))),
        )

    def _read(self, planned: PlannedSecret) -> pulumi.Resource:
        """The Secret that exists already. At preview it is not asked for: something may be about to create it.

        Where it is absent, the engine says so on this resource and ends the program at once (measured).
        """
        from pulumi_kubernetes.core.v1 import Secret

        name: Any = pulumi.Output.from_input(pulumi.UNKNOWN)
        if not pulumi.runtime.is_dry_run():
            name = lower(together([planned.namespace, planned.name], "/".join))
        return Secret.get(f"{self._logical_name(planned)}-existing", name, self._options(planned))

    def _checked(self, planned: PlannedSecret, read: Any) -> Standing:
        def check(known: list[Any]) -> Any:
            namespace, name, type_, data = known
            if type_ is None:
                return []  # nobody has looked: a recorded run has no cluster
            text = _decoded((data or {}).get(SECRET_KEY))
            found = existing_findings(f"Secret {namespace}/{name}", type_, text, planned.registry)
            problems = self._report.tell(replace(finding, cluster=planned.cluster.name) for finding in found)
            return self._report.refuse(problems) if problems else []

        parts = [lower(planned.namespace), lower(planned.name), read.type, read.data]
        return Standing(read, pulumi.Output.all(*parts).apply(check))

    def _logical_name(self, planned: PlannedSecret) -> str:
        called = [self._refs[source.identity].called for source in planned.sources]
        # A namespace that is not known yet tells nothing apart, so the component that needs the Secret has to.
        asked = [] if isinstance(planned.namespace, str) else [self._component.pulumi_resource_name]
        return "-".join([*called, planned.cluster.name, planned.key, *asked])

    def _options(self, planned: PlannedSecret) -> pulumi.ResourceOptions:
        refs = [self._refs[source.identity] for source in planned.sources]
        gates = [ref.gate for ref in refs if ref.gate is not None]
        needs: Any = self._depends_on
        if gates:
            key = tuple(map(id, gates))
            if key not in self._checked_needs:
                self._checked_needs[key] = pulumi.Output.all(*gates).apply(lambda _: self._depends_on)
            needs = self._checked_needs[key]
        options = self._where.options(refs[0].parent if len(refs) == 1 else None, planned.cluster.name, needs)
        if len(refs) > 1 and all(map(is_retained, refs)):
            options.retain_on_delete = True  # the child of none of them, so the engine hands it nothing on
        return options


def _decoded(value: Any) -> str | None:
    try:
        return base64.b64decode(value).decode()
    except (TypeError, ValueError):
        return None
