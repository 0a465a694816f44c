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

import contextlib
import json
import os
import re
import shutil
from dataclasses import replace
from pathlib import Path

from mesh_wasm.values.module_urls.shown import shown_url

from .locked import FILE_NAME, Lock
from .lockentry import entry_document, read_entry

VERSION = 1


class LockError(ValueError):
    """The lock file cannot be read; the text is a finished sentence."""


def read_lock(path: Path) -> Lock | None:
    """The lock file at ``path``; None where there is none. Raises :class:`LockError`."""
    try:
        text = path.read_text(encoding="utf-8-sig")  # some editors of Windows put a mark before it
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise LockError(f"{path} cannot be read: {_why(error)}.") from None
    lock = parse_lock(text, path.name)
    marked = any(verdict.mark for one in lock.modules.values() for verdict in one.verdicts)
    if not marked:
        return lock
    from mesh_wasm.values.report_key import kept_report_key  # only verdicts of modules with secrets need it

    return replace(lock, key=kept_report_key())


def parse_lock(text: str, name: str = FILE_NAME) -> Lock:
    """Read the text of a lock file. Raises :class:`LockError`."""
    try:
        document = json.loads(text)
    except RecursionError:
        raise LockError(f"{name}: it is no lock file of mesh-wasm. {_MEND}") from None
    except ValueError as error:
        if (conflict := _CONFLICT.search(text)) is not None:
            at = text.count("\n", 0, conflict.start()) + 1
            raise LockError(f"{name}, line {at}: it holds a merge conflict. {_MERGE}") from None
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
            modules[url] = read_entry(url, entry)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            where = f" ({error})" if isinstance(error, KeyError) else ""
            raise LockError(
                f"{name}: the entry {shown_url(url)} is not what mesh-wasm writes{where}. {_MEND}"
            ) from None
    return Lock(modules, name, {key: value for key, value in document.items() if key not in ("modules", "version")})


_MEND = "Remove the file, and make it anew with mesh-wasm lock."
_MERGE = "Take the file of either side, whole, and run mesh-wasm lock: it adds what the other side had."
_CONFLICT = re.compile(r"^(<<<<<<<|=======|>>>>>>>|\|\|\|\|\|\|\|)", re.MULTILINE)


def lock_text(lock: Lock) -> str:
    """The text of a lock file; the same lock gives the same bytes."""
    document = {
        **lock.more,
        "modules": {url: entry_document(one) for url, one in lock.modules.items()},
        "version": VERSION,
    }
    return json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def write_lock(path: Path, lock: Lock) -> None:
    """Write the lock where it is not the same already, all at once. Raises :class:`LockError`."""
    text, path = lock_text(lock), path.resolve()  # where a link leads
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        if path.exists():
            if path.read_text(encoding="utf-8-sig") == text:
                return
            beside.touch()
            shutil.copymode(path, beside)
        beside.write_text(text, encoding="utf-8", newline="\n")
        beside.replace(path)
    except (OSError, UnicodeDecodeError) as error:
        raise LockError(f"{path} cannot be written: {_why(error)}.") from None
    finally:
        with contextlib.suppress(OSError):  # where it could not be made, it cannot be looked for either
            beside.unlink()


def with_changes(current: Lock, before: Lock, after: Lock) -> Lock:
    """A lock as it is by now, with what has changed from ``before`` to ``after``: another run may have written between."""
    modules = {url: one for url, one in current.modules.items() if url in after.modules or url not in before.modules}
    changed = {url: one for url, one in after.modules.items() if url not in modules or before.modules.get(url) != one}
    return replace(after, modules={**modules, **changed}, more={**after.more, **current.more})


def _why(error: Exception) -> str:
    return str(error.strerror).lower() if isinstance(error, OSError) else "it is not UTF-8"
