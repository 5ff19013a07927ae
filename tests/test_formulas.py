"""Formulas: those of an ordinary answer are typeset, and nothing else is.

`cases/formulas.json` holds real formulas (`typeset`), what becomes of those that name
or number themselves (`rewritten`), what stays as it was written (`source`), and which
formulas are found in a text (`texts`). The front end's tests read the same.
"""

from __future__ import annotations

import json
import re
from html import unescape
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbstream.content.blocks.text import TextBlock
from nbstream.limits import Limits
from nbstream.rendering.formulas import (
    MAX_CHARACTERS,
    TYPESET,
    prepare_formula,
)
from nbstream.updates import Text

pytestmark = pytest.mark.slow

CASES = json.loads(
    (Path(__file__).parent / "cases" / "formulas.json").read_text("utf-8")
)


def block(text: str) -> TextBlock:
    made = TextBlock(Limits())
    made.add(Text(text))
    return made


def test_there_are_many_cases() -> None:
    assert len(CASES["typeset"]) >= 150
    assert len(CASES["source"]) >= 100


@pytest.mark.parametrize("formula", CASES["typeset"])
def test_real_formulas_are_typeset_as_written(formula: str) -> None:
    assert prepare_formula(formula) == formula


@pytest.mark.parametrize(("formula", "prepared"), CASES["rewritten"])
def test_numbers_and_names_become_words(formula: str, prepared: str) -> None:
    """They would be the page's: the second typesetting of a label is an error."""
    assert prepare_formula(formula) == prepared
    assert prepare_formula(prepared) == prepared


@pytest.mark.parametrize("formula", CASES["source"])
def test_all_else_stays_source(formula: str) -> None:
    assert prepare_formula(formula) is None


@pytest.mark.parametrize(("text", "typeset", "source"), CASES["texts"])
def test_formulas_are_found_in_a_text(
    text: str, typeset: list[str], source: list[str]
) -> None:
    html = block(text).html()
    assert found(html, rf"<\w+ {TYPESET}>(.*?)</") == typeset
    pattern = r'<(?:p|span)><code style="white-space:pre-wrap">(.*?)</code>'
    assert found(html, pattern) == source


def found(html: str, pattern: str) -> list[str]:
    return [unescape(words) for words in re.findall(pattern, html, re.DOTALL)]


def test_a_formula_has_a_length_it_may_have() -> None:
    longest = f"${'x' * (MAX_CHARACTERS - 2)}$"
    assert prepare_formula(longest) == longest
    assert prepare_formula(f"$x{longest[1:]}") is None


JOINER = "\u2060"
PARTS = [
    *"{}$&%#^_[]aé \n\u200b",
    *(r"\\", r"\frac", r"\def", r"\rule", r"\begin{align}", r"\end{align}", r"\left("),
    *(r"\right)", r"\hspace{1em}", r"\\[1em]", r"\\[99em]", r"\label{a}", r"\tag{1}"),
    r"\ce{",
]


@given(st.lists(st.sampled_from(PARTS), max_size=30))
def test_an_accepted_formula_has_only_allowed_macros(parts: list[str]) -> None:
    prepared = prepare_formula(f"$${''.join(parts)}$$")
    if prepared is not None:
        content = prepared[2:-2]
        bare = re.sub(r"\\[^A-Za-z]", "", content)
        commands = re.findall(r"\\([A-Za-z]+)", re.sub(r"\\\\", "", content))
        assert set(commands).isdisjoint(("def", "rule"))
        assert bare.count("{") == bare.count("}")
        assert r"\label" not in content and r"\tag" not in content
        assert "99em" not in re.findall(r"\\\\\[(.*?)\]", content)
        assert prepare_formula(prepared) == prepared


@pytest.mark.parametrize(
    ("text", "markdown"),
    [
        (r"so $x_1$ and \(y\)", r"so $x_1$ and \(y\)"),
        (r"$\gdef\x{1}$ x", r"` $\gdef\x{1}$ ` x"),
        ("$$\na\n- \\gdef\\x{1}\n$$", r"` $$ a - \gdef\x{1} $$ `"),
        (r"$`\def`$", r"`` $`\def`$ ``"),
        (r"$$x \label{a}$$", "$$x $$"),
        (r"in C:\Users\new", r"in C:\Users\new"),
        (r"C:\Users for $5", f"C:\\{JOINER}Users for $5"),
        (r"`$\def$` is code", r"`$\def$` is code"),
        # Some hosts typeset this without any dollars.
        (
            r"\begin{align}\rule{9em}{9em}",
            rf"\{JOINER}begin{{align}}\{JOINER}rule{{9em}}{{9em}}",
        ),
        # Markdown turns these into something else.
        (r"\$\\def\x1\$", rf"\$\\{JOINER}def\{JOINER}x1\$"),
        (r"\$&#92;def\x1\$", rf"\$&amp;#92;def\{JOINER}x1\$"),
        (r"&dollar;\le&#116;\alpha", r"&amp;dollar;\le&amp;#116;\alpha"),
        (r"\$a\\\\[99em]b\$", rf"\$a\\\\{JOINER}[99em]b\$"),
        (r"$f[x](y)$ $a![b]$ $x<y$", "$f[x] (y)$ $a! [b]$ $x< y$"),
        (r"$$x\\def$$", r"$$x\\ def$$"),
    ],
)
def test_hosts_that_render_markdown_get_the_same(text: str, markdown: str) -> None:
    """Hosts find math by different rules: outside formulas no forbidden command is
    left."""
    assert block(text).markdown() == markdown
