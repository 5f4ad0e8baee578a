"""A digit drawn with the mouse or a finger, or uploaded, and predicted by networks trained on digits."""

import re
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from driving import DEADLINE, DESKTOP, PHONE, Dashboard, Visitor, until
from PIL import Image

from dashboard import texts
from toolkit.datasets import load_dataset
from toolkit.handwriting import STEPS

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = [pytest.mark.browser, pytest.mark.timeout(5 * DEADLINE)]

Visit = Callable[..., Visitor]
WORDS = texts.try_it
#: Points in pixels of the canvas, a stroke a line; the 7 has the bar that many write.
DIGITS = {
    "1": [[(172, 50), (164, 290)]],
    "0": [[(168, 50), (110, 80), (84, 160), (96, 250), (150, 290), (215, 270), (250, 190), (235, 90), (168, 50)]],
    "7": [[(90, 70), (250, 70), (150, 290)], [(130, 180), (240, 180)]],
}


@pytest.fixture(scope="module")
def reader(browser: "Browser", dashboard: Dashboard) -> str:
    """The id of a run on MNIST, of two epochs, trained through the page."""
    visitor = Visitor(browser.new_context(**DESKTOP).new_page(), dashboard)
    visitor.open()
    visitor.fill(texts.FIELDS["epochs"], 2)
    run = visitor.start()
    visitor.wait_for_state("finished")
    visitor.close()
    return run.id


def draw(visitor: Visitor, digit: str) -> None:
    """Draw a digit with the mouse, and wait until the page has taken it in."""
    for stroke in DIGITS[digit]:
        (x, y), *others = ((corner["x"] + x, corner["y"] + y) for corner in [place(visitor)] for x, y in stroke)
        visitor.page.mouse.move(x, y)
        visitor.page.mouse.down()
        for x, y in others:
            visitor.page.mouse.move(x, y, steps=6)
        visitor.page.mouse.up()


def draw_with_a_finger(visitor: Visitor, digit: str) -> None:
    """The same on a touch screen."""
    screen = visitor.page.context.new_cdp_session(visitor.page)
    for stroke in DIGITS[digit]:
        corner = place(visitor)
        points = [{"x": corner["x"] + x, "y": corner["y"] + y} for x, y in stroke]
        screen.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": points[:1]})
        for before, after in pairwise(points):
            for share in (0.25, 0.5, 0.75, 1.0):
                point = {axis: before[axis] + share * (after[axis] - before[axis]) for axis in "xy"}
                screen.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [point]})
        screen.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})


def place(visitor: Visitor) -> dict[str, Any]:
    """Where the canvas is."""
    return dict(visitor.main.locator("canvas.upper-canvas").bounding_box() or {})


def wait_for_answer(visitor: Visitor, label: str) -> None:
    """Wait until the page shows this class in large type."""
    visitor.main.locator(".st-key-large-letter").get_by_text(label, exact=True).wait_for()
    visitor.settle()


def picture_after(visitor: Visitor, step: str) -> str:
    """The address of the ladder's picture after a step, which changes with the picture."""
    shown = visitor.main.get_by_role("img", name=WORDS.STEP_ALT.format(title=STEPS[step].title))
    return shown.get_attribute("src") or ""


def test_digits_drawn_with_the_mouse_are_read_right(visit: Visit, dashboard: Dashboard, reader: str) -> None:
    visitor = visit(dashboard, f"try_it?run={reader}")
    visitor.wait_for_words(WORDS.FIRST)
    for digit in DIGITS:
        draw(visitor, digit)
        wait_for_answer(visitor, digit)
        visitor.look(f"drawn-{digit}")
        visitor.button(WORDS.CLEAR).click()
        visitor.wait_for_words(WORDS.FIRST)
    assert visitor.main.get_by_role("img", name=WORDS.SEEN_ALT).count() == 0


def test_a_step_that_is_switched_off_changes_what_follows_and_the_answer(
    visit: Visit, dashboard: Dashboard, reader: str
) -> None:
    visitor = visit(dashboard, f"try_it?run={reader}")
    draw(visitor, "7")
    wait_for_answer(visitor, "7")
    before = {step: picture_after(visitor, step) for step in STEPS}
    answer = visitor.main.locator(".st-key-large-letter")
    switch = visitor.main.get_by_text(STEPS["polarity"].title)

    switch.click()
    visitor.wait_for_words(WORDS.LEFT_OUT.removeprefix(":gray[").removesuffix("]"))
    visitor.settle()
    visitor.look("without-polarity")
    changed = {step for step in STEPS if picture_after(visitor, step) != before[step]}
    assert changed >= {"polarity", "threshold", "scale", "centre"}
    assert changed.isdisjoint({"grey", "lighting"})
    assert answer.text_content() != "7"

    switch.click()
    wait_for_answer(visitor, "7")
    until(lambda: picture_after(visitor, "centre") == before["centre"], "the former picture")


def on_grey_paper(digit: np.ndarray) -> Image.Image:
    """A digit in dark ink somewhere on a photographed page, lit from the left."""
    page = np.tile(np.linspace(200, 150, 600), (500, 1))
    ink = np.asarray(Image.fromarray(digit).resize((224, 224), Image.Resampling.BICUBIC), float) / 255
    page[180:404, 320:544] *= 1 - 0.7 * ink
    return Image.fromarray((page + np.random.default_rng(0).normal(0, 3, page.shape)).astype(np.uint8))


def test_on_a_phone_a_digit_is_drawn_with_a_finger_and_a_photo_of_one_uploaded(
    visit: Visit, dashboard: Dashboard, reader: str, tmp_path: Path
) -> None:
    data = load_dataset("mnist")
    on_grey_paper(data.x_test[0]).save(tmp_path / "photo.jpg")
    (tmp_path / "damaged.png").write_bytes(b"\x89PNG\r\n\x1a\n and no more")
    visitor = visit(dashboard, f"try_it?run={reader}", **PHONE, color_scheme="dark")
    visitor.main.locator("canvas.upper-canvas").scroll_into_view_if_needed()
    draw_with_a_finger(visitor, "0")
    wait_for_answer(visitor, "0")
    visitor.look("phone-drawn")
    assert not visitor.scrolls_sideways

    visitor.main.get_by_text(WORDS.SOURCES["upload"], exact=True).first.click()
    file = visitor.main.locator("input[type=file]")
    file.set_input_files(tmp_path / "damaged.png")
    visitor.wait_for_words("damaged.png can't be read as a picture")
    file.set_input_files(tmp_path / "photo.jpg")
    wait_for_answer(visitor, data.class_names[data.y_test[0]])
    visitor.look("phone-uploaded")
    assert not visitor.scrolls_sideways


@pytest.mark.usefixtures("finished_run")
def test_several_networks_answer_side_by_side(visit: Visit, dashboard: Dashboard, reader: str) -> None:
    visitor = visit(dashboard, f"try_it?run={reader}")
    visitor.main.get_by_text(WORDS.SOURCES["test"], exact=True).click()
    visitor.wait_for_words(WORDS.RIGHT.format(label="7"))
    visitor.settle()
    visitor.open_list(WORDS.OTHERS)
    visitor.page.get_by_role("option").filter(has_text="·").first.click()
    visitor.page.keyboard.press("Escape")  # an open list hides the rest of the page from those who look by role
    bars = visitor.main.get_by_role("figure", name=re.compile("^How sure the network is of each class"))
    until(lambda: bars.count() == 3, "the answer of the first network, and both side by side")
    visitor.settle()
    visitor.look("side-by-side")
    assert visitor.main.get_by_text(re.compile("^(Both see the same|They don't agree)")).count() == 1
