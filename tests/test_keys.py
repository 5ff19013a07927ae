"""Literal keys in a cell are refused, with advice; ordinary words are not."""

from __future__ import annotations

import pytest

from nbstream.models import key_in

from .ipython_shell import Shell

KEYS = [
    "sk-ant-api03-" + "aB3dE" * 8,
    "sk-proj-" + "a1B2" * 10,
    "sk-or-v1-" + "0f" * 30,
    "sk-" + "a1B2c3D4" * 5,
    "gsk_" + "a1B2" * 12,
    "xai-" + "a1B2" * 12,
    "pplx-" + "a1B2" * 12,
    "hf_" + "a1B2" * 9,
    "ghp_" + "a1B2" * 9,
    "github_pat_" + "a1B2" * 9,
    "AIzaSy" + "a1B2" * 8,
    "AKIA" + "A1B2" * 4,
    "ASIA" + "A1B2" * 4,
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n",
    "xoxb-123456789012-1234567890123-" + "aB3d" * 6,
    "xoxp-123456789012-123456789012-" + "0f" * 16,
    "xapp-1-A0123456789-1234567890123-" + "0f" * 32,
    "rk_live_" + "a1B2" * 6,
    "sk_live_" + "a1B2" * 6,
    "sk_test_" + "a1B2" * 6,
    "whsec_" + "a1B2" * 8,
    "ya29.a0AfH6SM" + "a1B2-_" * 8,
    "GOCSPX-" + "a1B2" * 7,
    "glpat-" + "a1B2_" * 4,
    "dapi" + "0f1e" * 8,
    "npm_" + "a1B2" * 9,
    "pypi-AgEIcHlwaS5vcmc" + "a1B2" * 20,
    "SG." + "a1B2" * 5 + "xy." + "a1B2" * 10 + "xyz",
    "hvs." + "a1B2" * 6,
    "r8_" + "a1B2" * 9,
    "nvapi-" + "a1B2" * 12,
    "dckr_pat_" + "a1B2" * 7,
    "dop_v1_" + "0f1e" * 16,
    "shpat_" + "0f1e" * 8,
    "lsv2_pt_" + "0f1e" * 8 + "_0f1e",
    "123456789:AA" + "a1B2" * 8 + "x",
]
ANNOUNCED = [
    "Bearer " + "0f1e2d3c" * 4,
    "bearer q7Wm2Zx9Lp4Rt8Ky1Nb6",
    "AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    'aws_secret_access_key = "wJalrXUtnFEMI/K7MDENG/bPxRfiCY0123456789"',
    "-----BEGIN RSA PRIVATE KEY-----",
    "-----BEGIN PRIVATE KEY-----",
]
WORDS = [
    "the risk-adjusted-return-on-capital-2024-and-later",
    "a task-force-of-the-2024-summer-olympics",
    "https://host/sk-an-article-about-many-things",
    "sk-learn",
    "Say sk-ant-... or $ANTHROPIC_API_KEY",
    "flask-2024-11-22-release-notes-and-more",
    "half_transformers_of_2024_and_later",
    "8b1a9953c4611296a827abf8c47804d7",
    "{sk}-{ant}",
    "import sklearn  # sk-learn",
    "sk-learn-contrib-models-for-everybody",
    "dapi_client = DapiClient(version=2024)",
    "dapi-2024-11-22-and-later-releases",
    "npm_config_registry=https://registry.npmjs.org/2024",
    "npm_package_dependencies_of_2024_and_later",
    "pypi-2024-release-and-agreement-notes-for-all-of-us-today",
    "pip install pypi-AgreementTool",
    "commit 8b1a9953c4611296a827abf8c47804d7f00dbabe",
    "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "index 83db48f..bf269f4 100644",
    "3fa85f64-5717-4562-b3fc-2c963f66afa6",
    "hf_hub_download(repo_id='user/model-2024')",
    "hf_transformers_2024_released",
    "gsk_learn(x)",
    "ghp_import --push 2024",
    "gho_st",
    "glpat-TOKEN",
    "xoxb-your-token",
    "rk_live_YOUR_KEY",
    "SG.module.name",
    "SG.2024.release",
    "ya29.com",
    "eyJhbGciOiJIUzI1NiJ9",
    "eyJ.eyJ.x",
    "AKIAs are access keys of 2024",
    "AIza...",
    "Bearer {token}",
    "Authorization: Bearer YOUR_TOKEN_GOES_HERE_PLEASE",
    "the bearer authentication_of_2024_and_later is described there",
    "Bearer $(gcloud auth print-access-token)",
    "aws_secret_access_key = os.environ['AWS_SECRET_ACCESS_KEY']",
    "-----BEGIN PUBLIC KEY-----",
    "-----BEGIN CERTIFICATE-----",
    "key-value-store-2024-and-the-rest-of-it",
    "whsec_...",
    "figd_2024",
    "import r8_tools",
    "12:30:45 AAPL 123456789:AAPL",
    "model = 'claude-sonnet-4-5-20250929'",
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJ",
]


@pytest.mark.parametrize("key", KEYS)
def test_a_key_is_recognised(key: str) -> None:
    for text in (key, f'"{key}"', f"Bearer {key}", f"x={key}", f"My key is {key}."):
        found = key_in(text)
        assert found is not None
        assert key.startswith(found.removesuffix("…"))
        assert len(found) < 9


@pytest.mark.parametrize("text", ANNOUNCED)
def test_an_announced_key_is_recognised(text: str) -> None:
    for around in (text, f'headers = {{"x": "{text}"}}', f"curl -H '{text}' http://h/"):
        found = key_in(around)
        assert found is not None
        assert found.removesuffix("…") in text
        assert len(found) < 9


@pytest.mark.parametrize("words", WORDS)
def test_a_word_is_not(words: str) -> None:
    assert key_in(words) is None


@pytest.mark.parametrize(
    "cell",
    [
        "%%stream claude --key-env {key}\nHi",
        "%%stream claude\nMy key is {key}.",
        "%stream http://127.0.0.1:1/x -H 'X-Key: {key}'",
        "%stream http://127.0.0.1:1/x?key={key}",
        "%%stream\nyield '{key}'",
    ],
    ids=["line", "body", "header", "address", "code"],
)
def test_a_cell_with_one_is_refused(shell: Shell, cell: str) -> None:
    printed = shell.run(cell.replace("{key}", KEYS[0]))
    assert printed.startswith("UsageError: This cell holds what looks like a key")
    assert "--key-env NAME" in printed
    assert KEYS[0] not in printed
    assert shell.run("%streams") == "No streams yet.\n"
