"""The command lines of etcd, the API server and the controllers that make it behave as a real one does."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from .credentials import signing_key, token_file, write_private
from .state import Home

CONTROLLERS = (
    # The Kubernetes provider deletes in the foreground and waits for ever where nobody collects garbage.
    "garbage-collector-controller",
    "namespace-controller",
    # A proxy proves itself to istiod with a token of its service account.
    "serviceaccount-controller",
    "root-ca-certificate-publisher-controller",
)


@dataclass(frozen=True)
class ControlPlane:
    """One API server: where its files lie and on which ports it listens."""

    home: Home
    etcd_port: int
    etcd_peer_port: int
    api_port: int

    @property
    def server(self) -> str:
        """The URL of the API server."""
        return f"https://127.0.0.1:{self.api_port}"

    @property
    def certificate(self) -> Path:
        """The API server's own certificate and the authority that it made for it; appears when it starts first."""
        return self.home.path / "certs" / "apiserver.crt"

    def prepare(self, token: str) -> None:
        """Write what the command lines refer to."""
        write_private(self._signing_key, signing_key())
        write_private(self._tokens, token_file(token))

    def etcd(self, program: Path) -> list[str | Path]:
        """Nothing here has to survive a power cut, so etcd need not wait for the disk."""
        client, peer = (f"http://127.0.0.1:{port}" for port in (self.etcd_port, self.etcd_peer_port))
        return [
            program,
            f"--data-dir={self.home.path / 'etcd'}",
            f"--listen-client-urls={client}",
            f"--advertise-client-urls={client}",
            f"--listen-peer-urls={peer}",
            f"--initial-advertise-peer-urls={peer}",
            f"--initial-cluster=default={peer}",
            "--unsafe-no-fsync",
            "--log-level=warn",
        ]

    def api_server(self, program: Path) -> list[str | Path]:
        """The certificate directory is kept, so a server that comes back is the one that the kubeconfig trusts."""
        return [
            program,
            f"--etcd-servers=http://127.0.0.1:{self.etcd_port}",
            f"--secure-port={self.api_port}",
            "--bind-address=127.0.0.1",
            # Both: else a machine without a default route has no address to advertise, and the server does not start.
            "--advertise-address=127.0.0.1",
            "--endpoint-reconciler-type=none",
            f"--cert-dir={self.certificate.parent}",
            f"--token-auth-file={self._tokens}",
            "--authorization-mode=RBAC",
            f"--service-account-key-file={self._signing_key}",
            f"--service-account-signing-key-file={self._signing_key}",
            f"--service-account-issuer={self.server}",
            "--service-cluster-ip-range=10.0.0.0/24",
            # Pods stand here for what a mesh sees of them; nobody mounts a token into one.
            "--disable-admission-plugins=ServiceAccount",
        ]

    def controllers(self, program: Path) -> list[str | Path]:
        """Only those that a test can see the effect of."""
        return [
            program,
            f"--kubeconfig={self.home.kubeconfig}",
            f"--controllers={','.join(CONTROLLERS)}",
            "--leader-elect=false",
            "--secure-port=0",
            f"--service-account-private-key-file={self._signing_key}",
            f"--root-ca-file={self.certificate}",
        ]

    @property
    def _signing_key(self) -> Path:
        return self.home.path / "service-accounts.key"

    @property
    def _tokens(self) -> Path:
        return self.home.path / "tokens.csv"
