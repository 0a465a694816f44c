"""What can be seen of a kubeconfig before the provider uses it. Nothing of it but names of contexts is ever shown."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from mesh_wasm.findings import placing
from mesh_wasm.findings.finding import Finding, quoted


def kubeconfig_finding(kubeconfig: Any, context: str | None) -> Finding | None:
    """What is wrong with a kubeconfig, as far as it is known.

    :param kubeconfig: Its text or path; anything else is not known yet.
    :param context: The context that is wanted; None is its current context.
    """
    if not isinstance(kubeconfig, str):
        return None
    if not kubeconfig.strip():
        # The provider takes an empty text for none at all, and writes to wherever the environment's kubeconfig leads.
        return placing.NO_CONTEXT.at("kubeconfig", says="it is empty.", fix=_GIVE)
    text = kubeconfig if "\n" in kubeconfig or kubeconfig.lstrip().startswith("{") else _content(kubeconfig)
    if text is None:
        says = "it is neither a kubeconfig nor the path of one that can be read."
        return placing.NO_CONTEXT.at("kubeconfig", says=says, fix=_GIVE)
    try:
        document = yaml.safe_load(text)
        contexts = [entry["name"] for entry in document["contexts"]]
        current = document.get("current-context")
    except (yaml.YAMLError, TypeError, KeyError, AttributeError):
        return placing.NO_CONTEXT.at("kubeconfig", says="it cannot be read as a kubeconfig with contexts.", fix=_GIVE)
    wanted = context or current
    if wanted in contexts:
        return None
    has = f"it has {', '.join(map(str, contexts)) or 'none'}."
    if not wanted:
        return placing.NO_CONTEXT.at("context", says=f"the kubeconfig has no current context; {has}")
    return placing.NO_CONTEXT.at("context", says=f"the kubeconfig has no context {quoted(wanted)}; {has}")


_GIVE = "Give the text or the path of a kubeconfig."


def _content(path: str) -> str | None:
    """The text of the file; None if there is no such file. The name is not shown: it may be a kubeconfig in base64."""
    try:
        return Path(path).expanduser().read_text()
    except (OSError, ValueError, RuntimeError):
        return None
