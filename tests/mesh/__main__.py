"""`python -m mesh`: build the mesh, start clusters by hand, see them, stop them."""

from __future__ import annotations

import argparse
import sys

from . import MeshError, build, state
from .cluster import start_all
from .parts import GROUPS, PARTS
from .programs import stop_supervisor
from .progress import Progress


def main(argv: list[str] | None = None) -> int:
    """Run one command; the exit code says whether it did what was asked."""
    options = _parser().parse_args(argv)
    try:
        match options.command:
            case "build":
                _build(options.parts)
            case "up":
                _up(options.count, options.istiod)
            case "down":
                _down()
            case "status":
                _status()
    except (MeshError, ValueError) as error:
        print(f"mesh: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("mesh: interrupted; what was starting has been stopped", file=sys.stderr)
        return 130
    return 0


def _build(parts: list[str]) -> None:
    for name, path in build.ensure(*parts).items():
        print(f"{name:24} {path}")


def _up(count: int, istiod: bool) -> None:
    running = {home.name: home for home in state.homes(state.LASTING)}
    wanted = [f"mesh-{number}" for number in range(1, count + 1)]
    bare = [name for name in wanted if name in running and not running[name].read("cluster").get("istiod")]
    if istiod and bare:
        raise MeshError(f"{', '.join(bare)} runs already, but without istiod; stop it with `python -m mesh down` first")
    progress = Progress()
    missing = [name for name in wanted if name not in running]
    if missing:
        build.ensure("cluster", *(["istiod"] if istiod else []), progress=progress)
        with progress.task(f"starting {', '.join(missing)}", f"started {', '.join(missing)}"):
            clusters = start_all(missing, istiod=istiod, lasting=True, progress=progress)
        for cluster in clusters:
            cluster.outlive()
    _status()
    homes = [home for home in state.homes(state.LASTING) if home.name in wanted]
    if homes:
        print("\nTo use them:")
        print(f"  export KUBECONFIG={':'.join(str(home.kubeconfig) for home in homes)}")
        print(f"  kubectl --context {homes[0].name} get wasmplugins --all-namespaces")
        print("To stop them: make clusters-down, or `python -m mesh down`")


def _down() -> None:
    swept = state.sweep()
    stopped = []
    for home in state.homes(state.LASTING):
        if identity := home.supervisor():
            stop_supervisor(identity)
            stopped.append(home.name)
    state.sweep()  # in case a supervisor had to be killed
    print(f"stopped: {', '.join(stopped) or 'nothing, no cluster was running'}")
    if swept:
        print(f"cleaned up after a crash: {', '.join(swept)}")


def _status() -> None:
    homes = state.homes()
    if not homes:
        print("no cluster is running")
    for home in homes:
        summary = home.read("cluster")
        children = home.read("supervisor").get("children", {})
        codes = {name: child["code"] for name, child in children.items()}
        ended = [f"{name} ended with code {code}" for name, code in codes.items() if code is not None]
        what = "starting" if not summary else "with istiod" if summary["istiod"] else "without istiod"
        owner = "" if home.path.parent.name == state.LASTING else ", of a test run"
        print(f"{home.name}: {summary.get('server', '')} ({', '.join([what + owner, *ended])})")
        print(f"  kubeconfig {home.kubeconfig}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m mesh", description="Real control planes for tests, on loopback.")
    commands = parser.add_subparsers(dest="command", required=True)
    making = commands.add_parser("build", help="build what is missing and print where it is")
    known = ", ".join([*GROUPS, *PARTS])
    making.add_argument("--parts", nargs="+", default=["cluster", "istiod"], help=f"parts or groups of parts: {known}")
    up = commands.add_parser("up", help="start clusters that go on running, and print how to use them")
    up.add_argument("count", nargs="?", type=int, default=1, help="how many (1)")
    up.add_argument("--istiod", action="store_true", help="each with an istiod whose webhook its API server asks")
    commands.add_parser("down", help="stop the clusters that `up` started, and no others")
    commands.add_parser("status", help="show what runs")
    return parser


if __name__ == "__main__":
    sys.exit(main())
