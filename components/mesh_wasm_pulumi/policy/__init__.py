"""The policy pack: the catalogue of rules on whatever a stack declares, ours or not.

Write a pack of two lines (see examples/policy-pack)::

    from pulumi_policy import PolicyPack
    from mesh_wasm_pulumi.policy import POLICIES

    PolicyPack("mesh-wasm", POLICIES)

Needs the extra ``policy``. Never import a module that calls ``PolicyPack``: it starts a server and does not come back.
"""

from ._policies import POLICIES

__all__ = ["POLICIES"]
