"""What the CRD and istiod's webhook refuse of lists whose items have a key (family MW1xx, third part)."""

from __future__ import annotations

from collections.abc import Iterator

from mesh_wasm.findings.examples import GOOD
from mesh_wasm.findings.finding import Finding, RemoveItem, Severity, quoted
from mesh_wasm.findings.rule import Family, rule
from mesh_wasm.rules.subjects import PluginSubject
from mesh_wasm.rules.walk import env_vars, match_ports
from mesh_wasm.values.deferred import known
from mesh_wasm.values.enums import EnvValueSource

HOST_VALUE = rule(
    "MW115",
    Severity.ERROR,
    Family.SCHEMA,
    "A value for a variable that comes from the host",
    why="The API server refuses the object, even for an empty value; the field's own documentation says the reverse.",
    fix="Remove the value, or use valueFrom: INLINE.",
    source="Istio WasmPlugin CRD, CEL: 'value may only be set when valueFrom is INLINE'",
    bad=GOOD + "  vmConfig: {env: [{name: POD_NAME, valueFrom: HOST, value: x}]}\n",
    good=GOOD + "  vmConfig: {env: [{name: POD_NAME, valueFrom: HOST}]}\n",
    enforced=True,
)
DUPLICATE_ENV = rule(
    "MW116",
    Severity.ERROR,
    Family.SCHEMA,
    "The same environment variable twice",
    why="The API server refuses the object.",
    fix="Keep one of the two.",
    source="Istio WasmPlugin CRD: vmConfig.env is a list-map by name; webhook: 'duplicate env'",
    bad=GOOD + "  vmConfig: {env: [{name: MODE, value: a}, {name: MODE, value: b}]}\n",
    good=GOOD + "  vmConfig: {env: [{name: MODE, value: a}]}\n",
    enforced=True,
)
ENV_LIMITS = rule(
    "MW117",
    Severity.ERROR,
    Family.SCHEMA,
    "An environment variable beyond its limits",
    why="The API server refuses the object: names have 1 to 256 characters, values at most 2048, 256 variables at most.",
    fix="Shorten it, or hand long values over in the plugin's configuration.",
    source="Istio WasmPlugin CRD: vmConfig.env",
    bad=GOOD + "  vmConfig: {env: [{name: '', value: a}]}\n",
    good=GOOD + "  vmConfig: {env: [{name: MODE, value: a}]}\n",
    enforced=True,
)
DUPLICATE_PORT = rule(
    "MW118",
    Severity.ERROR,
    Family.SCHEMA,
    "The same port twice in one selector",
    why="The API server refuses the object.",
    fix="Keep one of the two.",
    source="Istio WasmPlugin CRD: ports is a list-map by number",
    bad=GOOD + "  match: [{ports: [{number: 8080}, {number: 8080}]}]\n",
    good=GOOD + "  match: [{ports: [{number: 8080}]}]\n",
    enforced=True,
)


@HOST_VALUE.checks(PluginSubject)
def host_value(subject: PluginSubject) -> Iterator[Finding]:
    """HOST variables carry no value."""
    for index, env in env_vars(subject.spec):
        if env.value_from == EnvValueSource.HOST and env.value is not None:
            yield HOST_VALUE.at(
                "vmConfig", "env", index, "value", says="the variable comes from the host, yet has a value."
            )


@DUPLICATE_ENV.checks(PluginSubject)
def duplicate_env(subject: PluginSubject) -> Iterator[Finding]:
    """Names are unique."""
    seen: set[str] = set()
    for index, env in env_vars(subject.spec):
        name = known(env.name)
        if name and name in seen:
            yield DUPLICATE_ENV.at("vmConfig", "env", index, "name", says=f"{quoted(name)} is set twice.")
        seen.add(name or "")


@ENV_LIMITS.checks(PluginSubject)
def env_limits(subject: PluginSubject) -> Iterator[Finding]:
    """Lengths and count."""
    for index, env in env_vars(subject.spec):
        name, value = known(env.name), known(env.value)
        if name is not None and not 1 <= len(name.encode()) <= 256:
            yield ENV_LIMITS.at("vmConfig", "env", index, "name", says="the name must have 1 to 256 bytes.")
        if value is not None and len(value) > 2048:
            says = f"the value has {len(value)} characters; 2048 are allowed."
            yield ENV_LIMITS.at("vmConfig", "env", index, "value", says=says)
    config = known(subject.spec.vm_config)
    count = len(known(config.env) or ()) if config else 0
    if count > 256:
        yield ENV_LIMITS.at("vmConfig", "env", says=f"there are {count} variables; 256 are allowed.")


@DUPLICATE_PORT.checks(PluginSubject)
def duplicate_port(subject: PluginSubject) -> Iterator[Finding]:
    """Port numbers are unique within a selector."""
    seen: set[tuple[int, int]] = set()
    for i, j, number in match_ports(subject.spec):
        if (i, number) in seen:
            says = f"port {number} is listed twice."
            yield DUPLICATE_PORT.at("match", i, "ports", j, "number", says=says, mend=RemoveItem())
        seen.add((i, number))
