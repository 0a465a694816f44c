"""Walking over the known parts of a plugin's spec."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeVar

from mesh_wasm.deferred import Deferred, known
from mesh_wasm.plugin import WasmPluginSpec
from mesh_wasm.vmconfig import EnvVar, VmConfig

T = TypeVar("T")


def items(values: Sequence[T | Deferred] | Deferred | None) -> Iterator[tuple[int, T]]:
    """The known items of a list, each with its index."""
    if values is None or isinstance(values, Deferred):
        return
    for index, value in enumerate(values):
        if not isinstance(value, Deferred):
            yield index, value


def env_vars(spec: WasmPluginSpec) -> Iterator[tuple[int, EnvVar]]:
    """The known environment variables, each with its index."""
    yield from env_vars_of(spec.vm_config)


def env_vars_of(config: VmConfig | Deferred | None) -> Iterator[tuple[int, EnvVar]]:
    """The known environment variables of a VM configuration, each with its index."""
    plain = known(config)
    if plain is not None:
        yield from items(plain.env)


def match_ports(spec: WasmPluginSpec) -> Iterator[tuple[int, int, int]]:
    """The known ports of all traffic selectors: index of the selector, index of the port, number."""
    for i, selector in items(spec.match):
        for j, port in items(selector.ports):
            number = known(port.number)
            if number is not None:
                yield i, j, number
