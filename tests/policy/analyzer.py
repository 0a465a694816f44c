"""The policies without an engine: the servicer that `PolicyPack` would serve, asked with wire requests."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from google.protobuf import json_format, struct_pb2
from pulumi.runtime.proto import analyzer_pb2
from pulumi.runtime.rpc import UNKNOWN
from pulumi_policy import EnforcementLevel
from pulumi_policy.policy import _PolicyAnalyzerServicer  # private, but what upstream's own tests use

from mesh_wasm_pulumi.offline.monitor import Registered
from mesh_wasm_pulumi.offline.run import Run
from mesh_wasm_pulumi.policy import POLICIES

PLUGIN = "kubernetes:extensions.istio.io/v1alpha1:WasmPlugin"
SECRET = "kubernetes:core/v1:Secret"
MANDATORY, ADVISORY = analyzer_pb2.MANDATORY, analyzer_pb2.ADVISORY
_LEVELS = {"advisory": 0, "mandatory": 1, "disabled": 2, "remediate": 3}


def hidden(value: Any) -> dict[str, Any]:
    """A secret on the wire."""
    return {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "value": value}


@dataclass(frozen=True)
class Said:
    """What one policy said."""

    rule: str
    message: str
    level: int

    @property
    def stops(self) -> bool:
        """Whether it stops the update."""
        return self.level == MANDATORY


class Pack:
    """The pack, with a configuration: a level by rule, or an object with more."""

    def __init__(self, config: Mapping[str, Any] | None = None) -> None:
        self._servicer: Any = _PolicyAnalyzerServicer("mesh-wasm", "0.1.0", POLICIES, EnforcementLevel.ADVISORY)
        request = analyzer_pb2.ConfigureAnalyzerRequest()
        for rule, given in (config or {}).items():
            more = dict(given) if isinstance(given, Mapping) else {"enforcementLevel": given}
            request.policyConfig[rule].enforcementLevel = _LEVELS[more.pop("enforcementLevel")]
            request.policyConfig[rule].properties.CopyFrom(_struct(more))
        if config:
            self._servicer.Configure(request, None)

    def of(self, type_: str, props: Mapping[str, Any], name: str = "x") -> list[Said]:
        """What is said of one resource."""
        request = analyzer_pb2.AnalyzeRequest(type=type_, properties=_struct(props), urn=_urn(type_, name), name=name)
        return _said(self._servicer.Analyze(request, None))

    def remedied(self, type_: str, props: Mapping[str, Any]) -> Any:
        """The properties after all remediations; None where there was none."""
        request = analyzer_pb2.AnalyzeRequest(type=type_, properties=_struct(props), urn=_urn(type_, "x"), name="x")
        made = self._servicer.Remediate(request, None).remediations
        return json_format.MessageToDict(made[-1].properties) if made else None

    def of_stack(self, *resources: tuple[str, Mapping[str, Any], str, str]) -> list[Said]:
        """What is said of a stack: type, properties, name and provider of each resource."""
        request = analyzer_pb2.AnalyzeStackRequest(
            resources=[
                analyzer_pb2.AnalyzerResource(
                    type=type_,
                    properties=_struct(props),
                    urn=_urn(type_, name),
                    name=name,
                    provider=_provider(provider),
                )
                for type_, props, name, provider in resources
            ]
        )
        return _said(self._servicer.AnalyzeStack(request, None))

    def of_run(self, ran: Run) -> list[Said]:
        """What is said of everything that a recorded program registered, one by one and together."""
        resources = [one for one in ran.monitor.resources.values() if one.type != "pulumi:pulumi:Stack"]
        said = [said for one in resources for said in self.of(one.type, one.inputs, one.name)]
        stack = [(one.type, one.inputs if one.custom else one.outputs, one.name, _cluster(one)) for one in resources]
        return [*said, *self.of_stack(*stack)]


def _cluster(one: Registered) -> str:
    return one.provider.split("::")[-2] if one.provider else ""


def _urn(type_: str, name: str) -> str:
    return f"urn:pulumi:dev::project::{type_}::{name}"


def _provider(name: str) -> Any:
    return analyzer_pb2.AnalyzerProviderResource(
        type="pulumi:providers:kubernetes", properties=_struct({}), urn=f"urn:{name}", name=name
    )


def _struct(value: Mapping[str, Any]) -> Any:
    made = struct_pb2.Struct()
    json_format.ParseDict(dict(value), made)
    return made


def _said(response: Any) -> list[Said]:
    return [Said(one.policyName, one.message, one.enforcementLevel) for one in response.diagnostics]


__all__ = ["ADVISORY", "MANDATORY", "PLUGIN", "SECRET", "UNKNOWN", "Pack", "Said", "hidden"]
