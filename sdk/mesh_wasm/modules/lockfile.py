"""``mesh-wasm.lock``: what each module of a plan was found to be. Preview reads it, and nothing else of modules.

One JSON object, in UTF-8, with keys sorted and a line for each value, so that a difference reads well::

    {
      "modules": {
        "oci://registry.acme.io/filters/acl:1.4.2": {        the URL as the plugins have it, mirrors applied
          "artifact": {                                       of an image; null for a file of an http server
            "digest": "sha256:…",                             of the manifest at which Istio's fetcher ends
            "index": "sha256:…" | null,                       of the index that the reference names, if it is one
            "layers": ["application/…", …],                   media types, in order
            "layout": "docker" | "compat" | "artifact" | null
            "mediaType": "application/…",
            "refused": null | "…"                             why Istio's fetcher refuses it: then module is null
          },
          "module": {                                         null where it cannot be fetched by Istio
            "abi": "0.1.0" | "0.2.0" | "0.2.1" | null,
            "damaged": null | "…",                            why it is no whole Wasm binary: then nothing more is known
            "exports": ["proxy_on_request_headers(i32, i32, i32) -> i32", …],   functions that Envoy may call; sorted
            "imports": ["env.proxy_log(i32, i32, i32) -> i32", "env.memory memory", …],                      sorted
            "memory": true,
            "rootIds": ["acl", …] | null,                     null: not known
            "sha256": "…", "size": 170123,                    of the Wasm binary; bytes
            "unread": null | "…"                              why it was not read, though it may be sound
          },
          "resolved": "2026-11-26T21:30:00Z",                 when it became what it is here
          "schema": {"digest": "sha256:…", "document": {…}, "source": "…"} | null,
          "signatures": [{"by": "…", "digest": "sha256:…", "form": "…"}, …],
          "verdicts": [                                       of trials: see :class:`.locked.TrialVerdict`; sorted
            {"accepted": true, "configuration": "sha256:…", "envoy": "1.40.0", "says": "",
             "hidden": ["pluginConfig.token"], "mark": "…", "key": "…"}, …     the last three where it holds secrets
          ]
        }
      },
      "version": 1
    }

What a later mesh-wasm adds to version 1 is kept as it stands by :func:`read_lock` and :func:`lock_text`, in ``more``;
what it changes comes with another version, which is refused.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from mesh_wasm.values.report_key import kept_report_key

from .locked import FILE_NAME, Artifact, Lock, LockedModule, LockedSchema, ModuleFacts, Signature, TrialVerdict

VERSION = 1


class LockError(ValueError):
    """The lock file cannot be read; the text is a finished sentence."""


def read_lock(path: Path) -> Lock | None:
    """The lock file at ``path``; None where there is none. Raises :class:`LockError`."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise LockError(f"{path} cannot be read: {_why(error)}.") from None
    lock = parse_lock(text, path.name)
    marked = any(verdict.mark for one in lock.modules.values() for verdict in one.verdicts)
    return replace(lock, key=kept_report_key()) if marked else lock


def parse_lock(text: str, name: str = FILE_NAME) -> Lock:
    """Read the text of a lock file. Raises :class:`LockError`."""
    try:
        document = json.loads(text)
    except ValueError as error:
        line = f", line {error.lineno}" if isinstance(error, json.JSONDecodeError) else ""
        raise LockError(f"{name}{line}: it is no JSON. {_MEND}") from None
    if not isinstance(document, dict) or not isinstance(document.get("modules"), dict):
        raise LockError(f"{name}: it is no lock file of mesh-wasm. {_MEND}")
    version = document.get("version")
    if not isinstance(version, int) or version > VERSION:
        says = f"it is of version {version}, and this mesh-wasm reads version {VERSION}"
        raise LockError(f"{name}: {says}. Use the mesh-wasm that wrote it, or a newer one.")
    modules = {}
    for url, entry in document["modules"].items():
        try:
            modules[url] = _module(url, entry)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            where = f" ({error})" if isinstance(error, KeyError) else ""
            raise LockError(f"{name}: the entry {url} is not what mesh-wasm writes{where}. {_MEND}") from None
    return Lock(modules, name, {key: value for key, value in document.items() if key not in ("modules", "version")})


_MEND = "Remove the file, and make it anew with mesh-wasm lock."


def lock_text(lock: Lock) -> str:
    """The text of a lock file; the same lock gives the same bytes."""
    document = {**lock.more, "modules": {url: _document(one) for url, one in lock.modules.items()}, "version": VERSION}
    return json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def write_lock(path: Path, lock: Lock) -> None:
    """Write the lock where it is not the same already. Raises :class:`LockError`."""
    text = lock_text(lock)
    try:
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8", newline="\n")
    except (OSError, UnicodeDecodeError) as error:
        raise LockError(f"{path} cannot be written: {_why(error)}.") from None


def _module(url: str, entry: Mapping[str, Any]) -> LockedModule:
    artifact, module, schema = entry["artifact"], entry["module"], entry.get("schema")
    return LockedModule(
        url,
        None if artifact is None else _artifact(artifact),
        None if module is None else _facts(module),
        None if schema is None else LockedSchema(schema["source"], schema["digest"], dict(schema["document"])),
        tuple(Signature(one["by"], one["form"], one["digest"]) for one in entry.get("signatures", ())),
        tuple(
            TrialVerdict(
                one["configuration"],
                one["envoy"],
                one["accepted"],
                one["says"],
                tuple(one.get("hidden", ())),
                one.get("mark", ""),
                one.get("key", ""),
            )
            for one in entry.get("verdicts", ())
        ),
        entry.get("resolved", ""),
        {key: value for key, value in entry.items() if key not in _KNOWN},
    )


_KNOWN = ("artifact", "module", "resolved", "schema", "signatures", "verdicts")


def _artifact(value: Mapping[str, Any]) -> Artifact:
    return Artifact(
        value["digest"],
        value["mediaType"],
        tuple(value.get("layers", ())),
        value.get("layout"),
        value.get("refused"),
        value.get("index"),
    )


def _facts(value: Mapping[str, Any]) -> ModuleFacts:
    roots = value.get("rootIds")
    return ModuleFacts(
        value["sha256"],
        value["size"],
        value.get("abi"),
        tuple(value.get("imports", ())),
        tuple(value.get("exports", ())),
        value.get("memory", True),
        None if roots is None else tuple(roots),
        value.get("damaged"),
        value.get("unread"),
    )


def _document(one: LockedModule) -> dict[str, Any]:
    artifact, module, schema = one.artifact, one.module, one.schema
    return {
        **one.more,
        "artifact": artifact
        and {
            "digest": artifact.digest,
            "index": artifact.index,
            "layers": list(artifact.layers),
            "layout": artifact.layout,
            "mediaType": artifact.media_type,
            "refused": artifact.refused,
        },
        "module": module
        and {
            "abi": module.abi,
            "damaged": module.damaged,
            "exports": _sorted(module.exports),
            "imports": _sorted(module.imports),
            "memory": module.memory,
            "rootIds": None if module.root_ids is None else _sorted(module.root_ids),
            "sha256": module.sha256,
            "size": module.size,
            "unread": module.unread,
        },
        "resolved": one.resolved,
        "schema": schema and {"digest": schema.digest, "document": schema.document, "source": schema.source},
        "signatures": [
            {"by": sig.by, "digest": sig.digest, "form": sig.form}
            for sig in sorted(one.signatures, key=lambda sig: (sig.by, sig.form, sig.digest))
        ],
        "verdicts": [
            _verdict(said)
            for said in sorted(one.verdicts, key=lambda said: (said.configuration, said.envoy, said.hidden, said.mark))
        ],
    }


def _verdict(said: TrialVerdict) -> dict[str, Any]:
    told = {"accepted": said.accepted, "configuration": said.configuration, "envoy": said.envoy, "says": said.says}
    secret = {"hidden": list(said.hidden), "mark": said.mark, "key": said.key}
    return {**told, **{name: value for name, value in secret.items() if value}}


def _sorted(texts: Iterable[str]) -> list[str]:
    return sorted(texts)


def _why(error: Exception) -> str:
    return str(error.strerror).lower() if isinstance(error, OSError) else "it is not UTF-8"
