"""Run llama.cpp's server on a port, with the tiny model of the tests.

python -m benchmarks.servers.llama PORT
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import xllamacpp

from tests.llama import NAME, write_model


def main(port: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        model = Path(folder) / "tiny.gguf"
        write_model(model)
        settings = xllamacpp.CommonParams()
        settings.model.path = str(model)
        settings.model_alias = {NAME, "mock"}
        settings.port = port
        settings.n_ctx = 4096
        settings.n_gpu_layers = 0
        settings.cpuparams.n_threads = 1
        server = xllamacpp.Server(settings)
        print(server.listening_address, flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main(int(sys.argv[1]))
