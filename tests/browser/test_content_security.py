"""The panel under a content security policy without eval and without other origins.

It needs only what JupyterLab itself needs for widgets: `blob:` for their modules, which
is how anywidget loads them, and inline styles. The rest can be `'self'`.
"""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import expect

from ..channel_server import Source
from .all_block_kinds import EVERYTHING, expect_everything
from .jupyter import Notebook

Open = Callable[..., Notebook]

POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' blob:; "
    "style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
    "font-src 'self' data:; connect-src 'self' ws: blob:; object-src 'none'"
)


def test_every_view_draws_without_eval(open_notebook: Open, source: Source) -> None:
    notebook = open_notebook(f"%stream {source.url}/all")
    page = notebook.page

    # JupyterLab compiles its settings' schemas at startup. A policy that is added later
    # applies to everything after that.
    page.evaluate(
        """(policy) => {
            window.violations = [];
            document.addEventListener("securitypolicyviolation", (event) => {
                const { violatedDirective, blockedURI } = event;
                window.violations.push(`${violatedDirective} ${blockedURI}`);
            });
            const meta = document.createElement("meta");
            meta.httpEquiv = "Content-Security-Policy";
            meta.content = policy;
            document.head.append(meta);
        }""",
        POLICY,
    )
    # A check of the test itself: the policy is in force.
    refused = page.evaluate(
        """() => new Promise((resolve) => setTimeout(() => {
            try { resolve(new Function("return 'ran'")()); }
            catch (error) { resolve(error.name); }
        }))"""
    )
    assert refused == "EvalError"
    page.evaluate("() => { window.violations.length = 0; }")
    notebook.run(1)
    source.send("/all", *EVERYTHING)
    panel = notebook.panel(1)
    expect_everything(panel)
    for summary in panel.locator("summary").all():
        summary.click()
    source.end("/all")
    expect(notebook.wait_frozen(1).get_by_role("img").first).to_be_visible()
    assert page.evaluate("() => window.violations") == []
