"""Run nginx before a Jupyter server, configured as Jupyter's documentation says."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

from ..proxy import closed_address

_PLACES = os.pathsep.join(
    [f"{sys.prefix}/nginx/usr/sbin", os.environ["PATH"], "/usr/sbin"]
)
"""Where `tests/run` puts it, and where Debian does."""
_CONFIGURATION = """
daemon off;
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    map $http_upgrade $connection_upgrade {{
        default upgrade;
        '' close;
    }}
    server {{
        listen {address};
        location {path} {{
            proxy_pass http://{upstream};
            proxy_set_header Host $http_host;
            proxy_set_header X-Real-IP $remote_addr;
            proxy_http_version 1.1;
            proxy_set_header Upgrade $http_upgrade;
            proxy_set_header Connection $connection_upgrade;
        }}
    }}
}}
"""


class Nginx:
    """A reverse proxy that passes one path on to a server.

    Args:
        folder: an empty one, for its files.
        url: the server's address, with the path.

    Attributes:
        url: the same path at the proxy's address.
    """

    def __init__(self, folder: Path, url: str) -> None:
        program = shutil.which("nginx", path=_PLACES)
        assert program, "Expected nginx; on Debian: apt-get install nginx"
        address = closed_address()
        behind = urlsplit(url)
        configuration = folder / "nginx.conf"
        configuration.write_text(
            _CONFIGURATION.format(
                folder=folder,
                address=address,
                path=behind.path,
                upstream=behind.netloc,
            )
        )
        self._process = subprocess.Popen(
            [program, "-e", folder / "error.log", "-c", configuration, "-p", folder]
        )
        self.url = f"http://{address}{behind.path}"

    def close(self) -> None:
        self._process.terminate()
        self._process.wait(20)
