"""TLS: which certificates are trusted, and the errors for the others."""

from __future__ import annotations

import datetime
import ssl
from pathlib import Path
from typing import Any

import pytest
import trustme

from nbstream.errors import ConnectionFailed
from nbstream.testing import StartSSEServer, events

from .sse_client import GONE, ONE, data_of, error_of, quick

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("nothing_set")]

BUNDLES = ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"]


@pytest.fixture
def nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [*BUNDLES, "SSL_CERT_DIR"]:
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def authority(tmp_path: Path) -> tuple[trustme.CA, str]:
    """Return a company's certificate authority, and the file of its certificate."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    return authority, str(tmp_path / "ca.pem")


def served_by(certificate: trustme.LeafCert) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    return context


@pytest.mark.parametrize("variable", BUNDLES)
async def test_an_own_authority_is_named_as_the_cause_and_counts_once_it_is_set(
    sse_server: StartSSEServer,
    monkeypatch: pytest.MonkeyPatch,
    authority: Any,
    variable: str,
) -> None:
    """The variable is set in the running kernel, after the first failure."""
    ca, path = authority
    context = served_by(ca.issue_cert("127.0.0.1"))
    server = sse_server(events(ONE), GONE, ssl_context=context)
    _, error = await error_of(quick(server.url), ConnectionFailed)
    assert "certificate is not trusted" in str(error)
    assert "set SSL_CERT_FILE to a file (PEM)" in str(error)

    monkeypatch.setenv(variable, path)
    assert await data_of(quick(server.url)) == ["one"]

    monkeypatch.delenv(variable)
    await error_of(quick(server.url), ConnectionFailed)


async def test_ssl_cert_file_has_priority_and_is_named_where_it_is_wrong(
    sse_server: StartSSEServer,
    monkeypatch: pytest.MonkeyPatch,
    authority: Any,
    tmp_path: Path,
) -> None:
    ca, path = authority
    trustme.CA().cert_pem.write_to_path(str(tmp_path / "other.pem"))
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", path)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "other.pem"))
    context = served_by(ca.issue_cert("127.0.0.1"))
    server = sse_server(events(ONE), GONE, ssl_context=context)
    _, error = await error_of(quick(server.url), ConnectionFailed)
    assert f"SSL_CERT_FILE={tmp_path / 'other.pem'} does not hold" in str(error)


async def test_a_rewritten_bundle_is_read_again(
    sse_server: StartSSEServer, monkeypatch: pytest.MonkeyPatch, authority: Any
) -> None:
    ca, path = authority
    context = served_by(ca.issue_cert("127.0.0.1"))
    server = sse_server(events(ONE), GONE, ssl_context=context)
    trustme.CA().cert_pem.write_to_path(path)
    monkeypatch.setenv("SSL_CERT_FILE", path)
    await error_of(quick(server.url), ConnectionFailed)
    ca.cert_pem.write_to_path(path)
    assert await data_of(quick(server.url)) == ["one"]


async def test_a_bundle_is_not_suggested_for_a_certificate_of_another_name(
    sse_server: StartSSEServer, monkeypatch: pytest.MonkeyPatch, authority: Any
) -> None:
    ca, path = authority
    monkeypatch.setenv("SSL_CERT_FILE", path)
    context = served_by(ca.issue_cert("elsewhere.example"))
    server = sse_server(events(ONE), ssl_context=context)
    _, error = await error_of(quick(server.url), ConnectionFailed)
    assert "Ask the server by a name that its certificate was made for" in str(error)
    assert "SSL_CERT_FILE" not in str(error)


async def test_an_expired_certificate_is_the_servers_to_renew(
    sse_server: StartSSEServer, monkeypatch: pytest.MonkeyPatch, authority: Any
) -> None:
    ca, path = authority
    monkeypatch.setenv("SSL_CERT_FILE", path)
    before = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)
    old = ca.issue_cert("127.0.0.1", not_before=before, not_after=before.replace(day=2))
    server = sse_server(events(ONE), ssl_context=served_by(old))
    _, error = await error_of(quick(server.url), ConnectionFailed)
    assert "expired" in str(error)
    assert "needs a new certificate" in str(error)


@pytest.mark.parametrize("variable", BUNDLES)
async def test_a_file_that_cannot_be_used_is_named_with_its_variable(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, variable: str
) -> None:
    monkeypatch.setenv(variable, str(tmp_path / "none.pem"))
    _, error = await error_of(quick("https://127.0.0.1:1/"), ConnectionFailed)
    assert f"certificates (PEM) in {tmp_path / 'none.pem'}, as {variable} says" in str(
        error
    )
    (tmp_path / "none.pem").write_text("not a certificate")
    _, error = await error_of(quick("https://127.0.0.1:1/"), ConnectionFailed)
    assert "it holds no certificate" in str(error)


async def test_a_file_that_cannot_be_used_does_not_stop_what_needs_none(
    sse_server: StartSSEServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Like a variable that an old configuration of Requests left."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "none.pem"))
    assert await data_of(quick(sse_server(events(ONE), GONE).url)) == ["one"]
