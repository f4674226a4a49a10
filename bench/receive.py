"""P8, first figure: from the last C-STORE response of a study to the study being viewable; and stores a second.

    python bench/receive.py [slices] [rounds]

Viewable: all rows are there, and the metadata of the study holds every instance. Prints medians and the slowest.
"""

import os
import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path

import django

os.environ["PLACA_ENV"] = "test"
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "placa.config.settings")
os.environ.setdefault("PLACA_HOME", tempfile.mkdtemp(prefix="placa-bench-home-"))
django.setup()

from placa.domain.intake.tests.objects import CT, ct, encoded  # noqa: E402
from placa.interfaces.dimse.tests.listener import Child, listening, placa  # noqa: E402
from placa.interfaces.dimse.tests.test_store import EXPLICIT, send_raw  # noqa: E402
from placa.standards.dicom.uids import new_uid  # noqa: E402


def one_study(child: Child, slices: int) -> tuple[float, float]:
    """Send a CT study of 512 x 512 slices; (seconds of sending, seconds from the last response to viewable)."""
    study, series = new_uid(), new_uid()
    pixels = bytes(range(256)) * 2048
    objects = []
    for number in range(1, slices + 1):
        uid = new_uid()
        data = ct(
            number, StudyInstanceUID=study, SeriesInstanceUID=series, SOPInstanceUID=uid, Rows=512, Columns=512,
            PixelData=pixels,
        )  # fmt: skip
        objects.append((uid, encoded(data)))
    with child.association((CT, EXPLICIT)) as association:
        began = time.perf_counter()
        for uid, sent in objects:
            if send_raw(association, CT, uid, sent) != 0:
                raise SystemExit("a store failed")
        ended = time.perf_counter()
        query = "select number_of_instances from archive_study where study_instance_uid = ?"
        while child.rows(query, study) != [(slices,)]:
            time.sleep(0.005)
        return ended - began, time.perf_counter() - ended


def main() -> None:
    """Print the figures of `rounds` studies."""
    slices, rounds = (
        (int(value) for value in (*sys.argv[1:], "100", "5")[:2]) if len(sys.argv) > 2 else (100, 5)
    )
    folder = Path(tempfile.mkdtemp(prefix="placa-bench-"))
    try:
        placa("migrate", home=folder / "template")
        with listening(folder / "template", folder / "home") as child:
            figures = [one_study(child, slices) for _ in range(rounds)]
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    sending, waiting = zip(*figures, strict=True)
    print(f"C-STORE: {slices / statistics.median(sending):.0f} CT slices a second on one association")
    print(
        f"P8: last response to viewable: median {statistics.median(waiting):.2f} s, slowest {max(waiting):.2f} s"
    )


if __name__ == "__main__":
    main()
