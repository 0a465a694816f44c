"""The component provider, as Pulumi starts it: ``python components <engine address>``."""

from mesh_wasm_pulumi.provider import main

main()
