"""What a plain ipywidget and a display update do in the page of a notebook: the control
for what a stream does there."""

from __future__ import annotations

from ..browser.jupyter import Notebook
from .base import Answer
from .stream_checks import DISPLAY, PATIENCE, WIDGET, appears, save, saved

CELLS = [
    """\
import asyncio, ipywidgets
slider = ipywidgets.IntSlider(description="control", max=1000)
button = ipywidgets.Button(description="press")
button.on_click(lambda _: setattr(button, "description", "heard"))
display(slider, button)
handle = display("value 0", display_id=True)
async def count():
    for number in range(1, 1000):
        await asyncio.sleep(0.3)
        slider.value = number
        handle.update(f"value {number}")
counting = asyncio.ensure_future(count())
await asyncio.sleep(8)""",
    """\
last = display("value first", display_id=True)
_ = asyncio.get_running_loop().call_later(1, lambda: last.update("value last"))""",
]
# Each is an expression that remembers, in the page, what was seen first.
SLIDER_GROWS = (
    "(() => { const value = cell.querySelector('.widget-readout')?.innerText;"
    " window.sliderWas ??= value; return value && value !== window.sliderWas; })()"
)
DISPLAY_GROWS = (
    "(() => { const value = text.match(/value \\d+/g)?.join();"
    " window.displayWas ??= value;"
    " return value && !value.includes(',') && value !== window.displayWas; })()"
)
LAST = "text.includes('value last')"
FORGET = "() => { delete window.sliderWas; delete window.displayWas; }"


class WidgetChecks:
    """Runs the control by one page and observes it in one, perhaps another."""

    def __init__(self, driver: Notebook, viewer: Notebook) -> None:
        self.driver = driver
        self.viewer = viewer
        self.answers: dict[str, Answer] = {}

    def run(self) -> None:
        self.driver.start(WIDGET)
        self.answers["live"] = self._changes(4000)
        ended = "/\\[\\d+\\]/.test(cell.querySelector('.jp-InputPrompt')?.innerText)"
        appears(self.driver.page, str(WIDGET), ended, 2 * PATIENCE)
        self.answers["after the cell"] = self._changes(5000)
        self.answers["cancel"] = self._hears_a_click()
        self.driver.start(DISPLAY)
        appears(self.driver.page, str(DISPLAY), LAST, 5000)

    def check_reload(self) -> None:
        save(self.driver, WIDGET)
        self.viewer.page.reload()
        self.viewer.wait_for_connection()
        self.answers["reload"] = self._changes(5000)

    def check_saved(self) -> None:
        self.answers["saved"] = saved(self.driver, DISPLAY, "value last")

    def check_reopened(self, reopened: Notebook) -> None:
        works = appears(reopened.page, str(DISPLAY), LAST, 5000)
        self.answers["reopened"] = Answer(works)

    def _changes(self, patience: int) -> Answer:
        self.viewer.page.evaluate(FORGET)
        slider = appears(self.viewer.page, str(WIDGET), SLIDER_GROWS, patience)
        display = appears(self.viewer.page, str(WIDGET), DISPLAY_GROWS, 2000)
        if slider == display:
            return Answer(slider)
        return Answer(
            slider,
            "but a display update is seen" if display else "but no display update",
        )

    def _hears_a_click(self) -> Answer:
        self.viewer.page.evaluate(
            """(index) => document.querySelector(
                `.jp-CodeCell[data-windowed-list-index="${index}"] button.widget-button`
            )?.click()""",
            WIDGET,
        )
        heard = "cell.querySelector('button.widget-button')?.innerText === 'heard'"
        return Answer(appears(self.viewer.page, str(WIDGET), heard, 5000))
