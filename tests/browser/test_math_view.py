"""A stream's formulas: typeset as they arrive, a few at a time, without affecting the
formulas of other cells."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
from playwright.sync_api import Browser, Locator, expect

from nbstream.content.blocks.text import TextBlock
from nbstream.limits import Limits
from nbstream.updates import Text

from ..channel_server import Source
from .jupyter import TIMEOUT_MS, Jupyter, Notebook, panel_text

Open = Callable[..., Notebook]

CASES = json.loads(
    (Path(__file__).parents[1] / "cases" / "formulas.json").read_text("utf-8")
)
# Anything a foreign definition, colour, number or label would change.
OWN = r"""$\color{blue}\frac12 + \alpha$ and $\sum \int \beta \sin x$

\begin{equation} E = mc^2 \tag{1} \end{equation}

\begin{align} a &= b \\ c &= d \end{align}"""
OWN_LABEL = r"\begin{equation} x \label{eq:loss} \end{equation} is $\eqref{eq:loss}$"

LABELLED = r"""The loss is

$$
\mathcal{L} = -\sum_i \log p_i \tag{7} \label{eq:loss}
$$

and its gradient, by $\eqref{eq:loss}$,

\[
\begin{align}
\nabla \mathcal{L} &= \frac{1}{n} \label{eq:a} \\
&= 0 \label{eq:b}
\end{align}
\]

End.
"""


def render_as_markdown(notebook: Notebook, index: int) -> Locator:
    """Turn a cell into markdown and render it; return its formulas."""
    notebook.page.evaluate(
        """async (index) => {
            const { commands, shell } = window.jupyterapp;
            const cells = shell.currentWidget.content;
            cells.activeCellIndex = index;
            cells.deselectAll();
            await commands.execute("notebook:change-cell-to-markdown");
            await commands.execute("notebook:run-cell");
        }""",
        index,
    )
    return formulas_of(notebook, index)


def formulas_of(notebook: Notebook, index: int) -> Locator:
    cell = notebook.page.locator(f'.jp-Cell[data-windowed-list-index="{index}"]')
    return cell.locator(".jp-MarkdownOutput mjx-container")


def look_of(formulas: Locator) -> list[Any]:
    """Return their structure, and the colours of all their parts."""
    expect(formulas).to_have_count(4)
    return list(
        formulas.evaluate_all(
            """(all) => all.map((formula) => {
                const parts = [...formula.querySelectorAll("*")];
                const colours = parts.map((part) => getComputedStyle(part).color);
                return [formula.outerHTML, colours];
            })"""
        )
    )


def heights(place: Locator) -> list[float]:
    return list(
        place.locator(".nbs-math, .nbstream-math, code").evaluate_all(
            "(all) => all.map((el) => el.getBoundingClientRect().height)"
        )
    )


def test_the_users_own_formulas_stay_as_they_are(
    open_notebook: Open, lab: Jupyter, browser: Browser, source: Source
) -> None:
    """Before and after a stream of everything that would change them; live, frozen,
    reopened, and untrusted."""
    cells = (OWN, f"%stream {source.url}/hostile", OWN, OWN_LABEL)
    notebook = open_notebook(*cells)
    before = look_of(render_as_markdown(notebook, 1))
    notebook.run(2)
    hostile = (
        "\n\n".join([*CASES["source"], LABELLED, r"$\text{the end}$"]) + "\n\n.\n\n"
    )
    source.text(
        "/hostile", *(hostile[i : i + 500] for i in range(0, len(hostile), 500))
    )
    text = panel_text(notebook.panel(2))
    text.locator(".nbs-math").last.scroll_into_view_if_needed()
    expect(text.locator(".nbs-math mjx-container").last).to_contain_text("the end")
    assert max(heights(text)) < 1000
    assert look_of(render_as_markdown(notebook, 3)) == before

    source.end("/hostile")
    frozen = notebook.wait_frozen(2)
    expect(frozen.locator("mjx-container").last).to_contain_text("the end")
    assert max(heights(frozen)) < 1000
    assert look_of(formulas_of(notebook, 1)) == before
    # The stream's `eq:loss` is not the page's: the user's comes first.
    expect(render_as_markdown(notebook, 4)).to_have_count(2)
    expect(notebook.page.get_by_text("multiply defined")).to_have_count(0)

    saved = notebook.save()
    notebook.reload()
    expect(notebook.wait_frozen(2).locator("mjx-container").last).to_be_attached()
    assert look_of(formulas_of(notebook, 1)) == before
    nbformat.write(saved, lab.root / "untrusted.ipynb")
    untrusted = lab.reopen(browser, "untrusted.ipynb")
    shown = untrusted.cell(2).locator(".nbstream-snapshot")
    expect(shown.locator("mjx-container").last).to_be_attached()
    assert max(heights(shown)) < 1000
    assert look_of(formulas_of(untrusted, 1)) == before
    untrusted.close()


def test_labels_and_numbers_read_the_same_live_and_frozen(
    open_notebook: Open, source: Source
) -> None:
    """A label that is typeset twice would be defined twice."""
    notebook = open_notebook(f"%stream {source.url}/labelled")
    notebook.run(1)
    source.text("/labelled", LABELLED)
    live = panel_text(notebook.panel(1))
    expect(live.locator("mjx-container")).to_have_count(3)
    expect(live.locator("mjx-merror")).to_have_count(0)
    words = live.inner_text()
    source.end("/labelled")
    for place in (notebook.wait_frozen(1), reload_and_get_formulas(notebook)):
        expect(place.locator("mjx-container")).to_have_count(3)
        expect(place.locator("mjx-merror")).to_have_count(0)
        assert place.inner_text().split() == words.split()


def reload_and_get_formulas(notebook: Notebook) -> Locator:
    notebook.save()
    notebook.reload()
    return notebook.wait_frozen(1)


def test_without_a_typesetter_formulas_are_mathml(
    open_notebook: Open, source: Source
) -> None:
    """As in VS Code and Colab, whose widget managers have none."""
    notebook = open_notebook(f"%stream {source.url}/plain")
    notebook.page.evaluate(
        "() => { window.jupyterapp.shell.currentWidget.content"
        ".rendermime.latexTypesetter = null; }"
    )
    notebook.run(1)
    source.text("/plain", "Then $a^2$, $\\unheardof{x}$ and $x", "_1$.\n\n")
    text = panel_text(notebook.panel(1))
    expect(text.locator(".nbs-math > math")).to_have_count(2)
    expect(text.locator("math msup mn")).to_have_text("2")
    expect(text).to_contain_text("$\\unheardof{x}$")
    source.text("/plain", "Above\n\n\\[\\frac{a}{b}\\]\n\nbelow.\n\n")
    source.text("/plain", *CASES["typeset"], "\n\n", *CASES["source"], "\n\nEnd.\n\n")
    expect(text).to_contain_text("End.")
    text.locator(".nbs-math").last.scroll_into_view_if_needed()
    expect(text.locator(".nbs-math").last.locator("math")).to_be_attached()
    assert_even_gaps(text)
    unsafe = "math :is(a, img, script, [href], [src], [onclick], [style*=position])"
    expect(text.locator(unsafe)).to_have_count(0)
    assert max(heights(text)) < 1000
    source.end("/plain")
    expect(notebook.wait_frozen(1)).to_contain_text("$\\unheardof{x}$")


def assert_even_gaps(text: Locator) -> None:
    """Assert that a formula on lines of its own is not closer to what is below."""
    above, below = text.evaluate(
        """(text) => {
            const all = [...text.querySelectorAll(".nbs-math-display:has(> math)")];
            const display = all.find(
                (one) => one.previousElementSibling?.matches("p")
                    && one.nextElementSibling?.matches("p"));
            const edges = (el) => el.getBoundingClientRect();
            return [
                edges(display).top - edges(display.previousElementSibling).bottom,
                edges(display.nextElementSibling).top - edges(display).bottom,
            ];
        }"""
    )
    assert below > 0.9 * above > 5, (above, below)


def test_of_thousands_the_visible_ones_are_typeset(
    open_notebook: Open, source: Source
) -> None:
    """First those in the viewport, then those the reader scrolls to; the frozen output
    typesets 500."""
    notebook = open_notebook(f"%stream {source.url}/many")
    notebook.run(1)
    text = "".join(f"Let $x_{{{i}}}^2$ be.\n\n" for i in range(2000))
    source.text("/many", *(text[i : i + 9000] for i in range(0, len(text), 9000)))
    formulas = panel_text(notebook.panel(1)).locator(".nbs-math")
    expect(formulas).to_have_count(2000)
    expect(formulas.nth(3).locator("mjx-container")).to_be_visible()
    last = formulas.nth(1990)
    expect(last).to_have_text("$x_{1990}^2$")
    assert formulas.locator("mjx-container").count() < 300
    last.scroll_into_view_if_needed()
    expect(last.locator("mjx-container")).to_be_visible()
    assert formulas.locator("mjx-container").count() < 600

    source.end("/many")
    frozen = notebook.wait_frozen(1)
    typeset = frozen.locator("mjx-container")
    expect(typeset).to_have_count(500, timeout=TIMEOUT_MS)
    expect(frozen.locator(".nbstream-math").nth(500)).to_have_text("$x_{500}^2$")


def test_markdown_that_jupyterlab_renders_holds_no_command(open_notebook: Open) -> None:
    """JupyterLab looks for math in the markdown, and again in the page it renders from
    it, where escaped marks are marks again."""
    begins = [
        "$",
        "$ ",
        "$$\n",
        r"\$",
        "&#36;",
        "&dollar;",
        r"\(",
        r"\\(",
        r"\\[",
        "&#92;(",
    ]
    begins += [r"\begin{align}", r"\\begin{align}", r"\\&#98;egin{align}"]
    ends = [
        "$",
        " $",
        "\n$$",
        r"\$",
        "&#36;",
        "&dollar;",
        r"\)",
        r"\\)",
        r"\\]",
        "&#92;)",
    ]
    ends += [r"\end{align}", r"\\end{align}", r"\\&#101;nd{align}"]
    commands = [r"\def\owned{x}", r"\\def\\owned{x}", "&#92;def&#92;owned{x}"]
    commands += [r"\\d&#101;f\\owned{x}", r"\le&#116;\owned\alpha", r"`\def\owned{x}`"]
    commands += [
        "\n```\n\\def\\owned{x}\n```\n",
        "a\n- \\def\\owned{x}",
        r"\\*\def\owned{x}",
    ]
    texts = [
        begin + command + end
        for begin, end in zip(begins, ends, strict=True)
        for command in commands
    ]
    notebook = open_notebook("1")
    assert len(find_applied(notebook, texts)) > 20  # unchanged

    markdown = []
    for text in texts:
        block = TextBlock(Limits())
        block.add(Text(text.replace("owned", "taken")))
        markdown.append(block.markdown())
    assert find_applied(notebook, markdown, name="taken") == []


def find_applied(
    notebook: Notebook, texts: list[str], name: str = "owned"
) -> list[str]:
    """Return the commands whose definition JupyterLab applies anywhere."""
    return list(
        notebook.page.evaluate(
            """async ([texts, name]) => {
                const { rendermime } = window.jupyterapp.shell.currentWidget.content;
                const defined = async (command) => {
                    const math = document.createElement("div");
                    math.textContent = `$\\\\${command}$`;
                    document.body.append(math);
                    await rendermime.latexTypesetter.typeset(math);
                    math.remove();
                    return math.querySelector("mjx-mtext, mjx-merror") === null;
                };
                const found = [];
                for (const [i, text] of texts.entries()) {
                    const letters = [...String(i)].map((digit) => "abcdefghij"[digit]);
                    const command = name + letters.join("");
                    const data = { "text/markdown": text.replaceAll(name, command) };
                    const renderer = rendermime.createRenderer("text/markdown");
                    const model = rendermime.createModel({ data, trusted: true });
                    await renderer.renderModel(model);
                    document.body.append(renderer.node);
                    await rendermime.latexTypesetter.typeset(renderer.node);
                    renderer.node.remove();
                    if (await defined(command)) found.push(text);
                }
                return found;
            }""",
            [texts, name],
        )
    )
