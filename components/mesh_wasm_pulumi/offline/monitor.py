"""The recording resource monitor: a gRPC server on loopback that answers like an engine and remembers what it was asked."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from concurrent import futures
from dataclasses import dataclass, field
from typing import Any

import grpc
from google.protobuf import empty_pb2, json_format, struct_pb2
from pulumi.runtime._grpc_settings import _GRPC_CHANNEL_OPTIONS
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc, resource_pb2, resource_pb2_grpc
from pulumi.runtime.rpc import UNKNOWN
from pulumi.runtime.rpc import _special_secret_sig as _SECRET
from pulumi.runtime.rpc import _special_sig_key as _SIG

_ALL_FEATURES = resource_pb2.ResourceMonitorFeature.values() if hasattr(resource_pb2, "ResourceMonitorFeature") else []
STACK = "pulumi:pulumi:Stack"
STACK_REFERENCE = "pulumi:pulumi:StackReference"


@dataclass
class Registered:
    """One resource as the program registered it."""

    urn: str
    type: str
    name: str
    parent: str
    custom: bool
    inputs: dict[str, Any]
    """Wire form: secrets and unknowns are still marked."""
    provider: str
    dependencies: list[str]
    request: Any
    """The RegisterResourceRequest itself, for whoever needs its options."""
    outputs: dict[str, Any] = field(default_factory=dict)
    """What a component told by register_outputs."""
    id: str = ""
    read: bool = False
    """Whether it exists already, and the program only reads it."""


@dataclass(frozen=True, slots=True)
class Message:
    """One line of the engine's log."""

    severity: str
    text: str
    urn: str


class DuplicateUrn(Exception):
    """Two resources of one type and name under parents of one type."""


class RecordingMonitor(resource_pb2_grpc.ResourceMonitorServicer, engine_pb2_grpc.EngineServicer):
    """Resource monitor and engine log in one; use it as a context manager.

    :param project: Name of the Pulumi project.
    :param stack: Name of the stack.
    :param preview: Whether ids and computed outputs stay unknown, as in ``pulumi preview``.
    :param references: Outputs of other stacks in wire form, by the full name of the stack, for StackReferences. Those of
        any other stack are unknown.
    """

    def __init__(
        self,
        project: str,
        stack: str,
        *,
        preview: bool = True,
        references: Mapping[str, Mapping[str, Any]] | None = None,
    ) -> None:
        self._references = dict(references or {})
        self.project, self.stack, self.preview = project, stack, preview
        self.resources: dict[str, Registered] = {}
        self.messages: list[Message] = []
        self.calls: dict[str, int] = {}
        self._lock = threading.Lock()
        self._server: grpc.Server | None = None
        self.address = ""

    def __enter__(self) -> RecordingMonitor:
        self._server = grpc.server(futures.ThreadPoolExecutor(16), options=_GRPC_CHANNEL_OPTIONS)
        resource_pb2_grpc.add_ResourceMonitorServicer_to_server(self, self._server)
        engine_pb2_grpc.add_EngineServicer_to_server(self, self._server)
        self.address = f"127.0.0.1:{self._server.add_insecure_port('127.0.0.1:0')}"
        self._server.start()
        return self

    def __exit__(self, *exc: object) -> None:
        if self._server is not None:
            self._server.stop(grace=1).wait()  # without grace, gRPC announces broken connections on standard error

    def urn(self, parent: str, type_: str, name: str) -> str:
        """The URN that the engine would give."""
        qualified = type_
        if parent and parent.split("::")[2] != STACK:
            qualified = f"{parent.split('::')[2]}${type_}"
        return f"urn:pulumi:{self.stack}::{self.project}::{qualified}::{name}"

    # The names of the methods are those of the gRPC services.

    def RegisterResource(self, request: Any, context: Any) -> Any:
        """Record a resource and echo its inputs as outputs."""
        self._count("RegisterResource")
        urn = self.urn(request.parent, request.type, request.name)
        made = _record(urn, request, "" if self.preview or not request.custom else f"{request.name}-id")
        with self._lock:
            if urn in self.resources:
                context.abort(grpc.StatusCode.ALREADY_EXISTS, f"Duplicate resource URN '{urn}'; give it a unique name")
            self.resources[urn] = made
        answer = struct_pb2.Struct()
        answer.CopyFrom(request.object)
        return resource_pb2.RegisterResourceResponse(urn=urn, id=made.id, object=answer)

    def RegisterResourceOutputs(self, request: Any, context: Any) -> Any:
        """Record what a component tells."""
        self._count("RegisterResourceOutputs")
        with self._lock:
            if request.urn in self.resources:
                self.resources[request.urn].outputs = json_format.MessageToDict(request.outputs)
        return empty_pb2.Empty()

    def ReadResource(self, request: Any, context: Any) -> Any:
        """Record a read; nothing is known of what exists, so only the given properties come back."""
        self._count("ReadResource")
        urn = self.urn(request.parent, request.type, request.name)
        made = Registered(
            urn,
            request.type,
            request.name,
            request.parent,
            True,
            json_format.MessageToDict(request.properties),
            request.provider,
            list(request.dependencies),
            request,
            id=request.id,
            read=True,
        )
        with self._lock:
            self.resources[urn] = made
        answer = struct_pb2.Struct()
        answer.CopyFrom(request.properties)
        if request.type == STACK_REFERENCE and request.id in self._references:
            json_format.ParseDict(_referred(request.id, self._references[request.id]), answer)
        return resource_pb2.ReadResourceResponse(urn=urn, properties=answer)

    def Invoke(self, request: Any, context: Any) -> Any:
        """Calls to providers cannot be answered: there is no provider. Their result stays unknown."""
        self._count("Invoke")
        answer = struct_pb2.Struct()
        if request.tok == "pulumi:pulumi:getResource":
            answer.update({"urn": request.args["urn"], "id": UNKNOWN, "state": {}})
        result: Any = {"return": answer}  # a keyword of Python, so it cannot be written as an argument
        return resource_pb2.ResourceInvokeResponse(**result)

    def GetDeploymentInfo(self, request: Any, context: Any) -> Any:
        """Say what this monitor can do: everything that the SDK asks about."""
        return resource_pb2.DeploymentInfo(
            project=self.project,
            stack=self.stack,
            organization="organization",
            dryRun=self.preview,
            parallel=16,
            supportedFeatures=_ALL_FEATURES,
        )

    def SupportsFeature(self, request: Any, context: Any) -> Any:
        """Older SDKs ask feature by feature."""
        return resource_pb2.SupportsFeatureResponse(hasSupport=True)

    def RegisterPackage(self, request: Any, context: Any) -> Any:
        """Accept any package."""
        return resource_pb2.RegisterPackageResponse(ref="package")

    def RegisterStackTransform(self, request: Any, context: Any) -> Any:
        """Transforms are not run offline."""
        return empty_pb2.Empty()

    def RegisterErrorHook(self, request: Any, context: Any) -> Any:
        """Nothing fails offline."""
        self._count("RegisterErrorHook")
        return empty_pb2.Empty()

    def RegisterResourceHook(self, request: Any, context: Any) -> Any:
        """Hooks are not run offline."""
        return empty_pb2.Empty()

    def SignalAndWaitForShutdown(self, request: Any, context: Any) -> Any:
        """The program has ended."""
        return empty_pb2.Empty()

    def Log(self, request: Any, context: Any) -> Any:
        """Keep what is more than a debug line."""
        self._count("Log")
        if request.severity > 0:
            severity = {1: "info", 2: "warning", 3: "error"}.get(request.severity, "info")
            with self._lock:
                self.messages.append(Message(severity, request.message, request.urn))
        return empty_pb2.Empty()

    def GetRootResource(self, request: Any, context: Any) -> Any:
        """The SDK keeps the root itself."""
        return engine_pb2.GetRootResourceResponse(urn="")

    def SetRootResource(self, request: Any, context: Any) -> Any:
        """The SDK keeps the root itself."""
        return engine_pb2.SetRootResourceResponse()

    def RequirePulumiVersion(self, request: Any, context: Any) -> Any:
        """There is no engine whose version could be wrong."""
        return engine_pb2.RequirePulumiVersionResponse()

    def _count(self, call: str) -> None:
        with self._lock:
            self.calls[call] = self.calls.get(call, 0) + 1


def _referred(stack: str, outputs: Mapping[str, Any]) -> dict[str, Any]:
    """What reading a stack gives: its outputs, and which of them are secret."""
    secret = [key for key, value in outputs.items() if isinstance(value, Mapping) and value.get(_SIG) == _SECRET]
    return {"name": stack, "outputs": dict(outputs), "secretOutputNames": secret}


def _record(urn: str, request: Any, id_: str) -> Registered:
    inputs: Mapping[str, Any] = json_format.MessageToDict(request.object)
    return Registered(
        urn,
        request.type,
        request.name,
        request.parent,
        request.custom,
        dict(inputs),
        request.provider,
        list(request.dependencies),
        request,
        id=id_,
    )
