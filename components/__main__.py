"""The component provider, as Pulumi starts it: ``python components <engine address>``.

It is taken from this very folder, and the SDK from the folder beside it: no copy is installed that could be of another
version after a ``git pull``, and the environment holds nothing but requirements.txt.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "sdk"))

try:
    from mesh_wasm_pulumi.provider import main
except ModuleNotFoundError as missing:
    sys.exit(
        f"mesh-wasm: the plugin's environment lacks {missing.name}. Run `pulumi install` in the folder of your program."
    )

main()
