"""Security: a hole, or a secret in the open (family MW3xx)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from mesh_wasm.findings.examples import GOOD
from mesh_wasm.findings.finding import Finding, Path, Severity, quoted
from mesh_wasm.findings.rule import Family, rule
from mesh_wasm.values.deferred import known
from mesh_wasm.values.enums import FailStrategy, PluginPhase

from .subjects import PluginSubject
from .walk import env_vars, leaves

RESERVED_ENV = rule(
    "MW301",
    Severity.ERROR,
    Family.SECURITY,
    "An environment variable that Istio keeps for itself",
    why="ISTIO_META_WASM_… carry the pull secret to the proxy's agent; a user's variable of that name overwrites it.",
    fix="Choose a name that does not begin with ISTIO_META.",
    source="istio pilot/pkg/model/extensions.go",
    bad=GOOD + "  vmConfig: {env: [{name: ISTIO_META_WASM_IMAGE_PULL_SECRET, value: a}]}\n",
    good=GOOD + "  vmConfig: {env: [{name: MODE, value: a}]}\n",
)
SECRET_IN_CONFIG = rule(
    "MW307",
    Severity.WARNING,
    Family.SECURITY,
    "A value that looks like a secret",
    why="Configuration stands in plain text in the WasmPlugin, in istiod and in every proxy's configuration dump.",
    fix="Let the plugin fetch it at run time, or keep it in a Secret that the proxy mounts.",
    source="Istio WasmPlugin.pluginConfig: a plain field",
    bad=GOOD + '  pluginConfig: {upstream: {password: "c0rrect-h0rse"}}\n',
    good=GOOD + "  pluginConfig: {upstream: {passwordFile: /var/run/secrets/upstream}}\n",
)
FAIL_OPEN = rule(
    "MW308",
    Severity.WARNING,
    Family.SECURITY,
    "An authentication or authorization plugin that fails open",
    why="When the module cannot be fetched, every request passes as if there were no plugin; and so does every request "
    "after one that made it crash, for good, so that who can crash it can switch it off.",
    fix="Use FAIL_CLOSE, or FAIL_RELOAD on Istio 1.27 and newer, which starts a crashed plugin again after a second.",
    source="Istio's agent: FAIL_OPEN becomes allow-all (istio pkg/wasm/convert.go); seen live, docs/measured.md",
    bad=GOOD + "  phase: AUTHZ\n  failStrategy: FAIL_OPEN\n",
    good=GOOD + "  phase: AUTHZ\n  failStrategy: FAIL_CLOSE\n",
)

_SECRET_KEY = re.compile(
    r"(^|[^a-z])(password|passwd|passphrase|secret|token|credentials?|api_?key|access_?key|private_?key|signing_?key)$"
)
_SECRET_VALUE = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----"
    r"|\b(AKIA|ASIA)[0-9A-Z]{16}\b"
    r"|\bgh[pousr]_[A-Za-z0-9]{36}"
    r"|\bxox[abprs]-[A-Za-z0-9-]{10}"
    r"|\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\."
    r"|://[^/\s:@]+:[^/\s:@]+@"
)
_PLACEHOLDER = re.compile(r"^(\$\{.*\}|\{\{.*\}\}|<.*>|\*+|true|false|/.*|[a-z]+://[^@]*)$", re.DOTALL)
"""Values that stand for a secret, or for the place of one."""
_SHORTEST = 6
"""Fewer characters are a word, not a secret."""


@RESERVED_ENV.checks(PluginSubject)
def reserved_env(subject: PluginSubject) -> Iterator[Finding]:
    """Names that begin with ISTIO_META."""
    for index, env in env_vars(subject.spec):
        name = known(env.name)
        if name and name.startswith("ISTIO_META"):
            yield RESERVED_ENV.at("vmConfig", "env", index, "name", says=f"{quoted(name)} is reserved by Istio.")


@SECRET_IN_CONFIG.checks(PluginSubject)
def secret_in_config(subject: PluginSubject) -> Iterator[Finding]:
    """Keys and values of the configuration and of environment variables; the value is never told."""
    if subject.spec.plugin_config is not None:
        for path, value in leaves(subject.spec.plugin_config, "pluginConfig"):
            if isinstance(value, str):
                yield from _secret(path, value)
    for index, env in env_vars(subject.spec):
        inline = known(env.value)
        if inline:
            yield from _secret(("vmConfig", "env", index, "value"), inline, known(env.name) or "")


def _key(path: Path) -> str:
    """The name under which a value stands: the last part of its path that is no index."""
    return next((part for part in reversed(path) if isinstance(part, str)), "")


def _secret(path: Path, value: str, name: str | None = None) -> Iterator[Finding]:
    if len(value) < _SHORTEST:
        return
    key = _key(path) if name is None else name
    if _SECRET_VALUE.search(value):
        yield SECRET_IN_CONFIG.at(*path, says="the value has the form of a credential.")
    elif _is_secret_key(key) and not _PLACEHOLDER.match(value):
        yield SECRET_IN_CONFIG.at(*path, says=f"by its name {quoted(key)} this is a secret.")


@lru_cache(maxsize=4096)  # the same few keys come again in every plugin
def _is_secret_key(key: str) -> bool:
    snake = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", key).replace("-", "_").lower()
    return bool(_SECRET_KEY.search(snake))


@FAIL_OPEN.checks(PluginSubject)
def fail_open(subject: PluginSubject) -> Iterator[Finding]:
    """Phases whose plugins decide who may pass."""
    spec = subject.spec
    if spec.phase in (PluginPhase.AUTHN, PluginPhase.AUTHZ) and spec.fail_strategy == FailStrategy.FAIL_OPEN:
        yield FAIL_OPEN.at("failStrategy", says=f"a plugin of phase {spec.phase} lets everything pass when it fails.")
