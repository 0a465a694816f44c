"""One entry of the lock file: from JSON and back; its form is told in :mod:`.lockfile`.

What was edited by hand is refused here, where it can be told, and not later by whoever counts on it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from .locked import Artifact, LockedModule, LockedSchema, ModuleFacts, Signature, TrialVerdict


def read_entry(url: str, entry: Any) -> LockedModule:
    """Raises :class:`KeyError`, :class:`TypeError`, :class:`ValueError` or :class:`AttributeError` where it is none."""
    artifact, module, schema = entry["artifact"], entry["module"], entry.get("schema")
    return LockedModule(
        url,
        None if artifact is None else _artifact(artifact),
        None if module is None else _facts(module),
        None
        if schema is None
        else LockedSchema(_text(schema["source"]), _text(schema["digest"]), dict(schema["document"])),
        tuple(
            Signature(_text(one["by"]), _text(one["form"]), _text(one["digest"])) for one in entry.get("signatures", ())
        ),
        tuple(
            TrialVerdict(
                _text(one["configuration"]),
                _text(one["envoy"]),
                _flag(one["accepted"]),
                _text(one["says"]),
                _texts(one.get("hidden", [])),
                _text(one.get("mark", "")),
                _text(one.get("key", "")),
            )
            for one in entry.get("verdicts", ())
        ),
        _text(entry.get("resolved", "")),
        {key: value for key, value in entry.items() if key not in _KNOWN},
    )


_KNOWN = ("artifact", "module", "resolved", "schema", "signatures", "verdicts")


def _artifact(value: Mapping[str, Any]) -> Artifact:
    return Artifact(
        _text(value["digest"]),
        _text(value["mediaType"]),
        _texts(value.get("layers", [])),
        _maybe(value.get("layout")),
        _maybe(value.get("refused")),
        _maybe(value.get("index")),
    )


def _facts(value: Mapping[str, Any]) -> ModuleFacts:
    roots = value.get("rootIds")
    return ModuleFacts(
        _text(value["sha256"]),
        _number(value["size"]),
        _maybe(value.get("abi")),
        _texts(value.get("imports", [])),
        _texts(value.get("exports", [])),
        _flag(value.get("memory", True)),
        None if roots is None else _texts(roots),
        _maybe(value.get("damaged")),
        _maybe(value.get("unread")),
    )


def entry_document(one: LockedModule) -> dict[str, Any]:
    """The JSON object of an entry."""
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


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _maybe(value: Any) -> str | None:
    return None if value is None else _text(value)


def _texts(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise TypeError
    return tuple(map(_text, value))


def _number(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError
    return value


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise TypeError
    return value
