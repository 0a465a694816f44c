"""Walking over the known parts of a plugin's spec."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeVar

from mesh_wasm.findings.finding import Path
from mesh_wasm.model.plugin import WasmPluginSpec
from mesh_wasm.model.selector import PolicyTargetReference
from mesh_wasm.model.vm import EnvVar, VmConfig
from mesh_wasm.values.deferred import SCALARS, Deferred, known

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


def labels_of(spec: WasmPluginSpec) -> dict[str, str | None]:
    """The labels of the selector; the value is None where it is deferred."""
    selector = known(spec.selector)
    labels = known(selector.match_labels) if selector else None
    return {key: known(value) for key, value in (labels or {}).items()}


def references_of(spec: WasmPluginSpec) -> Iterator[tuple[Path, PolicyTargetReference]]:
    """The known target references, each with its path."""
    single = known(spec.target_ref)
    if single is not None:
        yield ("targetRef",), single
    for index, reference in items(spec.target_refs):
        yield ("targetRefs", index), reference


def leaves(value: Any, *path: str | int) -> Iterator[tuple[Path, Any]]:
    """The known leaves of a free-form object, in its order, each with its path; deep nesting does no harm."""
    stack = [(path, _inside(value))]
    while stack:
        here, rest = stack[-1]
        for key, item in rest:
            if type(item) in SCALARS:
                yield (*here, key), item
            elif isinstance(item, _CONTAINERS):
                stack.append(((*here, key), _inside(item)))
                break
            elif not isinstance(item, Deferred):
                yield (*here, key), item
        else:
            stack.pop()


_CONTAINERS = (dict, list, tuple, Mapping)


def _inside(value: Any) -> Iterator[tuple[str | int, Any]]:
    if isinstance(value, list | tuple):
        return iter(enumerate(value))
    return iter(value.items()) if isinstance(value, Mapping) else iter(())
