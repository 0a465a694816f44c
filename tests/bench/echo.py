"""A resource monitor in a process of its own, as the engine is: it echoes and keeps nothing. ``python -m bench.echo``."""

from __future__ import annotations

import sys
from typing import Any

from google.protobuf import struct_pb2
from pulumi.runtime.proto import resource_pb2

from mesh_wasm_pulumi.offline.monitor import RecordingMonitor


class EchoMonitor(RecordingMonitor):
    """Answers like the recording monitor, at the least cost."""

    def RegisterResource(self, request: Any, context: Any) -> Any:
        """Echo the inputs as outputs."""
        answer = struct_pb2.Struct()
        answer.CopyFrom(request.object)
        urn = self.urn(request.parent, request.type, request.name)
        return resource_pb2.RegisterResourceResponse(urn=urn, object=answer)

    def RegisterResourceOutputs(self, request: Any, context: Any) -> Any:
        """Forget them."""
        return super().RegisterResourceOutputs(request, context)


if __name__ == "__main__":
    with EchoMonitor("bench", "bench") as monitor:
        print(monitor.address, flush=True)
        sys.stdin.read()
