"""Make an HTTP client for one stream."""

from __future__ import annotations

import ssl
from dataclasses import dataclass, field

import httpx

from ....platforms.sockets import NO_SOCKETS, has_sockets
from ..failures import build_error
from .request import Request
from .tls import CertificatesUnreadable, ssl_context


@dataclass(frozen=True, slots=True)
class ClientOptions:
    """How to make a client of our own, which is closed with its stream."""

    verify: ssl.SSLContext | bool = True
    """False trusts any certificate; True those that the environment names."""
    proxy: str | None = field(default=None, repr=False)
    """The URL of a proxy; by default the environment's."""

    def make_client(self, request: Request) -> httpx.AsyncClient:
        """Return a new client for a request.

        Raises:
            ConnectionFailed: if the certificates that the environment names cannot be
                read, or if Python has no sockets.
        """
        if not has_sockets():
            advice = (
                "nbstream.stream(URL, client=…) takes an httpx.AsyncClient with a "
                "transport of your own."
            )
            raise build_error(request, NO_SOCKETS, advice=advice)
        verify = self.verify
        try:
            if verify is True:
                verify = ssl_context(request.url)
        except CertificatesUnreadable as error:
            raise build_error(request, str(error)) from None
        return httpx.AsyncClient(verify=verify, proxy=self.proxy)
