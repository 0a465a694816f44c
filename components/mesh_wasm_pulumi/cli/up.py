"""``mesh-wasm up``: the main job with what this machine has. It says which of three ways it took."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import click

from mesh_wasm_pulumi.offline.run import run_folder
from mesh_wasm_pulumi.offline.stackconfig import Project, ProjectError

from .plan import show_plan

INSTALL_TIMEOUT = 20
"""Seconds that the official installer may keep silent before it counts as out of reach."""

OTHERS = """\
To get a real `pulumi up`: install the Pulumi CLI (it is in no package registry; see its own documentation), then run
`make up` again. Without a kubeconfig in the configuration it renders the manifests into a folder; to reach clusters:
`pulumi config set --secret kubeconfigEast "$(cat east.kubeconfig)"`, and the same for West."""


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False, exists=True))
@click.option("--stack", default="dev", show_default=True, help="Stack to select, or to create.")
@click.option("--install/--no-install", default=True, help="Whether to try the official installer if there is no CLI.")
def up(folder: Path, stack: str, install: bool) -> None:
    """Run the Pulumi program in FOLDER: `pulumi up` where the CLI is, else an offline plan."""
    try:
        Project.read(folder, stack)
    except ProjectError as error:
        raise click.UsageError(str(error)) from None
    cli = shutil.which("pulumi")
    if cli is not None:
        click.echo(f"1 of 3: real `pulumi up`, with {cli}.")
        sys.exit(_pulumi_up(cli, folder, stack))
    if install:
        click.echo("No `pulumi` on PATH: trying the official installer …")
        cli = _install()
    if cli is not None:
        click.echo(f"2 of 3: real `pulumi up`, with the CLI that was just installed: {cli}.")
        sys.exit(_pulumi_up(cli, folder, stack))
    click.echo(
        "3 of 3: no Pulumi CLI here, and the official installer cannot be reached: offline plan of the same program."
    )
    click.echo(OTHERS)
    click.echo()
    show_plan(run_folder(folder, stack), folder, stack, None, "text")


def _install() -> str | None:
    """The path of a freshly installed CLI; None where the installer cannot be reached or does not work."""
    from pulumi.automation import PulumiCommand

    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(INSTALL_TIMEOUT)
    try:
        return str(PulumiCommand.install().command)
    except (OSError, RuntimeError, ValueError, subprocess.SubprocessError) as error:
        click.echo(f"  it did not work: {type(error).__name__}.")
        return None
    finally:
        socket.setdefaulttimeout(before)


def _pulumi_up(cli: str, folder: Path, stack: str) -> int:
    """`pulumi up` with a local file backend, unless the user has chosen another one."""
    folder = folder.resolve()
    env = dict(os.environ)
    env["PATH"] = f"{Path(cli).parent}{os.pathsep}{env.get('PATH', '')}"
    env.setdefault("PULUMI_SKIP_UPDATE_CHECK", "true")
    if "PULUMI_BACKEND_URL" not in env:
        state = folder / ".state"
        state.mkdir(mode=0o700, exist_ok=True)
        env["PULUMI_BACKEND_URL"] = state.as_uri()
    if "PULUMI_CONFIG_PASSPHRASE" not in env and "PULUMI_CONFIG_PASSPHRASE_FILE" not in env:
        env["PULUMI_CONFIG_PASSPHRASE"] = ""
    # The Kubernetes provider renders relative to the program, and with the permissions that it finds.
    entry = Project.read(folder, stack).entry
    rendered = (entry if entry.is_dir() else entry.parent) / "rendered"
    rendered.mkdir(mode=0o700, exist_ok=True)
    rendered.chmod(0o700)
    click.echo(f"State: {env['PULUMI_BACKEND_URL']}")
    steps = [
        [cli, "stack", "select", "--create", stack, "--non-interactive"],
        [cli, "up", "--yes", "--non-interactive", "--stack", stack],
    ]
    for step in steps:
        code = subprocess.run(step, cwd=folder, env=env, check=False).returncode
        if code:
            return code
    if any(rendered.rglob("*.yaml")):
        click.echo(f"Clusters without kubeconfig were rendered into {rendered} (private, ignored by git):")
        click.echo(
            "the Kubernetes provider writes Secrets there in plain text. Delete the folder when you have looked at it."
        )
    return 0
