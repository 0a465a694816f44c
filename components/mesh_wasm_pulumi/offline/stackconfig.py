"""Reading Pulumi.yaml and Pulumi.<stack>.yaml without the Pulumi CLI.

Encrypted values stay encrypted: a secret that cannot be decrypted here is a secret Output whose value is unknown.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pulumi
import yaml

from mesh_wasm.findings.suggestions import did_you_mean, suggestion
from mesh_wasm.model.parse import kind_of_value


class ProjectError(Exception):
    """The folder is no Pulumi Python project that can be run; the message says why and how to mend it."""


@dataclass(frozen=True, slots=True)
class Project:
    """A project and the configuration of one of its stacks."""

    name: str
    entry: Path
    """File or folder to run."""
    config: dict[str, str] = field(default_factory=dict)
    """Full keys and their values, as the engine hands them over."""
    secret_keys: list[str] = field(default_factory=list)
    sealed: frozenset[str] = frozenset()
    """Keys whose values are encrypted."""

    @classmethod
    def read(cls, folder: Path, stack: str) -> Project:
        """Read the project in ``folder``. Raises :class:`ProjectError`."""
        manifest = folder / "Pulumi.yaml"
        if not manifest.is_file():
            raise ProjectError(f"{folder} holds no Pulumi.yaml; name the folder of a Pulumi project.")
        document = _load(manifest)
        name = document.get("name")
        if not isinstance(name, str):
            raise ProjectError(f"{manifest}: the project has no name; add 'name: …'.")
        runtime = document.get("runtime")
        language = runtime.get("name") if isinstance(runtime, Mapping) else runtime
        if language != "python":
            raise ProjectError(f"{manifest}: the runtime is {language}; only Python programs can be run in-process.")
        _known_stack(folder, stack)
        config, sealed = _config(name, document, folder, stack)
        return cls(name, _entry(folder, document), config, sorted(sealed), frozenset(sealed))


def _known_stack(folder: Path, stack: str) -> None:
    """Refuse a stack without a file where others have one: very likely its name is misspelt, and nothing is configured."""
    there = sorted(path.name.removeprefix("Pulumi.").removesuffix(".yaml") for path in folder.glob("Pulumi.*.yaml"))
    if there and stack not in there:
        has = f"{folder} has no Pulumi.{stack}.yaml; its stacks are {', '.join(there)}"
        raise ProjectError(f"{has}{did_you_mean(suggestion(stack, there), '')} Name one with --stack.")


def _entry(folder: Path, document: Mapping[str, Any]) -> Path:
    entry = folder / str(document.get("main", "."))
    if entry.is_dir() and not (entry / "__main__.py").is_file():
        raise ProjectError(f"{entry} holds no __main__.py; 'main' in Pulumi.yaml names the program.")
    if not entry.exists():
        raise ProjectError(f"{entry} does not exist; 'main' in Pulumi.yaml names the program.")
    return entry


def _config(project: str, document: Mapping[str, Any], folder: Path, stack: str) -> tuple[dict[str, str], set[str]]:
    config: dict[str, str] = {}
    sealed: set[str] = set()
    for key, declared in _section(document, folder / "Pulumi.yaml").items():
        full = key if ":" in key else f"{project}:{key}"
        value = declared.get("default", declared.get("value")) if isinstance(declared, Mapping) else declared
        if value is not None:
            config[full] = _text(value)
    settings = folder / f"Pulumi.{stack}.yaml"
    for key, value in (_section(_load(settings), settings) if settings.is_file() else {}).items():
        full = key if ":" in key else f"{project}:{key}"
        if _is_sealed(value):
            sealed.add(full)
            config[full] = ""
        else:
            config[full] = _text(value)
            sealed.discard(full)
    return config, sealed


def _section(document: Mapping[str, Any], path: Path) -> dict[str, Any]:
    """The configuration that a file sets, by key."""
    config = document.get("config")
    if config is None:
        return {}
    if not isinstance(config, dict):
        raise ProjectError(
            f"{path}: config is {kind_of_value(config)}; write its keys below it: 'config: {{key: value}}'."
        )
    for key in config:
        if not isinstance(key, str):
            raise ProjectError(f"{path}: config has the key {key}, which is no text; write it in quotes, or remove it.")
    return config


def _is_sealed(value: Any) -> bool:
    """An encrypted value, or an object that holds one."""
    if isinstance(value, Mapping):
        return "secure" in value or any(map(_is_sealed, value.values()))
    return isinstance(value, list) and any(map(_is_sealed, value))


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else json.dumps(value)


def _load(path: Path) -> dict[str, Any]:
    try:
        document = yaml.safe_load(path.read_text())
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        reason = str(error).replace("\n", " ")
        raise ProjectError(f"{path} cannot be read: {reason}.") from None
    if not isinstance(document, dict):
        raise ProjectError(f"{path} is not a YAML object.")
    return document


@contextlib.contextmanager
def undecrypted_secrets(keys: frozenset[str]) -> Iterator[None]:
    """While it lasts, reading one of the keys as a secret gives an Output that is secret and unknown."""
    if not keys:
        yield
        return
    names = ["", "_bool", "_int", "_float", "_object"]
    with contextlib.ExitStack() as stack:
        for method in [f"{verb}_secret{name}" for verb in ("get", "require") for name in names]:
            stack.enter_context(patch.object(pulumi.Config, method, _sealed(getattr(pulumi.Config, method), keys)))
        yield


def _sealed(original: Any, keys: frozenset[str]) -> Any:
    def read(self: pulumi.Config, key: str, *args: Any, **kwargs: Any) -> Any:
        if self.full_key(key) not in keys:
            return original(self, key, *args, **kwargs)
        return unknown_secret()

    return read


def unknown_secret() -> pulumi.Output[Any]:
    """A secret Output whose value is not known."""
    loop = asyncio.get_event_loop()

    def ready(value: Any) -> asyncio.Future[Any]:
        future: asyncio.Future[Any] = loop.create_future()
        future.set_result(value)
        return future

    return pulumi.Output(ready(set()), ready(pulumi.UNKNOWN), ready(False), ready(True))
