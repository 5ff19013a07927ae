"""How far a request has come, and through which proxy."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from .request import origin


class Route:
    """Follow the requests of one EventSource on their way.

    An httpx client reports each step to the `trace` extension of its requests
    (https://www.encode.io/httpcore/extensions/#trace). The address that it connects to
    is a proxy's where it is not the server's, whoever configured it.

    Args:
        on_sent: called when a request is sent and its answer is waited for.
    """

    def __init__(self, on_sent: Callable[[], None]) -> None:
        self._on_sent = on_sent
        self._url = ""
        self._traced = False
        # By origin: a connection that is used again is not connected again.
        self._addresses: dict[Any, tuple[str, int]] = {}

    def begin(self, client: Any, url: str) -> dict[str, Any]:
        """Follow the next request; returns the options to send it with."""
        self._url = url
        # Other clients than httpx's need not know of extensions.
        self._traced = hasattr(client, "build_request")
        return {"extensions": {"trace": self._trace}} if self._traced else {}

    async def _trace(self, step: str, info: dict[str, Any]) -> None:
        name = step.partition(".")[2]
        if name == "connect_tcp.started":
            self._addresses[origin(self._url)] = (info["host"], info["port"])
        elif name == "receive_response_headers.started":
            self._on_sent()

    @property
    def host(self) -> str:
        """The host that is asked; empty if the URL has none."""
        with suppress(ValueError):
            return urlsplit(self._url).hostname or ""
        return ""

    @property
    def proxy(self) -> str:
        """The proxy that the request goes through, as `host:port`; empty if there is
        none."""
        with suppress(ValueError):
            _, host, port = origin(self._url)
            address = self._addresses.get(origin(self._url))
            if address is None:
                return "" if self._traced else self.configured_proxy
            if address not in ((host, port), (_idna(host or ""), port)):
                return _joined(*address)
        return ""

    @property
    def configured_proxy(self) -> str:
        """The proxy that the environment asks for, as `host:port`; empty if none."""
        with suppress(ValueError):
            scheme, host, port = origin(self._url)
            proxies = getproxies()
            proxy = proxies.get(scheme) or proxies.get("all") or ""
            if proxy and not proxy_bypass(f"{host}:{port}"):
                address = urlsplit(proxy if "://" in proxy else f"http://{proxy}")
                return _joined(address.hostname or "", address.port or 80)
        return ""

    @property
    def proxy_setting(self) -> str:
        """Where a proxy for this request is set, such as `HTTPS_PROXY`; empty where it
        is not set by the environment."""
        names = (f"{urlsplit(self._url).scheme}_proxy", "all_proxy")
        for name in names:
            for variable in (name.upper(), name):
                if os.environ.get(variable):
                    return variable
        return ""


def _joined(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _idna(host: str) -> str:
    """The host as it is looked up, where its name is not ASCII."""
    with suppress(UnicodeError):
        return host.encode("idna").decode()
    return host
