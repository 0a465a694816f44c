"""The wire to one repository of a registry: oras-py's authentication, over a session with limits of its own."""

from __future__ import annotations

import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from .credentials import Login


class ExtraMissing(Exception):
    """The libraries of the extra ``modules`` are not installed; a finished sentence."""


class TransportError(Exception):
    """There is no answer; the text says why, as a sentence without its full stop, and shows no credentials."""


class Unreachable(TransportError):
    """Not one of the attempts has brought an answer."""


@dataclass(frozen=True, slots=True)
class TransportSettings:
    """How servers are reached."""

    plain_http: frozenset[str] = frozenset()
    """Hosts (with their ports) that are asked over http; all others over https."""
    ca_file: Path | None = None
    """Certificates of authorities to believe, instead of those of the system."""
    timeout: float = 30.0
    """Seconds without a byte after which an attempt ends."""
    total: float = 900.0
    """Seconds for one answer in all."""
    attempts: int = 3
    """How often a request is made that fails for the moment: no connection, or status 429, 500, 502, 503 or 504."""
    pause: float = 0.5
    """Seconds before the second attempt; twice as long before each further one."""


class Answer:
    """A response whose body is still to be read."""

    def __init__(self, response: Any, patience: float) -> None:
        self._response = response
        self._end = time.monotonic() + patience
        self.status = int(response.status_code)

    @property
    def content_type(self) -> str:
        """Without parameters."""
        return str(self._response.headers.get("Content-Type", "")).partition(";")[0].strip()

    def read(self, size: int) -> bytes:
        """At most ``size`` bytes; empty at the end. Raises :class:`TransportError`."""
        if time.monotonic() > self._end:
            raise TransportError("what it sends takes too long")
        try:
            data: bytes = self._response.raw.read(size, decode_content=True)
        except Exception as error:  # of urllib3 and below: whatever it is, the rest does not come
            raise TransportError(f"what it sends breaks off ({type(error).__name__})") from None
        return data

    def close(self) -> None:
        """Leave the rest."""
        self._response.close()

    def __enter__(self) -> Answer:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class Transport:
    """Requests to one repository of a registry, or to any http server."""

    def __init__(self, host: str, login: Login | None, settings: TransportSettings) -> None:
        """Raises :class:`ExtraMissing`."""
        self._oras, self._requests = _libraries()
        self._settings, self._login = settings, login
        self._plain = host in settings.plain_http
        self._base = f"{'http' if self._plain else 'https'}://{host}"
        self._provider: Any = None
        self._session = self._new_session()

    @property
    def has_login(self) -> bool:
        """Whether credentials are sent where they are asked for."""
        return self._login is not None

    def get(self, path: str, headers: Mapping[str, str]) -> Answer:
        """Ask for a path of the registry. Raises :class:`TransportError`."""
        url = f"{self._base}{path}"
        return self._attempts(lambda: self._ask(url, dict(headers)))

    def fetch(self, url: str) -> Answer:
        """Ask for a URL of a server that is no registry. Raises :class:`TransportError`."""
        return self._attempts(lambda: self._session.get(url, stream=True))

    def _ask(self, url: str, headers: dict[str, str]) -> Any:
        if self._provider is None:
            first = self._session.get(url, headers=headers, stream=True)
            if first.status_code != 401:
                return first
            challenge = first.headers.get("Www-Authenticate", "")
            first.close()
            if self._login is None and not challenge.lower().startswith("bearer"):
                return first
            if self._login is not None and not self._plain and 'realm="http://' in challenge:
                raise TransportError("it wants credentials sent to a server without TLS")
            self._provider = self._authenticated(challenge)
        # oras-py tries again by itself, five times and for minutes, whatever it was that failed: hence the function inside.
        return self._provider.do_request.__wrapped__(self._provider, url, "GET", headers=headers, stream=True)

    def _authenticated(self, challenge: str) -> Any:
        """oras-py's client. Which backend: to one that expects tokens, Basic's realm is where a token is asked for."""
        backend = "basic" if challenge.lower().startswith("basic") else "token"
        provider = self._oras.Registry(insecure=self._plain, tls_verify=self._verify, auth_backend=backend)
        provider.session = self._session
        provider.auth.session = self._session
        provider.auth._tls_verify = self._verify
        if self._login is not None:
            provider.auth.set_basic_auth(*self._login)
        return provider

    def _attempts(self, ask: Any) -> Answer:
        pause, last = self._settings.pause, ""
        for attempt in range(self._settings.attempts):
            if attempt:
                time.sleep(pause)
                pause *= 2
            try:
                answer = Answer(ask(), self._settings.total)
            except self._requests.exceptions.SSLError:
                raise TransportError("its certificate is not of an authority that is believed (--ca-file)") from None
            except self._requests.exceptions.RequestException as error:
                last = _words(error, self._requests.exceptions, self._settings.timeout)
                continue
            except ValueError:  # oras-py: no token is to be had
                raise TransportError("it wants a token, and gives none for these credentials") from None
            if answer.status not in (429, 500, 502, 503, 504) or attempt + 1 == self._settings.attempts:
                return answer
            answer.close()
        raise Unreachable(last)

    @property
    def _verify(self) -> bool | str:
        return str(self._settings.ca_file) if self._settings.ca_file is not None else True

    def _new_session(self) -> Any:
        session, timeout = self._requests.Session(), self._settings.timeout
        session.verify = self._verify
        session.auth = lambda request: request  # else requests puts the login of ~/.netrc in place of ours
        plain_request = session.request

        def request(method: str, url: str, **options: Any) -> Any:
            # Said of each request, for else REQUESTS_CA_BUNDLE takes the place of the session's own certificates.
            return plain_request(method, url, **{"timeout": timeout, **options, "verify": self._verify})

        session.request = request
        return session


def check_authorities(ca_file: Path) -> None:
    """Raises :class:`TransportError` where a file holds no certificates that can be read."""
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(ca_file)
    except (ssl.SSLError, OSError):
        raise TransportError(f"{ca_file} holds no certificate in PEM form") from None


def _libraries() -> tuple[Any, Any]:
    try:
        import oras.logger  # type: ignore[import-untyped]
        import oras.provider  # type: ignore[import-untyped]
        import requests
    except ImportError:
        raise ExtraMissing(
            "Asking registries takes more than is installed: pip install 'mesh-wasm[modules]'."
        ) from None
    oras.logger.setup_logger(quiet=True)  # it logs what registries answer
    return oras.provider, requests


def _words(error: Exception, kinds: Any, timeout: float) -> str:
    if isinstance(error, kinds.Timeout):
        return f"it has not answered in {timeout:g} seconds"
    if isinstance(error, kinds.ProxyError):
        return "the proxy that is set for it does not let us through"
    return "it cannot be reached" if isinstance(error, kinds.ConnectionError) else "it does not speak HTTP as it should"
