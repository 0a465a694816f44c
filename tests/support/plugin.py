"""Driving the component provider as a language host does: spawn it, read its port, speak gRPC."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

import grpc
from google.protobuf import json_format, struct_pb2
from pulumi.runtime import rpc
from pulumi.runtime._grpc_settings import _GRPC_CHANNEL_OPTIONS
from pulumi.runtime.proto import errors_pb2, provider_pb2, provider_pb2_grpc, status_pb2

from mesh_wasm_pulumi.offline.monitor import RecordingMonitor

SIG = rpc._special_sig_key


def output(
    value: Any = None, *, known: bool = True, secret: bool = False, deps: tuple[str, ...] = ()
) -> dict[str, Any]:
    """An Output as a language host sends it."""
    told: dict[str, Any] = {SIG: rpc._special_output_value_sig, "secret": secret, "dependencies": list(deps)}
    return {**told, "value": value} if known else told


def secret(value: Any) -> dict[str, Any]:
    """A secret as older language hosts send it."""
    return {SIG: rpc._special_secret_sig, "value": value}


def provider_ref(monitor: RecordingMonitor, cluster: str) -> dict[str, Any]:
    """The reference to a cluster's Kubernetes provider."""
    urn = monitor.urn("", "pulumi:providers:kubernetes", cluster)
    return {SIG: rpc._special_resource_sig, "urn": urn, "id": f"{cluster}-id", "packageVersion": ""}


def component_ref(made: Answer) -> dict[str, Any]:
    """The reference to a component that has been made: what language hosts send where the component itself is given."""
    return {SIG: rpc._special_resource_sig, "urn": made.urn, "packageVersion": ""}


@dataclass
class Answer:
    """What came back from a Construct call."""

    urn: str = ""
    state: Any = None
    code: str = ""
    message: str = ""
    problems: tuple[tuple[str, str], ...] = ()
    """Path and reason of each property error."""

    @property
    def paths(self) -> list[str]:
        """The paths of the property errors."""
        return [path for path, _ in self.problems]


class Plugin:
    """The plugin's process; use it as a context manager."""

    def __init__(self, monitor: RecordingMonitor, quiet: float | None = 0.05, folder: Path | None = None) -> None:
        """``quiet``: how long refusals wait, shorter than for users (None: as for them); ``folder``: of the plugin, to be
        started as Pulumi starts it."""
        self.engine = self.monitor = monitor
        serve = f"from mesh_wasm_pulumi.provider import main; main(quiet={quiet})"
        self._command = [sys.executable, *(["-c", serve] if folder is None else [str(folder)])]
        self.answered: dict[str, float] = {}
        """When each component was answered last."""
        self.stderr: list[str] = []

    def __enter__(self) -> Plugin:
        command = [*self._command, self.monitor.address]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        stdout, stderr = self._process.stdout, self._process.stderr
        assert stdout is not None
        assert stderr is not None
        threading.Thread(target=lambda: self.stderr.extend(stderr), daemon=True).start()
        port = stdout.readline().strip()
        if not port:
            self._process.wait(timeout=10)
            raise RuntimeError(f"the plugin did not start: {''.join(self.stderr)[-2000:]}")
        self._channel = grpc.insecure_channel(f"127.0.0.1:{port}", options=_GRPC_CHANNEL_OPTIONS)
        self._stub = provider_pb2_grpc.ResourceProviderStub(self._channel)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self._channel.close()
        self._process.kill()
        self._process.wait()

    def schema(self) -> dict[str, Any]:
        """The package's schema."""
        found: dict[str, Any] = json.loads(self._stub.GetSchema(provider_pb2.GetSchemaRequest(version=0)).schema)
        return found

    def construct(
        self,
        type_: str,
        name: str,
        inputs: Mapping[str, Any],
        origins: Mapping[str, list[str]] | None = None,
        **options: Any,
    ) -> Answer:
        """Construct a component and wait for the answer; see start."""
        return self.start(type_, name, inputs, origins, **options)()

    def start(
        self,
        type_: str,
        name: str,
        inputs: Mapping[str, Any],
        origins: Mapping[str, list[str]] | None = None,
        after: Sequence[str] = (),
        **options: Any,
    ) -> Any:
        """Begin to construct a component; call the result to wait for the answer.

        ``origins`` are the URNs that each input comes from, ``after`` is the option dependsOn.
        """
        struct = struct_pb2.Struct()
        json_format.ParseDict(dict(inputs), struct)
        request = provider_pb2.ConstructRequest(
            project=self.monitor.project,
            stack=self.monitor.stack,
            organization="organization",
            dryRun=self.monitor.preview,
            parallel=8,
            monitorEndpoint=self.monitor.address,
            type=f"mesh-wasm:index:{type_}",
            name=name,
            inputs=struct,
            accepts_output_values=True,
            dependencies=after,
            inputDependencies={
                key: provider_pb2.ConstructRequest.PropertyDependencies(urns=urns)
                for key, urns in (origins or {}).items()
            },
            **options,
        )
        call = self._stub.Construct.future(request, timeout=60)
        call.add_done_callback(lambda _: self.answered.update({name: time.monotonic()}))

        def answer() -> Answer:
            try:
                made = call.result()
            except grpc.RpcError as error:
                return _refused(error)
            return Answer(made.urn, json_format.MessageToDict(made.state))

        return answer


def _refused(error: Any) -> Answer:
    problems: list[tuple[str, str]] = []
    for key, value in error.trailing_metadata() or ():
        if key == "grpc-status-details-bin":
            for detail in status_pb2.Status.FromString(value).details:
                found = errors_pb2.InputPropertiesError()
                if detail.Unpack(found):
                    problems += [(one.property_path, one.reason) for one in found.errors]
    return Answer(code=error.code().name, message=error.details(), problems=tuple(problems))
