"""Direct mode: plugins as objects that TSB takes over, each with four annotations and of an IstioInternalGroup.

- :func:`annotation_findings`: what is wrong with the annotations of an object.
- :func:`read_direct`: a WasmPlugin that says which group it is of.
- :func:`in_direct_mode`: the same plan, with the annotations where the cluster asks for them.
"""

from .among import group_findings, group_name, plan_direct
from .groups import name_of_group, own_group, own_groups
from .objects import DirectObjects, is_direct_plugin
from .reading import Direct, annotation_findings, is_direct, plain, read_direct
from .writing import in_direct_mode

__all__ = [
    "Direct",
    "DirectObjects",
    "annotation_findings",
    "group_findings",
    "group_name",
    "in_direct_mode",
    "is_direct",
    "is_direct_plugin",
    "name_of_group",
    "own_group",
    "own_groups",
    "plain",
    "plan_direct",
    "read_direct",
]
