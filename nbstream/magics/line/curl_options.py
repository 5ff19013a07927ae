"""Read, ignore or refuse the options of curl that a pasted command may have.

Source: the manual of curl 8, https://curl.se/docs/manpage.html.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Literal, NamedTuple

from IPython.core.error import UsageError

_NEEDLESS = (
    "-N --no-buffer -s --silent -S --show-error -f --fail --fail-with-body "
    "-L --location --compressed -g --globoff -# --progress-bar --no-progress-meter "
    "--http1.1 --http2 --basic --tcp-nodelay --retry-all-errors --retry-connrefused"
)
"""What needs no option: nothing is held back, redirects are followed, errors are
shown."""

_CLIENT = "give nbstream.stream() a client=httpx.AsyncClient(…) that has it"
_REFUSED = {
    "-F --form --form-string -T --upload-file": "write the body with -d or --json",
    "-o --output -O --remote-name -J --remote-header-name": (
        "--record FILE writes each event to a file"
    ),
    "-i --include -I --head -D --dump-header -v --verbose -w --write-out --trace "
    "--trace-ascii": "the response's headers are not shown",
    "-E --cert --key --cert-type --capath --ciphers --tlsv1.2 --tlsv1.3 --resolve "
    "--connect-to --interface --unix-socket --digest --ntlm --negotiate --anyauth": (
        _CLIENT
    ),
    "--http1.0 --http2-prior-knowledge --http3": _CLIENT,
    "--connect-timeout": "a connection has 15 s to be made",
    "--location-trusted": "credentials are not sent to another host",
    "-c --cookie-jar -j --junk-session-cookies": "cookies are not kept",
    "--netrc --netrc-file": "write -u USER:{password}",
    "--oauth2-bearer": "write --key-env NAME, or -H 'Authorization: Bearer {token}'",
    "-U --proxy-user": "write -x http://USER:{password}@HOST:PORT",
    "--socks5 --socks5-hostname": "write -x socks5://HOST:PORT",
    "--url": "write the URL by itself",
    "-K --config --next -Z --parallel -r --range -C --continue-at --limit-rate": (
        "one plain request is made"
    ),
    "--retry-delay --retry-max-time": "the delays between tries grow by themselves",
}
"""What is not supported, and what to do instead."""


class BodyPart(NamedTuple):
    """The value of one option that gives the body, or a part of it."""

    kind: Literal["data", "raw", "urlencode"]
    """`data` may name a file as `@FILE`, `raw` may not, `urlencode` is encoded."""
    value: str


def add_curl_options(parser: argparse.ArgumentParser) -> None:
    """Add curl's options to those of a magic."""
    add = parser.add_argument_group("the request, as curl has it").add_argument
    add("-X", "--request", metavar="METHOD", help="the HTTP method")
    add("-H", "--header", action="append", default=[], metavar="'NAME: VALUE'")
    body: Callable[..., Any] = partial(add, action="append", dest="data")
    body("-d", "--data", type=_read_data, metavar="DATA", help="the body, or @FILE")
    body("--data-ascii", "--data-binary", type=_read_data, help=argparse.SUPPRESS)
    body("--data-raw", type=_read_raw, help=argparse.SUPPRESS)
    body(
        "--data-urlencode",
        type=_read_urlencode,
        metavar="NAME=TEXT",
        help="a field of the body, encoded",
    )
    add("--json", action="append", metavar="DATA", help="a body of JSON, or @FILE")
    add("-G", "--get", **_flag, help="put the data into the URL")
    add("-u", "--user", metavar="USER:PASSWORD", help="Basic authentication")
    add("-b", "--cookie", action="append", metavar="NAME=VALUE")
    add("-A", "--user-agent", metavar="NAME")
    add("-e", "--referer", metavar="URL")
    add("-x", "--proxy", metavar="URL", help="connect through it")
    add("--cacert", metavar="FILE", help="certificates to trust")
    add("-k", "--insecure", **_flag, help="trust any certificate")
    add("--retry", dest="retries", type=int, help=argparse.SUPPRESS)
    add(*_NEEDLESS.split(), action=_Needless, help=argparse.SUPPRESS)
    for options, instead in _REFUSED.items():
        add(*options.split(), action=_Refused, const=instead, help=argparse.SUPPRESS)


_flag: dict[str, Any] = {"action": "store_true", "default": None}


def _read_data(value: str) -> BodyPart:
    return BodyPart("data", value)


def _read_raw(value: str) -> BodyPart:
    return BodyPart("raw", value)


def _read_urlencode(value: str) -> BodyPart:
    return BodyPart("urlencode", value)


class _Needless(argparse.Action):
    """Ignores an option that changes nothing here."""

    def __init__(self, option_strings: Sequence[str], dest: str, **options: Any):
        super().__init__(option_strings, argparse.SUPPRESS, nargs=0, **options)

    def __call__(self, *args: object) -> None:
        pass


class _Refused(argparse.Action):
    """Refuses an option that is not supported; `const` is what to do instead."""

    def __init__(self, option_strings: Sequence[str], dest: str, **options: Any):
        super().__init__(option_strings, argparse.SUPPRESS, nargs="?", **options)

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: object,
        option_string: str | None = None,
    ) -> None:
        raise UsageError(f"curl's {option_string} is not supported: {self.const}.")
