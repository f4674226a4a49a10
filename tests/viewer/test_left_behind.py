"""What a pane, a turned plane or a slab leaves behind when it goes: nothing that grows with how often somebody does it."""

import pytest
from playwright.sync_api import CDPSession

from tests.viewer import object_files as made
from tests.viewer.object_page import Objects

pytestmark = [pytest.mark.browser]
MB = 1024 * 1024


def alive(session: CDPSession, name: str) -> int:
    """How many objects of a class there are after a collection, on the page or held by somebody."""
    prototype = session.send("Runtime.evaluate", {"expression": f"{name}.prototype"})["result"]["objectId"]
    found = session.send("Runtime.queryObjects", {"prototypeObjectId": prototype})["objects"]["objectId"]
    count = session.send(
        "Runtime.callFunctionOn", {"functionDeclaration": "function () { return this.length }", "objectId": found,
                                   "returnByValue": True},
    )  # fmt: skip
    session.send("Runtime.releaseObject", {"objectId": found})
    return int(count["result"]["value"])


def heap(session: CDPSession) -> float:
    session.send("HeapProfiler.collectGarbage")
    session.send("Performance.enable")
    return float(
        next(
            one["value"]
            for one in session.send("Performance.getMetrics")["metrics"]
            if one["name"] == "JSHeapUsedSize"
        )
    )


def test_panes_that_go_leave_no_canvas_and_no_texture(desk_of: Objects) -> None:
    page, session = desk_of, desk_of.page.context.new_cdp_session(desk_of.page)
    page.show(*made.slices(2))
    page.until_pixels()

    def layouts(times: int) -> tuple[int, int]:
        for _ in range(times):
            page.page.keyboard.press("4")
            page.until("placaViewer.panes.length === 4 && placaViewer.panes.every((one) => one.diagnostic)")
            page.page.keyboard.press("1")
            page.until("placaViewer.panes.length === 1")
        page.until_pixels()
        page.page.wait_for_timeout(1500)  # the engine's throttled handlers hold the last element
        return alive(session, "HTMLCanvasElement"), alive(session, "WebGLTexture")

    before = layouts(2)
    after = layouts(6)
    assert after[0] <= before[0] + 4, (before, after)
    assert after[1] <= before[1] + 4, (before, after)


def test_planes_of_a_volume_are_kept_as_long_as_they_may_be_seen(desk_of: Objects) -> None:
    page, session = desk_of, desk_of.page.context.new_cdp_session(desk_of.page)
    page.show(*made.slices(40))
    page.until_pixels()
    page.page.keyboard.press("5")
    page.until("placaViewer.mpr === 'on'")
    slider = page.page.get_by_role("slider", name="Thickness")

    def slabs(thickness: range) -> float:
        for millimetres in thickness:
            slider.fill(str(millimetres))
            page.until(f"placaViewer.panes[0].seriesUid.endsWith('max{millimetres // 4}')")
        page.until_pixels()
        return heap(session)

    def turns(times: int) -> float:
        handle = page.page.locator(".pv-turn[tabindex]").first
        for _ in range(times):
            handle.focus()
            before = page.pane(1)["seriesUid"]
            page.page.keyboard.press("ArrowRight")
            page.until(f"placaViewer.panes[1].seriesUid !== '{before}'")
        page.page.wait_for_timeout(600)
        page.until_pixels()
        return heap(session)

    before = slabs(range(8, 20, 4))
    after = slabs(range(20, 60, 4))
    assert after - before < 2 * MB, (before / MB, after / MB)
    before = turns(3)
    after = turns(15)
    assert after - before < 2 * MB, (before / MB, after / MB)
