"""The policy pack: the catalogue of rules on whatever a stack declares, ours or not.

Write a pack of two lines (see examples/policy-pack)::

    from pulumi_policy import PolicyPack
    from mesh_wasm_pulumi.policy import POLICIES

    PolicyPack("mesh-wasm", POLICIES)

Needs the extra ``policy``. Never import a module that calls ``PolicyPack``: it starts a server and does not come back.
"""

try:
    import pulumi_policy  # noqa: F401  # asked for here, so that one sentence answers where it is missing
except ModuleNotFoundError:
    raise ModuleNotFoundError(
        "The policy pack takes more than is installed: pip install 'mesh-wasm[policy]'."
    ) from None

from ._policies import POLICIES

__all__ = ["POLICIES"]
