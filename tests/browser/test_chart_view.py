"""Metrics and progress in a real notebook, live and frozen."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import nbformat
from playwright.sync_api import Browser, Locator, expect

from ..channel_server import Source
from .jupyter import Jupyter, Notebook

Open = Callable[..., Notebook]


def point(name: str, step: float | None, value: Any) -> dict[str, Any]:
    return {"type": "metric", "name": name, "step": step, "value": value}


def training(steps: int) -> list[dict[str, Any]]:
    """Return the events of a training job: two losses, an accuracy and a learning
    rate."""
    return [
        message
        for step in range(steps)
        for message in (
            point("loss", step, 2 * math.exp(-step / 30) + 0.1 * math.sin(step)),
            point("val_loss", step, 2.2 * math.exp(-step / 40)),
            point("accuracy", step, 1 - math.exp(-step / 25)),
            point("lr", step, 1e-3 * 0.97**step),
        )
    ]


def count_pixels(chart: Locator) -> int:
    """Return how many pixels of the chart's canvas have a line's colour."""
    found: int = chart.locator("canvas").evaluate(
        """(canvas) => {
            const { width, height } = canvas;
            const { data } = canvas.getContext('2d').getImageData(0, 0, width, height);
            let count = 0;
            for (let i = 0; i < data.length; i += 4) {
                const [r, g, b] = data.slice(i, i + 3);
                if (Math.max(r, g, b) - Math.min(r, g, b) > 60) count++;
            }
            return count;
        }"""
    )
    return found


def test_a_chart_for_each_thing_measured(open_notebook: Open, source: Source) -> None:
    """Losses share a chart. The legend has every line's name and last value; the values
    under the pointer are shown; an axis can be logarithmic."""
    notebook = open_notebook(f"%stream {source.url}/job")
    notebook.run(1)
    source.send("/job", *training(60))
    panel = notebook.panel(1)
    expect(panel.get_by_role("row", name="lr")).to_be_visible()
    losses = panel.get_by_role("img", name="Chart of loss, val_loss")
    expect(losses.locator("canvas")).to_be_visible()
    charts = panel.locator(".nbs-chart")
    expect(charts).to_have_count(3)
    expect(charts.nth(0).get_by_role("listitem")).to_contain_text(["loss", "val_loss"])
    assert count_pixels(charts.nth(0)) > 100

    source.send("/job", point("lr", 60, 0.5))
    expect(charts.nth(2).get_by_role("listitem")).to_have_text("lr0.5")
    box = losses.bounding_box()
    assert box is not None
    notebook.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 60)
    expect(charts.nth(0).locator(".nbs-chart-at")).to_contain_text("at ")
    notebook.page.mouse.move(5, 5)
    expect(charts.nth(0).locator(".nbs-chart-at")).to_have_text("")

    log = charts.nth(2).get_by_role("button", name="Logarithmic axis for lr")
    log.focus()
    notebook.page.keyboard.press("Enter")
    expect(log).to_have_attribute("aria-pressed", "true")
    expect(charts.nth(2).locator("canvas")).to_have_count(1)
    assert count_pixels(charts.nth(2)) > 50


def test_gaps_are_reported_and_extreme_numbers_do_no_harm(
    open_notebook: Open, source: Source
) -> None:
    """NaN is reported; numbers that no axis can represent must not hang the page."""
    notebook = open_notebook(f"%stream {source.url}/odd")
    notebook.run(1)
    values = [1, 2, math.nan, 3, math.inf, 1.7e308, -1.7e308, 1e-320, 4]
    source.send("/odd", *(point("loss", None, value) for value in values))
    source.send("/odd", *(point("huge", i, 1e16 + 2 * i) for i in range(5)))
    source.send("/odd", *(point("far", 9e14 + i / 8, i) for i in range(5)))
    panel = notebook.panel(1)
    expect(panel.get_by_text("loss: gaps where 4 of its values")).to_be_visible()
    for name in ("loss", "huge", "far"):
        panel.get_by_role("button", name=f"Logarithmic axis for {name}").click()
    source.send("/odd", point("loss", None, math.nan))
    expect(panel.get_by_role("row", name="loss nan")).to_be_visible()


def test_charts_resize_with_the_panel_and_remove_their_listeners(
    open_notebook: Open, source: Source
) -> None:
    """The canvas follows the panel's width, and no listener outlives it."""
    notebook = open_notebook(f"%stream {source.url}/wide")
    notebook.run(1)
    source.send("/wide", *(point("loss", i, i % 7) for i in range(20_000)))
    canvas = notebook.panel(1).locator("canvas")
    expect(canvas).to_be_visible()
    before = canvas.bounding_box()
    notebook.page.set_viewport_size({"width": 700, "height": 900})
    notebook.page.wait_for_function(
        f"""() => document.querySelector('.nbs-panel canvas')
            ?.getBoundingClientRect().width < {before["width"] if before else 0}"""
    )
    notebook.page.evaluate(
        """() => {
            window.gone = new WeakRef(document.querySelector('.nbs-panel .uplot'));
        }"""
    )
    source.end("/wide")
    notebook.wait_frozen(1)
    notebook.page.wait_for_function("() => !window.gone.deref()?.isConnected")
    image = notebook.output(1).get_by_role("img", name="Chart of loss")
    expect(image).to_be_visible()


def test_frozen_charts_survive_an_untrusted_notebook(
    open_notebook: Open, source: Source, lab: Jupyter, browser: Browser
) -> None:
    """JupyterLab sanitises untrusted output: the chart is still there."""
    notebook = open_notebook(f"%stream {source.url}/kept")
    notebook.run(1)
    source.send("/kept", *training(40))
    source.send("/kept", {"type": "progress", "name": "run", "current": 4, "total": 4})
    source.end("/kept")
    notebook.wait_frozen(1)
    saved = notebook.save()
    foreign = "from-someone-else.ipynb"
    for cell in saved.cells:
        cell.metadata.pop("trusted", None)
    saved.cells[1].source += "\n# a file that was never run here"
    saved.cells[1].outputs[0].data["text/html"] += "<p>untrusted</p>"
    nbformat.write(saved, lab.root / foreign)
    again = lab.reopen(browser, foreign)
    output = again.output(1)
    for name in ("Chart of loss, val_loss", "Chart of accuracy", "Chart of lr"):
        image = output.get_by_role("img", name=name)
        expect(image).to_be_visible()
        assert image.evaluate("(image) => image.complete && image.naturalWidth") == 640
    expect(output.get_by_role("row", name="accuracy")).to_be_visible()
    expect(output.get_by_role("progressbar")).to_be_visible()
    again.shut_kernel_down()
    again.close()


def test_bars_are_stacked(open_notebook: Open, source: Source) -> None:
    """Nested bars keep their full names for a screen reader. Bars that were not
    complete when the stream failed have the colour of failures."""
    notebook = open_notebook(f"%stream {source.url}/bars")
    notebook.run(1)
    source.send(
        "/bars",
        {"type": "progress", "name": "run", "current": 1, "total": 3},
        {"type": "progress", "name": "other", "message": "no total"},
        {"type": "progress", "name": "run/epoch 1", "current": 5, "total": 5},
    )
    panel = notebook.panel(1)
    inner = panel.get_by_role("progressbar", name="run/epoch 1")
    expect(inner).to_have_attribute("value", "100")
    bars = panel.locator(".nbs-bar")
    expect(bars.locator(".nbs-bar-name")).to_have_text(["run", "epoch 1", "other"])
    expect(bars.nth(1)).to_have_class("nbs-bar nbs-done")
    other = panel.get_by_role("progressbar", name="other")
    assert other.get_attribute("value") is None
    # The label has changed; the bar itself is still the same element.
    source.send("/bars", {"type": "progress", "name": "run", "current": 9, "total": 3})
    expect(bars.nth(0)).to_contain_text("9 of 3 · 6 over")
