"""An error hook on every object that mesh-wasm writes: it says what a cluster's refusal means and how to mend it.

The engine calls it during `pulumi up` when the provider has given up on an object. It never retries, and it changes
nothing. Where there is nobody to call it, the provider's own words have to do.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pulumi
from pulumi.runtime import get_root_resource, is_dry_run
from pulumi.runtime.mocks import MockMonitor
from pulumi.runtime.proto import resource_pb2
from pulumi.runtime.settings import get_monitor, monitor_supports_feature

from mesh_wasm.findings.faults import Failed, explain
from mesh_wasm_pulumi._values.ledger import Ledger, ledger

HOOK = "mesh-wasm-explain"
_FEATURE: int = getattr(resource_pb2, "RESOURCE_MONITOR_FEATURE_ERROR_HOOKS", -1)


@dataclass(frozen=True, slots=True)
class Child:
    """An object that the hook may have to speak about."""

    cluster: str
    kind: str
    metadata: Mapping[str, Any]
    options: pulumi.ResourceOptions


def watched(options: pulumi.ResourceOptions) -> pulumi.ResourceOptions:
    """The options with the hook; children that share the options share it as well."""
    book = ledger()
    if book.fault_hook is None and _wanted(book):
        book.fault_hook = pulumi.ErrorHook(HOOK, lambda args: _tell(book, args))
    if book.fault_hook is None:
        return options
    hooks = pulumi.ResourceHookBinding(on_error=[book.fault_hook])
    return pulumi.ResourceOptions.merge(options, pulumi.ResourceOptions(hooks=hooks))


def remember(
    name: str, cluster: str, kind: str, metadata: Mapping[str, Any], options: pulumi.ResourceOptions
) -> pulumi.ResourceOptions:
    """Note what the hook has to know of the child called ``name``, and return its options."""
    book = ledger()
    if book.fault_hook is not None:
        book.children[kind, name] = Child(cluster, kind, metadata, options)
    return options


def _wanted(book: Ledger) -> bool:
    # A preview writes nothing. The plugin lives as long as the program that it serves, and the hook with it.
    if is_dry_run() or (not book.hosted and get_root_resource() is None) or isinstance(get_monitor(), MockMonitor):
        return False
    return monitor_supports_feature(_FEATURE)


async def _tell(book: Ledger, args: pulumi.ErrorHookArgs) -> bool:
    child = book.children.get((args.type.rpartition(":")[2], args.name))
    if child is not None and args.errors:
        namespace, name = [await _text(child.metadata[part]) for part in ("namespace", "name")]
        # Without these options it would be protected from then on, and code be written for what a component declares.
        command = f"pulumi import --protect=false --generate-code=false {args.type} {args.name} {namespace}/{name}"
        for option, resource in (("--parent", child.options.parent), ("--provider", child.options.provider)):
            if resource is not None:
                command += f" {option} '{resource.pulumi_resource_name}={await _text(resource.urn)}'"
        sentence = explain(Failed(child.cluster, child.kind, namespace, name, command), args.errors[0], book.remedies)
        if sentence is not None:
            pulumi.log.error(book.say(sentence))
    return False


async def _text(value: Any) -> str:
    return str(await value.future() if isinstance(value, pulumi.Output) else value)
