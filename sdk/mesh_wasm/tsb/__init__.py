"""TSB YAML: extensions, gateways, settings of every level, profiles and groups, read into the SDK's models and planned.

- :func:`read_resource`: one parsed document, and what is wrong with it by itself.
- :class:`Bundle`: many documents; ``check`` needs no fleet, ``plan`` gives the same plan as a Pulumi program.
- :class:`Choices`: what TSB leaves open of its hierarchy, and users decide.
- :func:`plan`: the plan of many documents, in one call.
- :func:`kind_of`: whether a document is read at all.
- :mod:`.direct`: plugins as objects that TSB takes over.
"""

from .bundle import Bundle, plan
from .documents.kinds import KINDS, Kind, kind_of
from .documents.reading import read_resource
from .documents.resource import Resource
from .inheritance import Choices
from .result import BundlePlan, TargetPlan

__all__ = [
    "KINDS",
    "Bundle",
    "BundlePlan",
    "Choices",
    "Kind",
    "Resource",
    "TargetPlan",
    "catalogue_file",
    "direct",
    "documents",
    "kind_of",
    "plan",
    "read_resource",
]
