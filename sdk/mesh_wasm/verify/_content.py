"""Whether a filter has the content that the plan gives it. Values are compared, never shown."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any

from mesh_wasm.findings.finding import Path, format_path
from mesh_wasm.values.image import ImageError, ModuleUrl, reference_of

from ._proxydump import Filter
from .planned import MARKS, Planned

_POLICIES = {"FAIL_OPEN": "FAIL_OPEN", "FAIL_RELOAD": "FAIL_RELOAD", "FAIL_CLOSE": "FAIL_CLOSED"}


def differences(plugin: Planned, filter_: Filter) -> list[str]:
    """What is different, as phrases such as ``image`` or ``pluginConfig (mode)``; empty if nothing is."""
    if plugin.script is not None:
        same = any(mark in plugin.script for mark in MARKS) or plugin.script == filter_.script
        return [] if same else ["lua.inlineCode"]
    if filter_.script is not None:
        return ["module (it is a Lua script)"]
    return list(_differences(plugin.spec, filter_))


def _differences(spec: Mapping[str, Any], filter_: Filter) -> Iterator[str]:
    if _other_module(spec, filter_.module_file):
        yield "module"
    # Istio sends no configuration at all for an empty one.
    paths = list(_unequal(spec.get("pluginConfig") or None, filter_.plugin_config, ()))
    if paths:
        yield f"pluginConfig ({', '.join(format_path(path) or 'as a whole' for path in paths)})"
    env = (spec.get("vmConfig") or {}).get("env") or ()
    inline = {one.get("name"): one.get("value", "") for one in env if one.get("valueFrom", "INLINE") == "INLINE"}
    host = {one.get("name") for one in env if one.get("valueFrom") == "HOST"}
    if list(_unequal(inline, dict(filter_.env), ())) or host != filter_.host_env:
        yield "vmConfig.env"
    config = filter_.config or {}
    strategy = spec.get("failStrategy") or "FAIL_CLOSE"
    if strategy not in MARKS and "failure_policy" in config and config["failure_policy"] != _POLICIES.get(strategy):
        yield "failStrategy"
    root_id = spec.get("pluginName") or ""
    if root_id not in MARKS and root_id != config.get("root_id", ""):
        yield "pluginName"


def _other_module(spec: Mapping[str, Any], file: str) -> bool:
    """Whether the file is surely not that of the planned URL; the agent names files by module and checksum."""
    try:
        url = ModuleUrl.parse(str(spec.get("url", "")))
        if url.scheme == "file":
            return file != url.rest
        checksum, name = str(spec.get("sha256") or ""), str(url)
        if url.scheme == "oci":
            image = reference_of(url)
            checksum = checksum or (image.digest or "").removeprefix("sha256:")
            name = f"oci://{image.registry}/{image.repository}"
    except ImageError:
        return False
    if any(mark in text for mark in MARKS for text in (checksum, name)):
        return False
    directory, _, stem = file.removesuffix(".wasm").rpartition("/")
    other_name = directory.rpartition("/")[2] != hashlib.sha256(name.encode()).hexdigest()
    return other_name or (bool(checksum) and checksum != stem)


def _unequal(planned: Any, found: Any, path: Path) -> Iterator[Path]:
    """Where the two differ; what the plan does not show is taken to be equal."""
    if isinstance(planned, str) and any(mark in planned for mark in MARKS):
        return
    if isinstance(planned, Mapping) and isinstance(found, Mapping):
        for key in sorted({*planned, *found}):
            if key in planned and key in found:
                yield from _unequal(planned[key], found[key], (*path, key))
            else:
                yield (*path, key)
    elif isinstance(planned, list) and isinstance(found, list) and len(planned) == len(found):
        for index, (one, other) in enumerate(zip(planned, found, strict=True)):
            yield from _unequal(one, other, (*path, index))
    elif _number(planned) and _number(found):
        if float(planned) != float(found):  # the wire knows doubles only
            yield path
    elif planned != found or isinstance(planned, bool) != isinstance(found, bool):
        yield path


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
