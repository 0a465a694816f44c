"""Objects that existed before the program that declares them, and that it takes over as they are (family MW85x).

Reported where plugins are planned: :mod:`mesh_wasm.planning`.
"""

from __future__ import annotations

from mesh_wasm.findings.examples import ACL, group, program, pull_secret
from mesh_wasm.findings.finding import Severity
from mesh_wasm.findings.rule import Family, rule

_PASSWORD = '"password": pulumi.Output.secret("change-me"),'


def _adopted(spec: str = "", beside: str = "") -> str:
    """A raw plugin that is adopted."""
    return (
        'wasm.WasmPlugin("acl", {\n    "metadata": {"namespace": "shop"}, "adopted": True,\n'
        f'    "spec": {{"url": "oci://registry.acme.io/acl:1"{spec}}}, "fleet": fleet{beside},\n}})\n'
    )


NO_PRIORITY = rule(
    "MW850",
    Severity.INFO,
    Family.ADOPTION,
    "An adopted plugin has no priority",
    why=(
        "Everything else that mesh-wasm writes has one. An adopted object is left as it is, and Istio runs a plugin without "
        "priority after every other of its phase, even after -5; any number that is written may move it."
    ),
    fix="Once it is adopted, give it a priority below those of its phase: that is a change of its own, seen in a preview.",
    source="istio pilot/pkg/model/push_context.go; measured, tests/cluster/test_order.py, tests/engine/test_adopt.py",
    bad=program(_adopted()),
    good=program(_adopted(', "priority": 10')),
)
NO_SUCH_PLACE = rule(
    "MW851",
    Severity.ERROR,
    Family.ADOPTION,
    "An adopted object is none of the target's",
    why="What it names is the object of a cluster and namespace that the attachment does not reach, so nothing is adopted.",
    fix="Name it as cluster/namespace, for a place that the attachment reaches, or take it out.",
    source="design: an object that is adopted takes the place of the one that would be made",
    bad=program(ACL, group('[{"extension": acl, "adopted": {"east/pay": {"name": "acl"}}}]')),
    good=program(ACL, group('[{"extension": acl, "adopted": {"east/shop": {"name": "acl"}}}]')),
)
SUPPLIED = rule(
    "MW852",
    Severity.ERROR,
    Family.ADOPTION,
    "An adopted plugin is given credentials",
    why="They would change its imagePullSecret, and an adopted object is left as it is.",
    fix="Leave the Secret that it names in image_pull_secret, or take `adopted` out: then the preview shows the change.",
    source="design: an adopted object is written as it was found",
    bad=program(pull_secret(more=_PASSWORD), _adopted(', "priority": 10', ', "pull_secret": registry')),
    good=program(_adopted(', "priority": 10, "image_pull_secret": "registry"')),
)
