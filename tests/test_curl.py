"""A curl command after `%stream`, and what of curl's the line takes by itself: what
arrives at a real server."""

from __future__ import annotations

import base64
import ssl
from pathlib import Path

import pytest
import trustme

from nbstream.testing import Connection, StartSSEServer
from nbstream.testing.script import events

from .ipython_shell import Shell

HELLO = events('data: {"type": "content", "data": "hello"}\n\n', "data: [DONE]\n\n")


def basic(login: str) -> str:
    return f"Basic {base64.b64encode(login.encode()).decode()}"


def test_a_pasted_command(shell: Shell, sse_server: StartSSEServer) -> None:
    """As a vendor's page has it, but for the URL."""
    server = sse_server(HELLO)
    shell.ip.user_ns["pw"] = "love:lace"
    printed = shell.run(
        "%stream curl -N -sS --compressed -L -u ada:{pw} -H 'Accept: a/b' "
        f"-H\"X-A: it's\" '{server.url}?q=1' -m 20 --retry 2"
    )
    assert printed == "hello\n"
    (request,) = server.requests
    assert (request.method, request.path) == ("GET", "/events?q=1")
    assert request.headers["authorization"] == basic("ada:love:lace")
    assert request.headers["accept"] == "a/b"
    assert request.headers["x-a"] == "it's"


@pytest.mark.parametrize("magic", ["%stream", "%%stream"])
def test_a_command_over_several_lines(
    shell: Shell, sse_server: StartSSEServer, magic: str
) -> None:
    """IPython joins the lines of `%stream`; those under `%%stream` are its body."""
    server = sse_server(HELLO)
    printed = shell.run(
        f"{magic} curl {server.url} \\\n"
        "  -H 'Content-Type: application/json' \\\n"
        '  -d $\'{"a": "it\\\'s\\\\n"}\''
    )
    assert printed == "hello\n"
    (request,) = server.requests
    assert request.method == "POST"
    assert request.headers["content-type"] == "application/json"
    assert request.body == b'{"a": "it\'s\\n"}'


def test_a_quoted_body_over_several_lines(
    shell: Shell, sse_server: StartSSEServer
) -> None:
    server = sse_server(HELLO)
    shell.run(f"%%stream curl {server.url} -XPUT -d '{{\n  \"a\": 1\n}}'")
    (request,) = server.requests
    assert (request.method, request.body) == ("PUT", b'{\n  "a": 1\n}')


@pytest.mark.parametrize(
    ("typed", "path", "body"),
    [
        ('-d"a=1" --data-raw @b --data-urlencode "c=d e&"', "", "a=1&@b&c=d%20e%26"),
        ("--data-urlencode '=a/b' --data-binary @{file}", "", "a%2Fb&of a file\n"),
        ("--data-urlencode note@{file}", "", "note=of%20a%20file%0A"),
        ("--json='{\"a\":' --json '\"{name}\"}'", "", '{"a": "Ada"}'),
        ("-d ''", "", ""),
        ("-G -d a=1 --data-urlencode 'q=x y' --get", "?a=1&q=x%20y", ""),
    ],
)
def test_bodies(
    shell: Shell,
    sse_server: StartSSEServer,
    tmp_path: Path,
    typed: str,
    path: str,
    body: str,
) -> None:
    server = sse_server(HELLO)
    (tmp_path / "file").write_text("of a file\n")
    shell.ip.user_ns |= {"file": tmp_path / "file", "name": "Ada"}
    assert shell.run(f"%stream {server.url} {typed}") == "hello\n"
    (request,) = server.requests
    assert request.path == f"/events{path}"
    assert request.method == ("GET" if path else "POST")
    assert request.body.decode() == body


def test_headers_by_other_names(shell: Shell, sse_server: StartSSEServer) -> None:
    """`-H` has priority, in any letter case."""
    server = sse_server(HELLO)
    shell.run(
        f"%stream {server.url} -A Me -e 'http://from/;auto' -b a=1 -b 'b=2; c=3' "
        "-u a:b -H 'authorization: mine' -H 'X-Gone: 1' -H 'x-gone:' -H 'X-Empty;'"
    )
    headers = server.requests[0].headers
    assert headers["user-agent"] == "Me"
    assert headers["referer"] == "http://from/"
    assert headers["cookie"] == "a=1; b=2; c=3"
    assert headers["authorization"] == "mine"
    assert headers["x-empty"] == ""
    assert "x-gone" not in headers


def test_logins_are_secrets(shell: Shell, sse_server: StartSSEServer) -> None:
    """A server that quotes them, decoded or not, does not bring them to light."""

    async def quotes(connection: Connection) -> None:
        login = connection.request.headers["authorization"]
        plain = base64.b64decode(login.partition(" ")[2]).decode()
        credentials = f"{login} {plain} {connection.request.headers['cookie']}"
        await connection.send(f"data: {credentials}\n\n", "data: [DONE]\n\n")

    server = sse_server(quotes)
    shell.ip.user_ns |= {"pw": "lovelace", "session": "0123456789"}
    printed = shell.run(
        f"%stream '{server.url}?token=abcdef' -n s -u ada:{{pw}} "
        "-b 'mode=dark; session={session}'"
    )
    (request,) = server.requests
    assert request.headers["authorization"] == basic("ada:lovelace")
    assert request.headers["cookie"] == "mode=dark; session=0123456789"
    for secret in ("lovelace", "0123456789", basic("ada:lovelace")[6:]):
        assert secret not in printed
    assert "ada:***" in printed
    assert "abcdef" not in shell["s"].label


def test_certificates(shell: Shell, sse_server: StartSSEServer, tmp_path: Path) -> None:
    """Of an authority of one's own, or of none at all; otherwise they are checked."""
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    (tmp_path / "no.pem").write_text("no certificate")
    server = sse_server(HELLO, ssl_context=context)
    shell.ip.user_ns["dir"] = tmp_path
    assert shell.run(f"%stream {server.url} --cacert {{dir}}/ca.pem") == "hello\n"
    assert shell.run(f"%stream -k {server.url}") == "hello\n"
    assert "certificate" in shell.run(f"%stream {server.url}")
    for file in ("no.pem", "not_there.pem"):
        printed = shell.run(f"%stream {server.url} --cacert {{dir}}/{file}")
        assert printed.startswith("UsageError: Expected a file of certificates")


def test_a_proxy(shell: Shell, sse_server: StartSSEServer) -> None:
    """The request goes through it, for any server; its password is a secret."""
    proxy = sse_server(HELLO)
    host = proxy.origin.removeprefix("http://")
    shell.ip.user_ns["pw"] = "lovelace"
    printed = shell.run(f"%stream http://nowhere.invalid/x -x ada:{{pw}}@{host} -n s")
    assert printed == "hello\n"
    (request,) = proxy.requests
    assert request.path == "http://nowhere.invalid/x"
    assert request.headers["proxy-authorization"] == basic("ada:lovelace")
    assert "lovelace" in shell["s"]._source.secrets()


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("-F a=b", "curl's -F is not supported: write the body with -d or --json."),
        ("-sNo file", "curl's -o is not supported: --record FILE writes each event"),
        ("-vN", "curl's -v is not supported: the response's headers are not shown"),
        ("--cert a --key b", "curl's --cert is not supported: give nbstream.stream()"),
        ("--http3", "curl's --http3 is not supported"),
        ("--connect-timeout 3", "curl's --connect-timeout is not supported"),
        ("-d @-", "a notebook has no standard input"),
        ("--json @-", "a notebook has no standard input"),
        ("-u ada", "Expected -u USER:PASSWORD, got no colon"),
        ("-b jar.txt", "Cookies are not read from a file"),
        ("-H @file", "Headers are not read from a file"),
        ("-x ftp://host", "Expected a proxy of http, https"),
        ("-u a:b --key-env HOME", "of -u and --key-env, give one"),
    ],
)
def test_an_unsupported_option_is_reported_in_one_line(
    shell: Shell, typed: str, expected: str
) -> None:
    printed = shell.run(f"%stream curl http://127.0.0.1:1/x {typed}")
    assert printed.startswith("UsageError: ")
    assert expected in printed
    assert printed.count("\n") == 1


def test_a_variable_may_be_called_curl(shell: Shell) -> None:
    shell.ip.user_ns["curl"] = ["mine"]
    assert shell.run("%stream curl") == "mine\n"
