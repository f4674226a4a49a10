"""What a test does with the viewer's page: wait for a state, look at pixels, drag, pinch."""

import io
import json
import time
from collections.abc import Sequence
from typing import Any

import numpy as np
from PIL import Image
from playwright.sync_api import Locator, Page

from tests.viewer.phantom import SIZE

CHROMIUM = "/usr/bin/chromium"
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--ignore-gpu-blocklist",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
SURFACE = """JSON.stringify({look: placaViewer.look, tool: placaViewer.tool, layout: placaViewer.layout,
  mpr: placaViewer.mpr, links: placaViewer.links,
  pixels: placaViewer.pixelState, playing: placaViewer.playing, panes: placaViewer.panes,
  measurements: placaViewer.measurements, keys: placaViewer.keys})"""


class Driver:
    """One page of the viewer."""

    def __init__(self, page: Page, address: str) -> None:
        self.page, self.address = page, address
        self.errors: list[str] = []
        page.on(
            "console", lambda message: self.errors.append(message.text) if message.type == "error" else None
        )
        page.on("pageerror", lambda error: self.errors.append(str(error)))

    def open(self, study: str = "", **query: str) -> None:
        if study:
            self.address = f"{self.address.partition('?')[0]}?study={study}"
        extra = "".join(f"&{name}={value}" for name, value in query.items())
        self.page.goto(self.address + extra)

    def state(self) -> dict[str, Any]:
        return dict(json.loads(self.page.evaluate(SURFACE)))

    def pane(self, number: int = 0) -> dict[str, Any]:
        return dict(self.state()["panes"][number])

    def until(self, condition: str, seconds: float = 40) -> None:
        """Wait for a JavaScript condition; `wait_for_function` would need 'unsafe-eval'."""
        end = time.monotonic() + seconds
        while not self.page.evaluate(f"Boolean({condition})"):
            assert time.monotonic() < end, f"never: {condition}"
            self.page.wait_for_timeout(50)

    def until_pixels(self, number: int = 0) -> None:
        """Wait for the diagnostic pixels of the image that was asked for."""
        pane = f"placaViewer.panes[{number}]"
        self.until(f"window.placaViewer && {pane} && {pane}.diagnostic && {pane}.shownIndex === {pane}.index")
        self.page.wait_for_timeout(150)
        self.drawn()

    def drawn(self) -> None:
        """Wait for two frames: what is drawn with the next one is on screen."""
        self.page.evaluate(
            "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done())))"
        )

    def grey(self, number: int = 0) -> np.ndarray:
        """What is on screen in a pane, letters and measurements left out, as levels of grey."""
        self.page.evaluate(
            "document.querySelectorAll('.p-c, .pv-lines, .pv-turns').forEach((one) => { one.style.visibility = 'hidden'; })"
        )
        shot = self.page.locator(".pv-stage").nth(number).screenshot()
        self.page.evaluate(
            "document.querySelectorAll('.p-c, .pv-lines, .pv-turns').forEach((one) => { one.style.visibility = ''; })"
        )
        return np.asarray(Image.open(io.BytesIO(shot)).convert("L")).astype(int)

    def at(self, column: float, row: float) -> tuple[float, float]:
        """Where an image point lies on screen while the first pane shows it whole, upright."""
        box = self.page.locator(".pv-stage").first.bounding_box()
        assert box is not None
        scale = min(box["width"], box["height"]) / SIZE
        return (
            box["x"] + box["width"] / 2 + (column - SIZE / 2) * scale,
            box["y"] + box["height"] / 2 + (row - SIZE / 2) * scale,
        )

    def level(self, column: float, row: float) -> int:
        """The grey level on screen at an image point."""
        box = self.page.locator(".pv-stage").first.bounding_box()
        assert box is not None
        x, y = self.at(column, row)
        return int(self.grey()[int(y - box["y"]), int(x - box["x"])])

    def bar(self, number: int = 0) -> float:
        """Which image of a `longdoor` stack is on screen, by its bar, as a share of the stack."""
        grey = self.grey(number)
        height, width = grey.shape
        side = min(height, width)
        row = grey[height // 2 + side // 40]
        return float((row[(width - side) // 2 : (width + side) // 2] > 235).mean())

    def disc(self, number: int = 0) -> float:
        """The grey of its disc, above the middle."""
        grey = self.grey(number)
        height, width = grey.shape
        middle = grey[int(height * 0.5) - min(height, width) // 5 :, width // 2 - 20 : width // 2 + 20]
        return float(np.median(middle[:20]))

    def swipe(self, start: tuple[float, float], end: tuple[float, float], steps: int = 8) -> None:
        """One finger from here to there."""
        (x, y), (to_x, to_y) = start, end
        self.touch(*[[(x + (to_x - x) * n / steps, y + (to_y - y) * n / steps)] for n in range(steps + 1)])

    def tap(self, target: Locator) -> None:
        """Tap until it is a click, as a person does: on a busy machine Chromium makes none of some taps, though the
        touch reaches the page (seen in one of eight with both cores taken)."""
        target.evaluate(
            "one => one.addEventListener('click', () => { window.tapped = true; }, { capture: true })"
        )
        self.page.evaluate("window.tapped = false")
        for _again in range(3):
            target.tap()
            for _wait in range(20):
                if self.page.evaluate("window.tapped !== false"):  # another page knows nothing of it
                    return
                self.page.wait_for_timeout(50)
        raise AssertionError(f"no tap on {target} was a click")

    def drag(self, start: tuple[float, float], end: tuple[float, float]) -> None:
        mouse = self.page.mouse
        mouse.move(*start)
        mouse.down()
        mouse.move(*end, steps=8)
        mouse.up()
        self.page.wait_for_timeout(400)

    def touch(self, *steps: Sequence[tuple[float, float]]) -> None:
        """Put down, move and lift fingers: each step is where they are."""
        session = self.page.context.new_cdp_session(self.page)
        for number, step in enumerate(steps):
            points = [{"x": x, "y": y, "id": finger} for finger, (x, y) in enumerate(step)]
            more = number == 0 or len(step) != len(steps[number - 1])
            session.send(
                "Input.dispatchTouchEvent",
                {"type": "touchStart" if more else "touchMove", "touchPoints": points},
            )
        session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
        self.page.wait_for_timeout(300)

    def said(self) -> str:
        """Titles of messages and notices on screen."""
        chosen = "document.querySelectorAll('.pv-message h2, .pv-notice:not([hidden])')"
        return str(self.page.evaluate(f"[...{chosen}].map((one) => one.textContent).join('|')"))
