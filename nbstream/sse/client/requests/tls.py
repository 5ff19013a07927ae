"""Choose the certificates to verify servers with, and explain a failed check."""

from __future__ import annotations

import functools
import os
import ssl
from pathlib import Path

from ....text.paths import shorten_paths

_BUNDLES = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
# OpenSSL's X509_V_ERR_… (x509_vfy.h): no trusted authority signed the certificate.
_UNKNOWN_AUTHORITY = frozenset({2, 18, 19, 20, 21})
_EXPIRED, _NOT_YET_VALID = 10, 9
_OTHER_NAME = frozenset({62, 64})


class CertificatesUnreadable(Exception):
    """Raised if an environment variable does not name a file of certificates."""


def ssl_context(url: str) -> ssl.SSLContext:
    """Return the TLS context that all our clients share, for reading the certificates
    blocks the event loop for tens of milliseconds.

    The certificates are those of `SSL_CERT_FILE`, else of `REQUESTS_CA_BUNDLE` or
    `CURL_CA_BUNDLE`, else of `SSL_CERT_DIR`, else certifi's. They are read again if the
    variable or the file changed.

    Args:
        url: the URL of the request.

    Raises:
        CertificatesUnreadable: if the file is missing, or holds no certificate, and the
            URL is an https one. Others need certificates only after a redirect, and get
            the system's.
    """
    variable, path = _choose_bundle()
    if not variable:
        return _default_context(os.environ.get("SSL_CERT_DIR"))
    try:
        return _load_bundle(path, Path(path).stat().st_mtime_ns)
    except OSError as error:  # ssl.SSLError is one
        if not url.lower().startswith("https:"):
            return ssl.create_default_context()
        why = "it holds no certificate" if isinstance(error, ssl.SSLError) else ""
        raise CertificatesUnreadable(
            f"expected certificates (PEM) in {shorten_paths(path)}, as {variable} "
            f"says, but: {why or error.strerror or error}"
        ) from None


def explain_distrust(error: ssl.SSLCertVerificationError) -> tuple[str, str]:
    """Return why a server's certificate is not trusted, and what to do about it."""
    what = f"the server's certificate is not trusted: {error.verify_message}"
    if error.verify_code in _UNKNOWN_AUTHORITY:
        variable, path = _choose_bundle()
        if variable:
            return what, (
                f"{variable}={shorten_paths(path)} does not hold the authority that "
                "signed it. SSL_CERT_FILE names the file (PEM) to trust."
            )
        return what, (
            "Where it is signed by an authority of your own, such as a company's, set "
            "SSL_CERT_FILE to a file (PEM) that holds that authority's certificate; "
            "in a notebook, os.environ['SSL_CERT_FILE'] = … counts from the next "
            "stream on."
        )
    if error.verify_code in _OTHER_NAME:
        return what, "Ask the server by a name that its certificate was made for."
    if error.verify_code in (_EXPIRED, _NOT_YET_VALID):
        return what, "The server needs a new certificate; or is this clock wrong?"
    return what, "SSL_CERT_FILE names the file (PEM) of authorities to trust."


def _choose_bundle() -> tuple[str, str]:
    """Return the environment variable that names the certificates, and its value; both
    empty if none is set."""
    for variable in _BUNDLES:
        if path := os.environ.get(variable):
            return variable, path
    return "", ""


@functools.lru_cache(maxsize=4)
def _load_bundle(path: str, _modified: int) -> ssl.SSLContext:
    if Path(path).is_dir():  # as Requests allows
        return ssl.create_default_context(capath=path)
    return ssl.create_default_context(cafile=path)


@functools.lru_cache(maxsize=4)
def _default_context(_directory: str | None) -> ssl.SSLContext:
    """Return httpx's own context; httpx reads `SSL_CERT_DIR` by itself."""
    import httpx

    return httpx.create_ssl_context()
