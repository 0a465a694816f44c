"""The plugin itself: a Pulumi provider whose components are those of this package.

The SDK's own host loses structured errors, nested Outputs, integers and lists of enumerations (measured), so
the inputs are read here, and findings travel as property errors with their paths. What is private in
``pulumi.provider.experimental`` is used in this package only; tests/provider speaks the plugin's gRPC to watch over it.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import grpc
import pulumi
from pulumi.errors import InputPropertiesError, InputPropertyError, RunError
from pulumi.provider import ConstructResult
from pulumi.provider.experimental.analyzer import PropertyDefinition
from pulumi.provider.experimental.component import ComponentProvider
from pulumi.provider.server import ComponentInitError, ProviderServicer
from pulumi.resource import DependencyResource
from pulumi.runtime._grpc_settings import _GRPC_CHANNEL_OPTIONS
from pulumi.runtime.proto import provider_pb2_grpc
from pulumi.runtime.settings import _get_rpc_manager

from mesh_wasm import __version__
from mesh_wasm_pulumi._telling.refusal import PATIENCE
from mesh_wasm_pulumi._values.ledger import Ledger, ledger, use_ledger
from mesh_wasm_pulumi.tokens import NAMESPACE, PACKAGE

from . import wire
from .inputs import Fields, read_object
from .quiet import Quiet
from .schema import complete_schema
from .wording import in_wire_words


class StrictComponentProvider(ComponentProvider):
    """Serves component classes, with what the SDK's provider gets wrong put right."""

    def __init__(self, components: Sequence[type[pulumi.ComponentResource]], version: str = __version__) -> None:
        super().__init__(list(components), PACKAGE, NAMESPACE, version)
        self.schema = complete_schema(self, PACKAGE, NAMESPACE, version)

    def construct(
        self, name: str, resource_type: str, inputs: Any, options: pulumi.ResourceOptions | None = None
    ) -> ConstructResult:
        """Make the component; the answer waits for the checks that it has put off."""
        try:
            made = super().construct(name, resource_type, inputs, options)
        except ComponentInitError as error:
            if isinstance(error.inner, InputPropertiesError | InputPropertyError | RunError):
                raise error.inner from None
            raise
        finally:
            checks = ledger().take_awaited()
        return ConstructResult(pulumi.Output.from_input(_after(checks, ledger().components[-1])), made.state)

    def map_inputs(self, inputs: Any, component_def: Any) -> Any:
        """The inputs in their wire names: findings then speak of them as the user wrote them."""
        return read_object(inputs, component_def.inputs, self._fields_of)

    def get_state(self, instance: pulumi.ComponentResource, component_def: Any) -> dict[str, Any]:
        """The outputs as the component gives them: in wire names already."""
        state = {key: getattr(instance, name, None) for key, name in component_def.outputs_mapping.items()}
        return {key: value for key, value in state.items() if value is not None}

    def _fields_of(self, prop: PropertyDefinition) -> Fields | None:
        found = self.get_type_definition(prop) if prop.ref else None
        return None if found is None or found.enum else found.properties


async def _sent() -> None:
    """Wait until what a refused component has begun is sent: itself, and what is said beside its errors.

    The SDK waits for that after a success only. The engine may end the program at the first refusal, and what comes later
    is lost, or meets an address where nobody listens any more; gRPC then refuses that address to the next deployment, too.
    """
    await asyncio.sleep(0)  # what was begun is queued now
    begun: list[Any] = [*_get_rpc_manager().rpcs]
    if begun:
        await asyncio.wait(begun, timeout=PATIENCE)
    await asyncio.sleep(0.01)  # the messages are sent by tasks that wait for the URN of the component


async def _after(checks: list[pulumi.Output[Any]], component: pulumi.Resource) -> Any:
    for check in checks:
        await check.future(with_unknowns=True)
    urn = await component.urn.future()
    if urn is not None:
        ledger().by_urn[urn] = component  # from now on the program can hand it to others
    return urn


@dataclass
class _Deployment:
    """One preview or update that the plugin serves."""

    quiet: Quiet
    ledger: Ledger = field(default_factory=lambda: Ledger(hosted=True, say=in_wire_words))
    constructed: set[tuple[str, str, str]] = field(default_factory=set)


class Servicer(ProviderServicer):
    """The gRPC service. One ledger per deployment, so that components of one program see each other's plans."""

    def __init__(
        self, provider: StrictComponentProvider, args: list[str], engine_address: str, quiet: float | None = None
    ) -> None:
        super().__init__(provider, args, engine_address)
        self._quiet = quiet
        self._deployments: dict[tuple[object, ...], _Deployment] = {}

    async def _construct(self, request: Any, context: Any) -> Any:
        deployment = self._deployment(request)
        use_ledger(deployment.ledger)
        deployment.quiet.begin()
        refused: Exception | None = None
        try:
            return await super()._construct(request, context)
        except Exception as error:
            await _sent()
            refused = error
        finally:
            deployment.quiet.end()
        await deployment.quiet.hold()
        raise refused

    def _deployment(self, request: Any) -> _Deployment:
        """The deployment that asks; a component that comes again begins a new one at the same address."""
        key = (request.monitorEndpoint, request.project, request.stack, request.dryRun)
        component = (request.parent, request.type, request.name)
        deployment = self._deployments.get(key)
        if deployment is None or component in deployment.constructed:
            deployment = self._deployments[key] = _Deployment(Quiet(self._quiet))
        deployment.constructed.add(component)
        return deployment

    @staticmethod
    async def _construct_inputs(inputs: Any, input_dependencies: Mapping[str, Any]) -> dict[str, Any]:
        # The resources that the inputs come from are added to the options: see _construct_options.
        return {key: wire.decode(value) for key, value in inputs.fields.items()}

    @staticmethod
    def _construct_options(request: Any) -> pulumi.ResourceOptions:
        """The options of the call. What the inputs come from becomes a dependency: known values are plain from here on."""
        options = ProviderServicer._construct_options(request)
        given = set(request.dependencies)
        origins = {urn for origin in request.inputDependencies.values() for urn in origin.urns}
        added = sorted(urn for urn in origins - given if not _is_provider(urn))
        options.depends_on = [*options.depends_on, *(DependencyResource(urn) for urn in added)]  # type: ignore[misc]
        return options


def _is_provider(urn: str) -> bool:
    return urn.split("::")[2].split("$")[-1].startswith("pulumi:providers:")


def serve(
    components: Sequence[type[pulumi.ComponentResource]], argv: Sequence[str], quiet: float | None = None
) -> None:
    """Run the plugin until the engine ends it: print the port, then answer.

    :param argv: Holds the engine's address.
    :param quiet: Seconds of quiet after which the refusals of a deployment are answered; see :mod:`.quiet`.
    """
    addresses = [arg for arg in argv if not arg.startswith("-")]
    if not addresses:
        sys.exit("mesh-wasm's component provider is started by Pulumi; see `pulumi package add`.")

    async def run() -> None:
        server = grpc.aio.server(options=_GRPC_CHANNEL_OPTIONS)
        servicer = Servicer(StrictComponentProvider(components), list(argv), addresses[0], quiet)
        provider_pb2_grpc.add_ResourceProviderServicer_to_server(servicer, server)
        port = server.add_insecure_port("127.0.0.1:0")
        await server.start()
        print(port, flush=True)
        await server.wait_for_termination()

    with suppress(KeyboardInterrupt):
        asyncio.run(run())
