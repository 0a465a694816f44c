"""Names that other APIs give to the same idea: what a person who knows those writes by habit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

FOREIGN_NAMES: Mapping[str, Sequence[str]] = {
    # the configuration: TSB, Higress, Maistra, Envoy
    "config": ("pluginConfig",),
    "configuration": ("pluginConfig", "config"),
    "defaultconfig": ("pluginConfig", "config"),
    "pluginconfiguration": ("pluginConfig", "config"),
    "settings": ("pluginConfig", "config"),
    # the module: TSB, Maistra, Envoy Gateway, Kubernetes
    "image": ("url",),
    "module": ("url",),
    "moduleurl": ("url",),
    "uri": ("url",),
    "checksum": ("sha256",),
    "digest": ("sha256",),
    "pullpolicy": ("imagePullPolicy",),
    "pullsecret": ("imagePullSecret",),
    # the workloads: TSB, Maistra, Kubernetes
    "workloadselector": ("selector",),
    "podselector": ("selector",),
    "labels": ("matchLabels", "selector"),
    "targets": ("targetRefs",),
    # the traffic: Higress, Istio's other kinds
    "matchrules": ("match",),
    "matches": ("match",),
    "trafficselector": ("match",),
    "ports": ("match",),
    # the rest: Envoy, Maistra
    "rootid": ("pluginName",),
    "failopen": ("failStrategy",),
    "failurepolicy": ("failStrategy",),
    "failurestrategy": ("failStrategy",),
    "failpolicy": ("failStrategy",),
    "order": ("priority",),
    "env": ("vmConfig",),
    "environment": ("env", "vmConfig"),
    "environmentvariables": ("env", "vmConfig"),
}
"""By the folded name (:func:`~.suggestions.folded`), the fields that may be meant, the likeliest first."""

_HOST = "put it into the environment of the proxy's container, and read it with `valueFrom: HOST`"
POD_SOURCES: Mapping[str, str] = {
    "secretKeyRef": f"A plugin cannot read a Secret. To hand on the value of a Secret, {_HOST}.",
    "configMapKeyRef": f"A plugin cannot read a ConfigMap. To hand on its value, {_HOST}.",
    "fieldRef": f"A plugin cannot read a pod's fields. Read what proxies have, such as POD_NAME or HOST_IP, with "
    f"`valueFrom: HOST`; for another field, {_HOST}.",
    "resourceFieldRef": f"A plugin cannot read a container's resources. To hand on such a value, {_HOST}.",
}
"""What stands below ``valueFrom`` in a pod, and what a plugin has instead, as sentences."""
