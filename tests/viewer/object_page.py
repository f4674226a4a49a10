"""A page of the viewer over objects that a test made."""

import io
from pathlib import Path

import numpy as np
from PIL import Image
from pydicom.dataset import Dataset

from tests.viewer import object_files as made
from tests.viewer.driver import Driver
from tests.viewer.filedoor import FileDoor


class Objects(Driver):
    """A page over some objects."""

    def __init__(self, driver: Driver, door: FileDoor, folder: Path) -> None:
        super().__init__(driver.page, "")
        self.errors, self.door, self.folder = driver.errors, door, folder

    def show(
        self, *objects: Dataset, files: list[Path] | None = None, look: str = "full", language: str = "en"
    ) -> None:
        self.door.add("case", [*made.files(self.folder, *objects), *(files or [])])
        self.page.goto(self.door.address("case", look, language))

    def colour(self, column: float, row: float) -> np.ndarray:
        """Red, green, blue on screen at an image point, while the first pane shows the image whole and upright."""
        self.page.wait_for_timeout(200)
        box = self.page.locator(".pv-stage").first.bounding_box()
        assert box is not None
        scale = min(box["width"], box["height"]) / made.SIDE
        x = box["x"] + box["width"] / 2 + (column - made.SIDE / 2) * scale
        y = box["y"] + box["height"] / 2 + (row - made.SIDE / 2) * scale
        shot = Image.open(io.BytesIO(self.page.screenshot())).convert("RGB")
        return np.array(shot.getpixel((int(x), int(y))), dtype=int)

    def point(self, column: float, row: float) -> tuple[float, float]:
        """Where an image point is on screen."""
        box = self.page.locator(".pv-stage").first.bounding_box()
        assert box is not None
        scale = min(box["width"], box["height"]) / made.SIDE
        return (
            box["x"] + box["width"] / 2 + (column - made.SIDE / 2) * scale,
            box["y"] + box["height"] / 2 + (row - made.SIDE / 2) * scale,
        )

    def until_drawn(self, what: str) -> None:
        """Wait until marks are on the canvas."""
        self.until(f"document.querySelector('.pv-marks').dataset.drawn.includes('{what}')")

    def mark(self, name: str) -> None:
        """Press the switch of a mark."""
        self.page.get_by_role("checkbox", name=name).click()
        self.page.wait_for_timeout(300)
