"""Serve a real model by a server that is not ours: llama.cpp's, with a tiny model made
here.

The model is a llama of two thin layers with random weights, half a megabyte. Its text
makes no sense, but comes from a real tokenizer, a real sampler and a real server.

    python -m tests.llama MODEL.gguf    serves the model until its standard input ends
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import gguf
import numpy as np
import xllamacpp

NAME = "tiny"
WIDTH, HIDDEN, HEADS, LAYERS, CONTEXT = 64, 128, 4, 2, 32768
SPECIAL = ["<unk>", "<s>", "</s>"]
OCTETS = [f"<0x{octet:02X}>" for octet in range(256)]
VOCABULARY = (
    "the a sun rain moon sea wind é ☂ 語 🌊 of and or is red blue . , one two three"
)
WORDS = [f"▁{word}" for word in VOCABULARY.split()] + ["\n"]


@contextmanager
def serving(folder: Path) -> Iterator[str]:
    """Build the model in this folder, serve it, and yield its address: scheme, host,
    port."""
    model = folder / "tiny.gguf"
    write_model(model)
    log = folder / "server.log"
    with (
        log.open("w") as errors,
        subprocess.Popen(
            [sys.executable, "-m", "tests.llama", str(model)],
            cwd=Path(__file__).parents[1],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        ) as server,
    ):
        assert server.stdin is not None and server.stdout is not None
        # It prints its address once it serves, or nothing if it died.
        origin = server.stdout.readline().strip()
        assert origin, log.read_text()
        yield origin
        server.stdin.close()


def write_model(path: Path) -> None:
    tokens = [*SPECIAL, *OCTETS, *WORDS]
    kind = gguf.TokenType
    kinds = [kind.UNKNOWN, kind.CONTROL, kind.CONTROL]
    kinds += [kind.BYTE] * len(OCTETS) + [kind.NORMAL] * len(WORDS)

    model = gguf.GGUFWriter(str(path), "llama")
    model.add_context_length(CONTEXT)
    model.add_embedding_length(WIDTH)
    model.add_block_count(LAYERS)
    model.add_feed_forward_length(HIDDEN)
    model.add_head_count(HEADS)
    model.add_head_count_kv(HEADS)
    model.add_layer_norm_rms_eps(1e-5)
    model.add_rope_dimension_count(WIDTH // HEADS)
    model.add_vocab_size(len(tokens))
    model.add_tokenizer_model("llama")
    model.add_token_list(tokens)
    model.add_token_scores([0.0] * len(tokens))
    model.add_token_types(kinds)
    model.add_unk_token_id(0)
    model.add_bos_token_id(1)
    model.add_eos_token_id(2)
    model.add_chat_template("{% for m in messages %}{{ m.content }}\n{% endfor %}")

    random = np.random.default_rng(1)

    def add(name: str, *shape: int) -> None:
        weights = random.normal(0, 0.3, shape).astype(np.float32)
        if name == "output":
            # Only whole words are ever likely: no half characters, no end token.
            weights[: len(SPECIAL) + len(OCTETS)] = 0
        model.add_tensor(f"{name}.weight", weights)

    def add_norm(name: str) -> None:
        model.add_tensor(f"{name}_norm.weight", np.ones(WIDTH, np.float32))

    add("token_embd", len(tokens), WIDTH)
    for layer in (f"blk.{number}" for number in range(LAYERS)):
        add_norm(f"{layer}.attn")
        for part in ("q", "k", "v", "output"):
            add(f"{layer}.attn_{part}", WIDTH, WIDTH)
        add_norm(f"{layer}.ffn")
        add(f"{layer}.ffn_gate", HIDDEN, WIDTH)
        add(f"{layer}.ffn_up", HIDDEN, WIDTH)
        add(f"{layer}.ffn_down", WIDTH, HIDDEN)
    add_norm("output")
    add("output", len(tokens), WIDTH)

    model.write_header_to_file()
    model.write_kv_data_to_file()
    model.write_tensors_to_file()
    model.close()


def serve(path: str) -> None:
    settings = xllamacpp.CommonParams()
    settings.model.path = path
    settings.model_alias = {NAME}
    settings.port = 0
    settings.n_ctx = CONTEXT
    settings.n_parallel = 1
    settings.n_gpu_layers = 0
    settings.cpuparams.n_threads = 1
    # An answer must not depend on earlier requests.
    settings.cache_prompt = False
    server = xllamacpp.Server(settings)
    print(server.listening_address, flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    serve(sys.argv[1])
