"""Which hub a call is about, and who asks: what every part of `HfApi` starts from."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, ParamSpec, TypeAlias, TypeVar

from anyhub.values import RepoId

if TYPE_CHECKING:
    from concurrent.futures import Future, ThreadPoolExecutor

    from anyhub.hub.caller import Caller
    from anyhub.hub.interface import Hub

Endpoint: TypeAlias = "str | Path | Hub | None"
Token: TypeAlias = str | bool | None

P = ParamSpec("P")
R = TypeVar("R")


class Session:
    """Opens hubs for the calls of one client.

    Args:
        endpoint (`str`, `Path` or `Hub`, *optional*): The hub of every call that names no other: the path of a folder,
            an address, or a hub. When None it is looked up at each call: the hub of the enclosing `using` block, else
            the environment variable ``ANYHUB_ENDPOINT``, else ``HF_ENDPOINT``, else the folder hub of this user.
        token (`str` or `bool`, *optional*): The credential for a hub that has accounts: a text, True for the one that
            is stored, False for none. A hub that is a folder has no accounts and asks for none.
        library_name (`str`, *optional*): The library that calls, told to hubs on the network.
        library_version (`str`, *optional*): Its version.
        user_agent (`str` or `dict`, *optional*): What else is told to them.
        headers (`dict`, *optional*): HTTP headers to send to them.
    """

    def __init__(
        self,
        endpoint: Endpoint = None,
        token: Token = None,
        library_name: str | None = None,
        library_version: str | None = None,
        user_agent: dict[str, str] | str | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        self.endpoint = endpoint
        self.token = token
        self.library_name = library_name
        self.library_version = library_version
        self.user_agent = user_agent
        self.headers = headers
        self._background: ThreadPoolExecutor | None = None

    def run_as_future(self, fn: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> Future[R]:
        """Call a function in the background; the calls of one client are made one after the other, in their order.

        Args:
            fn: What to call, with the arguments that follow.

        Returns:
            `Future`: Gives the result, or raises what the function raised.
        """
        from concurrent.futures import ThreadPoolExecutor
        from contextvars import copy_context

        if self._background is None:
            self._background = ThreadPoolExecutor(1, thread_name_prefix="HfApi")
        context = copy_context()  # the hub of an enclosing `using` block is the function's hub too
        return self._background.submit(lambda: context.run(fn, *args, **kwargs))

    def _open(self, endpoint: Endpoint, token: Token, *, threads: int | None = None) -> Hub:
        from anyhub.hub.opening import open_hub

        return open_hub(self._endpoint(endpoint), self._caller(token, threads=threads))

    def _caller(
        self,
        token: Token,
        *,
        library_name: str | None = None,
        library_version: str | None = None,
        user_agent: dict[str, str] | str | None = None,
        headers: dict[str, str] | None = None,
        proxies: dict[str, str] | None = None,
        timeout: float | None = None,
        threads: int | None = None,
    ) -> Caller:
        """Return what a hub on the network is told of a call; what the call does not say, the client says."""
        from anyhub.hub.caller import Caller

        return Caller.of(
            self.token if token is None else token,
            library_name=library_name or self.library_name,
            library_version=library_version if library_name else library_version or self.library_version,
            user_agent=self.user_agent if user_agent is None else user_agent,
            headers={**(self.headers or {}), **(headers or {})},
            proxies=proxies,
            timeout=timeout,
            threads=threads,
        )

    def _endpoint(self, endpoint: Endpoint) -> Endpoint:
        return self.endpoint if endpoint is None else endpoint

    def _find(
        self, repo_id: str, repo_type: str | None, endpoint: Endpoint, token: Token, *, threads: int | None = None
    ) -> tuple[Hub, RepoId]:
        """Return the hub of a call and the repository in it that the call is about."""
        hub = self._open(endpoint, token, threads=threads)
        return hub, hub.repo_id(repo_id, repo_type or getattr(repo_id, "repo_type", None))
