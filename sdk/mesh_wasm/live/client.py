"""One API server, read with the client library kr8s: get, lists in pages, and every failure as a sentence.

kr8s finds the kubeconfig, its context and its credentials (tokens, certificates, exec plugins), and forwards ports.
"""

from __future__ import annotations

import asyncio
import os
import tempfile
import warnings
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar

from mesh_wasm.surroundings.leaves import at, text

T = TypeVar("T")

PAGE = 500
"""Objects in one page of a list: what kubectl takes."""
_TRIES = 4
_PLEASE_INSTALL = (
    "Reading clusters takes the extra `cluster`, which is not installed: pip install 'mesh-wasm[cluster]'."
)


class LiveError(Exception):
    """What keeps a cluster from being read, as a finished sentence."""


class Refused(LiveError):
    """The API server refuses one request; others may be well."""

    def __init__(self, says: str, status: int) -> None:
        super().__init__(says)
        self.status = status


class Unreachable(Exception):
    """One pod cannot be asked; others may be well. The message stands behind the pod's name and a colon."""

    def __init__(self, says: str, *, gone: bool = False, forbidden: bool = False) -> None:
        super().__init__(says)
        self.gone, self.forbidden = gone, forbidden


class Session:
    """Access to one cluster, for reading. Use it within :func:`run`."""

    def __init__(self, api: Any, context: str, timeout: float) -> None:
        self._api, self._timeout = api, timeout
        self.context = context

    @property
    def api(self) -> Any:
        """The client of kr8s, for port-forwards."""
        return self._api

    @property
    def timeout(self) -> float:
        """Seconds that one request may take."""
        return self._timeout

    async def get(self, path: str, accept: str = "application/json", **query: str) -> Mapping[str, Any]:
        """One answer of the API server. Raises :class:`Refused`, and :class:`LiveError` where it cannot be asked."""
        for last in range(_TRIES):
            status, body = await self._once(path, accept, query)
            if status in (429, 500, 502, 503, 504) and last < _TRIES - 1:
                await asyncio.sleep(0.2 * 2**last)
                continue
            break
        if status == 401:
            raise LiveError(
                f"context {self.context}: the API server does not accept the credentials (401). Log in anew."
            )
        if status >= 400:
            raise Refused(text(body.get("message")) or f"the API server answered {status}.", status)
        return body

    async def items(
        self, path: str, accept: str = "application/json", **query: str
    ) -> AsyncIterator[Mapping[str, Any]]:
        """The pages of a list, in order. Raises as :meth:`get`; status 410: it took too long, and has to begin anew."""
        more = ""
        while True:
            page = await self.get(path, accept, **query, limit=str(PAGE), **({"continue": more} if more else {}))
            yield page
            more = text(at(page, "metadata", "continue")) or ""
            if not more:
                return

    async def text(self, path: str, **query: str) -> str:
        """An answer that is plain text, such as a log. Raises :class:`Refused`, and :class:`LiveError`."""
        status, body = await self._once(path, "*/*", query, plain=True)
        if status >= 400:
            raise Refused(text(body.get("message")) or f"the API server answered {status}.", status)
        return str(body.get("text", ""))

    async def _once(
        self, path: str, accept: str, query: Mapping[str, str], *, plain: bool = False
    ) -> tuple[int, Mapping[str, Any]]:
        import httpx
        import kr8s

        _, root, *rest = path.split("/")
        try:
            async with self._api.call_api(
                "GET", version="", base=f"/{root}", url="/".join(rest), params=dict(query), headers={"Accept": accept},
                raise_for_status=False, timeout=self._timeout,
            ) as response:  # fmt: skip
                status = int(response.status_code)
                if plain and status < 400:
                    return status, {"text": response.content.decode(errors="replace")}
                try:
                    body = response.json()
                except ValueError:
                    body = {}
                return status, body if isinstance(body, Mapping) else {}
        except (httpx.TimeoutException, kr8s.APITimeoutError):
            says = f"the API server gave no answer within {self._timeout:g} s. Take more with --timeout."
            raise LiveError(f"context {self.context}: {says}") from None
        except (httpx.HTTPError, OSError) as error:
            raise LiveError(_unreachable(self.context, self._api, error)) from None


def run(
    job: Callable[[Session], Coroutine[Any, Any, T]],
    context: str | None = None,
    kubeconfig: str | Path | None = None,
    timeout: float = 30.0,
) -> T:
    """Run a job with access to the cluster of a context. Raises :class:`LiveError`.

    :param context: A context of the kubeconfig; None: its current one.
    :param kubeconfig: A file; None: ``$KUBECONFIG``, ``~/.kube/config``, or the service account of the pod.
    :param timeout: Seconds that one request may take.
    """
    try:
        import kr8s  # noqa: F401
    except ImportError:
        raise LiveError(_PLEASE_INSTALL) from None
    with _PrivateFiles():
        return asyncio.run(_connected(job, context, kubeconfig, timeout))


async def _connected(
    job: Callable[[Session], Coroutine[Any, Any, T]],
    context: str | None,
    kubeconfig: str | Path | None,
    timeout: float,
) -> T:
    import httpx
    import kr8s
    from kr8s.asyncio import api as connect

    named = context or "(current)"
    if kubeconfig is not None and not Path(kubeconfig).is_file():
        raise LiveError(f"kubeconfig {kubeconfig}: there is no such file. Name one that exists with --kubeconfig.")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # kr8s warns of servers newer than itself; get and list are the same there
            api = await connect(kubeconfig=str(kubeconfig) if kubeconfig else None, context=context)
    except (httpx.TimeoutException, kr8s.APITimeoutError):
        raise LiveError(f"context {named}: the API server gave no answer. Is the VPN up?") from None
    except httpx.HTTPError as error:
        raise LiveError(f"context {named}: the API server cannot be reached: {_of(error)}.") from None
    except kr8s.ServerError as error:
        status = getattr(error.response, "status_code", 0)
        says = "does not accept the credentials (401). Log in anew" if status == 401 else f"answers: {error}"
        raise LiveError(f"context {named}: the API server {says}.") from None
    except Exception as error:  # kr8s raises whatever a broken kubeconfig brings up: ValueError, KeyError, YAML errors
        raise LiveError(_kubeconfig_problem(named, kubeconfig, error)) from None
    session = Session(api, context or api.auth.active_context or "in-cluster", timeout)
    return await job(session)


def _kubeconfig_problem(context: str, kubeconfig: str | Path | None, error: Exception) -> str:
    file = kubeconfig or os.environ.get("KUBECONFIG") or "~/.kube/config"
    if "No such context" in str(error):
        return f"kubeconfig {file}: there is no context {context}. `kubectl config get-contexts` lists them."
    if "valid credentials" in str(error):
        return (
            f"kubeconfig {file}: there is no cluster to read. Name a kubeconfig with --kubeconfig, or set KUBECONFIG."
        )
    # The text of an error may hold what stands in the file, and credentials stand there.
    return f"kubeconfig {file}: it cannot be used for context {context} ({type(error).__name__}). Try kubectl with it."


def _unreachable(context: str, api: Any, error: Exception) -> str:
    return f"context {context}: the API server {api.auth.server} cannot be reached: {_of(error)}."


def _of(error: Exception) -> str:
    cause = error.__cause__ or error.__context__ or error
    return str(error or cause).rstrip(".") or type(cause).__name__


class _PrivateFiles:
    """kr8s writes keys and certificates of a kubeconfig into temporary files and leaves them; here they go in the end."""

    def __init__(self) -> None:
        self._stack, self._before = ExitStack(), tempfile.tempdir

    def __enter__(self) -> None:
        self._before = tempfile.tempdir
        tempfile.tempdir = self._stack.enter_context(tempfile.TemporaryDirectory(prefix="mesh-wasm-"))

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        tempfile.tempdir = self._before
        self._stack.close()
