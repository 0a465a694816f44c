"""What the rules about pull secrets (:mod:`~mesh_wasm.findings.pull_secrets`) say of a Secret that exists already."""

from __future__ import annotations

from collections.abc import Iterator

from mesh_wasm.findings.finding import Finding
from mesh_wasm.findings.pull_secrets import NOT_THERE
from mesh_wasm.values.docker_config import SECRET_TYPE, keys_of, problems, serves
from mesh_wasm.values.module_urls.shown import shown_url


def existing_findings(where: str, type_: str | None, text: str | None, registry: str | None) -> Iterator[Finding]:
    """What the rules say of a Secret that exists already.

    :param where: The Secret in words, e.g. ``Secret edge/regcred``.
    :param type_: Its type.
    :param text: Its docker configuration, if it holds one.
    :param registry: The registry of the image that it is needed for, if known.
    """
    if type_ != SECRET_TYPE:
        yield NOT_THERE.at(says=f"its type is {type_}, not {SECRET_TYPE}.", subject=where)
        return
    for problem in problems(text or ""):
        yield NOT_THERE.at(says=problem, subject=where)
    keys = keys_of(text or "")
    if keys and registry is not None and not serves(keys, registry):
        says = f"the image comes from {registry}, and it serves {', '.join(map(shown_url, keys))} only."
        yield NOT_THERE.at(says=says, subject=where)
