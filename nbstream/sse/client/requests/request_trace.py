"""Trace requests: when each is sent, and through which proxy.

Uses the `trace` extension of httpx
(https://www.encode.io/httpcore/extensions/#trace).
"""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from .request import parse_origin


class RequestTrace:
    """Traces the requests of one EventSource.

    The client reports the address that it connects to. If that is not the server's, it
    is a proxy's, whether the environment, the client or the user configured it.

    Args:
        on_sent: called when a request is sent and the wait for its response begins.
    """

    def __init__(self, on_sent: Callable[[], None]) -> None:
        self._on_sent = on_sent
        self._url = ""
        self._traced = False
        # By origin: a pooled connection is not connected again, and reports nothing.
        self._addresses: dict[Any, tuple[str, int]] = {}

    def start(self, client: Any, url: str) -> dict[str, Any]:
        """Begin to trace a request, and return the options to send it with; none for
        clients other than httpx's, which may not know extensions."""
        self._url = url
        self._traced = hasattr(client, "build_request")
        return {"extensions": {"trace": self._record_step}} if self._traced else {}

    async def _record_step(self, step: str, info: dict[str, Any]) -> None:
        name = step.partition(".")[2]
        if name == "connect_tcp.started":
            self._addresses[parse_origin(self._url)] = (info["host"], info["port"])
        elif name == "receive_response_headers.started":
            self._on_sent()

    @property
    def host(self) -> str:
        """The host of the request's URL; empty if it has none."""
        with suppress(ValueError):
            return urlsplit(self._url).hostname or ""
        return ""

    @property
    def proxy(self) -> str:
        """The proxy of the request, as `host:port`; empty without one."""
        with suppress(ValueError):
            _, host, port = parse_origin(self._url)
            address = self._addresses.get(parse_origin(self._url))
            if address is None:
                return "" if self._traced else self.configured_proxy
            if address not in ((host, port), (_to_ascii(host or ""), port)):
                return _join_address(*address)
        return ""

    @property
    def configured_proxy(self) -> str:
        """The proxy that the environment configures for the request, as `host:port`;
        empty without one."""
        with suppress(ValueError):
            scheme, host, port = parse_origin(self._url)
            proxies = getproxies()
            proxy = proxies.get(scheme) or proxies.get("all") or ""
            if proxy and not proxy_bypass(f"{host}:{port}"):
                address = urlsplit(proxy if "://" in proxy else f"http://{proxy}")
                return _join_address(address.hostname or "", address.port or 80)
        return ""

    @property
    def proxy_setting(self) -> str:
        """The environment variable that sets the proxy, such as `HTTPS_PROXY`; empty if
        none does."""
        names = (f"{urlsplit(self._url).scheme}_proxy", "all_proxy")
        for name in names:
            for variable in (name.upper(), name):
                if os.environ.get(variable):
                    return variable
        return ""


def _join_address(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _to_ascii(host: str) -> str:
    """Return the host in ASCII, as it is looked up (RFC 5890)."""
    with suppress(UnicodeError):
        return host.encode("idna").decode()
    return host
