"""Pages on which more than one digit can be taken for ink: desks, holes, lines, boxes, fingers, coloured paper.

Each function of `KINDS` takes one of MNIST's digits (uint8, 28 × 28) and a random generator, and returns a photo: uint8
of shape (height, width, 3). Sizes, positions, angles, pens, colours, light and noise vary from page to page.
"""

from collections.abc import Callable

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont
from scipy import ndimage

#: Everything is drawn on squares of this many pixels.
SIDE = 400
_WHITE = 255
_INKS = ((25, 25, 30), (30, 30, 90), (35, 45, 150), (60, 60, 65), (150, 30, 35))
_DESKS = ((112, 72, 40), (60, 42, 30), (40, 40, 44), (90, 95, 100), (25, 55, 45), (135, 95, 60))
#: Pairs of ink and paper that a grey picture can't tell apart.
_EQUALLY_LIGHT = (
    ((201, 71, 60), (61, 160, 90)),
    ((60, 110, 220), (215, 90, 25)),
    ((45, 140, 45), (190, 65, 160)),
    ((150, 60, 190), (60, 125, 70)),
)


class Sheet:
    """A sheet of paper: first what is printed on it, then the digit.

    ink: float (SIDE, SIDE), 0 to 1. box: the digit's left, top, right and bottom. size: its longest side.
    """

    def __init__(self, digit: np.ndarray, random: np.random.Generator, *, margin: float = 0.12) -> None:
        self.random = random
        self.size = float(random.uniform(0.2, 0.45) * SIDE)
        side = round(self.size * 28 / 20)
        ink = np.asarray(Image.fromarray(digit).resize((side, side), Image.Resampling.BICUBIC), np.float64) / 255
        thinner = int(random.integers(0, max(1, round(self.size / 40)) + 1))
        if thinner:
            disc = np.hypot(*np.indices((2 * thinner + 1,) * 2) - thinner) <= thinner
            ink = ndimage.grey_erosion(ink, footprint=disc)
        rows, columns = np.flatnonzero((ink > 0.3).any(axis=1)), np.flatnonzero((ink > 0.3).any(axis=0))
        ink = ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1] if len(rows) else ink
        height, width = ink.shape
        left, top = (
            int(random.integers(first := int(min(margin * SIDE, (SIDE - length) // 2)), SIDE - length - first + 1))
            for length in (width, height)
        )
        self.ink = np.zeros((SIDE, SIDE))
        self.ink[top : top + height, left : left + width] = ink
        self.box = (left, top, left + width, top + height)
        self.ink_colour = np.array(_INKS[random.integers(len(_INKS))], float)
        self.printed = Image.new("RGB", (SIDE, SIDE), tuple(int(v) for v in random.integers(225, 252, 3)))
        self.draw = ImageDraw.Draw(self.printed)

    def page(self) -> np.ndarray:
        """The sheet with the digit, float (SIDE, SIDE, 3)."""
        under = np.asarray(self.printed.filter(ImageFilter.GaussianBlur(0.6)), float)
        ink = np.clip(self.ink, 0, 1)[..., None]
        return under * (1 - ink) + np.minimum(under, self.ink_colour) * ink


def _photo(scene: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """The scene under uneven light, with noise and a slight blur."""
    height, width = scene.shape[:2]
    rows, columns = np.indices((height, width)) / max(height, width) - 0.5
    angle = random.uniform(0, 2 * np.pi)
    light = 1 - random.uniform(0, 0.3) * (0.5 + np.cos(angle) * rows + np.sin(angle) * columns).clip(0, 1)
    lit = ndimage.gaussian_filter(scene, (0.5, 0.5, 0)) * light[..., None]
    noisy = lit + random.normal(0, random.uniform(2, 8), scene.shape)
    return np.clip(noisy, 0, 255).round().astype(np.uint8)


def _line_colour(random: np.random.Generator) -> tuple[int, int, int]:
    """From a clear grey or blue to nearly black."""
    level = int(random.integers(30, 150))
    return (level, level, min(255, level + int(random.integers(0, 70))))


def _on_desk(
    page: np.ndarray, random: np.random.Generator, degrees: float, share: float, shift: tuple[float, float] = (0, 0)
) -> np.ndarray:
    """The page, shrunk to a share of the photo and turned, on a desk with a grain; shift: of its centre."""
    colour = np.array(_DESKS[random.integers(len(_DESKS))], float)
    grain = ndimage.gaussian_filter(random.normal(0, 1, (SIDE, SIDE)), (1, 25))
    desk = colour * (1 + 0.12 * grain / grain.std())[..., None]
    height = SIDE
    width = round(SIDE * random.uniform(0.72, 1.0))
    left = (SIDE - width) // 2
    mask = np.zeros((SIDE, SIDE), np.uint8)
    mask[:height, left : left + width] = _WHITE
    return _laid(desk, page, mask, degrees, share, shift)


def _laid(
    under: np.ndarray, page: np.ndarray, mask: np.ndarray, degrees: float, share: float, shift: tuple[float, float]
) -> np.ndarray:
    """A page, where its mask is white, on something else."""
    cosine, sine = np.cos(np.radians(degrees)) / share, np.sin(np.radians(degrees)) / share
    middle = SIDE / 2
    x, y = middle + shift[0] * SIDE, middle + shift[1] * SIDE
    matrix = (cosine, sine, middle - cosine * x - sine * y, -sine, cosine, middle + sine * x - cosine * y)
    way = {"size": (SIDE, SIDE), "method": Image.Transform.AFFINE, "data": matrix, "resample": Image.Resampling.BICUBIC}
    turned = np.asarray(Image.fromarray(page.clip(0, 255).astype(np.uint8)).transform(**way), float)
    covers = np.asarray(Image.fromarray(mask).transform(**way), float)[..., None] / 255
    return under * (1 - covers) + turned * covers


def plain(digit: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Nothing but the digit, to compare with."""
    return _photo(Sheet(digit, random).page(), random)


def sheet_on_desk(digit: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """A whole sheet, upright, on a dark desk."""
    sheet = Sheet(digit, random, margin=0.2)
    shift = (random.uniform(-0.1, 0.1), random.uniform(-0.05, 0.05))
    return _photo(_on_desk(sheet.page(), random, random.uniform(-1, 1), random.uniform(0.6, 0.85), shift), random)


def turned_sheet(digit: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """A whole sheet turned by up to 15 degrees on a dark desk."""
    sheet = Sheet(digit, random, margin=0.2)
    return _photo(_on_desk(sheet.page(), random, random.uniform(-15, 15), random.uniform(0.6, 0.75)), random)


def part_of_sheet(digit: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """A sheet that reaches beyond the photo at one to three sides, turned by up to 8 degrees."""
    sheet = Sheet(digit, random, margin=0.38)
    shift = (random.choice([-0.22, 0, 0.22]), random.choice([-0.22, 0.22]))
    return _photo(_on_desk(sheet.page(), random, random.uniform(-8, 8), random.uniform(1.0, 1.15), shift), random)


def torn_sheet(digit: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """A sheet with torn edges on a dark desk."""
    sheet = Sheet(digit, random, margin=0.22)
    desk = np.broadcast_to(np.array(_DESKS[random.integers(len(_DESKS))], float), (SIDE, SIDE, 3))
    mask = np.zeros((SIDE, SIDE), np.uint8)
    torn = [ndimage.gaussian_filter1d(random.normal(0, 20, SIDE), random.uniform(3, 8)) for _ in range(4)]
    rows, columns = np.indices((SIDE, SIDE))
    inside = (columns > 30 + torn[0][rows]) & (columns < SIDE - 30 + torn[1][rows])
    mask[inside & (rows > 30 + torn[2][columns]) & (rows < SIDE - 30 + torn[3][columns])] = _WHITE
    return _photo(_laid(desk, sheet.page(), mask, random.uniform(-8, 8), random.uniform(0.75, 0.95), (0, 0)), random)


def second_sheet(digit: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """The page fills the photo up to a second sheet at one side, with the shadow or the desk between them."""
    sheet = Sheet(digit, random, margin=0.22)
    scene = sheet.page()
    place, gap = int(random.uniform(0.03, 0.15) * SIDE), int(random.integers(2, 14))
    slope = np.round(np.linspace(0, random.uniform(-20, 20), SIDE)).astype(int)
    rows, columns = np.indices((SIDE, SIDE))
    depth = columns - slope[rows]
    scene[depth < place] = random.uniform(200, 250)
    scene[(depth >= place) & (depth < place + gap)] *= random.uniform(0.15, 0.6)
    return _photo(scene, random)


def punched_sheet(digit: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Two or four punch holes at the left, through which a dark desk shows."""
    sheet = Sheet(digit, random, margin=0.16)
    radius, column = random.uniform(6, 20), random.uniform(22, 40)
    colour = _DESKS[random.integers(len(_DESKS))]
    for row in np.linspace(0.2, 0.8, int(random.choice([2, 4]))) * SIDE + random.uniform(-20, 20):
        sheet.draw.ellipse((column - radius, row - radius, column + radius, row + radius), fill=colour)
    return _photo(sheet.page(), random)


def spiral_sheet(digit: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """The round or square holes of a spiral binding along the top or the left."""
    sheet = Sheet(digit, random, margin=0.16)
    colour, radius, step = _DESKS[random.integers(len(_DESKS))], random.uniform(4, 9), random.uniform(22, 34)
    shape = sheet.draw.ellipse if random.random() < 0.5 else sheet.draw.rectangle
    across = random.uniform(10, 26)
    along_top = random.random() < 0.5
    for place in np.arange(random.uniform(0, step), SIDE, step):
        x, y = (place, across) if along_top else (across, place)
        shape((x - radius, y - radius, x + radius, y + radius), fill=colour)
    return _photo(sheet.page(), random)


def stapled_sheet(digit: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """A staple in a corner."""
    sheet = Sheet(digit, random, margin=0.2)
    x, y, length = *random.uniform(0.04, 0.12, 2) * SIDE, random.uniform(20, 45)
    angle = random.uniform(-0.9, 0.9)
    end = (x + length * np.cos(angle), max(4, y + length * np.sin(angle)))
    sheet.draw.line((x, y, *end), fill=_line_colour(random), width=int(random.integers(2, 6)))
    return _photo(sheet.page(), random)


def underlined(digit: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """The digit is underlined by hand, nearly straight, as darkly as it is written."""
    sheet = Sheet(digit, random, margin=0.16)
    left, _, right, bottom = sheet.box
    y = bottom + random.uniform(0.06, 0.3) * sheet.size
    first, last = left - random.uniform(0, 0.6) * sheet.size, right + random.uniform(0, 0.6) * sheet.size
    lift = (last - first) * random.uniform(-0.05, 0.05)
    width = int(random.integers(2, max(4, round(sheet.size / 10))))
    points = [
        (first + share * (last - first), y + lift * (share - 0.5) + random.uniform(-1, 1))
        for share in np.linspace(0, 1, 6)
    ]
    sheet.draw.line(points, fill=tuple(int(v) for v in sheet.ink_colour), width=width, joint="curve")
    return _photo(sheet.page(), random)


def ruled(digit: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Dark ruled lines, turned by up to 4 degrees, that cross the digit."""
    return _lined(digit, random, vertical=False, step=(0.35, 1.2))


def squared(digit: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """A dark 5 mm grid, turned by up to 4 degrees; the digit is one to four squares high."""
    return _lined(digit, random, vertical=True, step=(0.25, 1.0))


def _lined(digit: np.ndarray, random: np.random.Generator, vertical: bool, step: tuple[float, float]) -> np.ndarray:
    sheet = Sheet(digit, random)
    apart, width, colour = random.uniform(*step) * sheet.size, int(random.integers(1, 4)), _line_colour(random)
    slope = np.tan(np.radians(random.uniform(-4, 4)))
    for place in np.arange(random.uniform(-apart, 0) - 40, SIDE + 40, apart):
        sheet.draw.line((0, place, SIDE, place + slope * SIDE), fill=colour, width=width)
        if vertical:
            sheet.draw.line((place, 0, place - slope * SIDE, SIDE), fill=colour, width=width)
    return _photo(sheet.page(), random)


def margin_line(digit: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """A margin line from top to bottom, beside the digit or through it, over pale ruled lines."""
    sheet = Sheet(digit, random)
    for y in range(20, SIDE, 30):
        sheet.draw.line((0, y, SIDE, y), fill=(200, 210, 230), width=1)
    x, slope = random.uniform(0.08, 0.6) * SIDE, random.uniform(-12, 12)
    colour = (200, 50, 60) if random.random() < 0.5 else _line_colour(random)
    sheet.draw.line((x, 0, x + slope, SIDE), fill=colour, width=int(random.integers(1, 5)))
    return _photo(sheet.page(), random)


def boxed(digit: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """The digit in a box of a form, which it may touch."""
    sheet = Sheet(digit, random, margin=0.2)
    left, top, right, bottom = sheet.box
    rooms = random.uniform(-0.06, 0.4, 4) * sheet.size
    width = int(random.integers(1, max(3, round(sheet.size / 14))))
    box = (left - rooms[0], top - rooms[1], right + rooms[2], bottom + rooms[3])
    sheet.draw.rectangle(box, outline=_line_colour(random), width=width)
    return _photo(_turned(sheet.page(), random.uniform(-3, 3)), random)


def _turned(page: np.ndarray, degrees: float) -> np.ndarray:
    """A page turned a little; its paper goes on beyond the edges."""
    wide = np.pad(page, ((40, 40), (40, 40), (0, 0)), mode="edge").clip(0, 255).astype(np.uint8)
    turned = Image.fromarray(wide).rotate(degrees, Image.Resampling.BICUBIC)
    return np.asarray(turned, float)[40:-40, 40:-40]


def row_of_boxes(digit: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """One of several boxes or comb fields of a form; the row may go on beyond the photo."""
    sheet = Sheet(digit, random, margin=0.2)
    left, top, right, bottom = sheet.box
    width = int(random.integers(1, max(3, round(sheet.size / 14))))
    cell = (right - left) + random.uniform(0.1, 0.6) * sheet.size
    first = left - random.uniform(0.05, 0.2) * sheet.size - cell * int(random.integers(0, 4))
    upper, lower = top - random.uniform(0.05, 0.3) * sheet.size, bottom + random.uniform(0.05, 0.3) * sheet.size
    number, colour = int(random.integers(2, 6)), _line_colour(random)
    number = max(number, round((left - first) / cell) + 1)
    is_comb = random.random() < 0.4
    tick = lower - random.uniform(0.2, 0.5) * (lower - upper) if is_comb else upper
    for place in range(number + 1):
        sheet.draw.line((first + place * cell, tick, first + place * cell, lower), fill=colour, width=width)
    for y in (lower,) if is_comb else (upper, lower):
        sheet.draw.line((first, y, first + number * cell, y), fill=colour, width=width)
    return _photo(_turned(sheet.page(), random.uniform(-3, 3)), random)


def finger(digit: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """A thumb holds the sheet at an edge and throws a shadow."""
    sheet = Sheet(digit, random, margin=0.24)
    scene = sheet.page()
    thumb, shadow = Image.new("L", (SIDE, SIDE), 0), Image.new("L", (SIDE, SIDE), 0)
    along, depth, width = random.uniform(0.2, 0.8) * SIDE, random.uniform(35, 80), random.uniform(22, 45)
    for layer, grow in ((thumb, 0), (shadow, 8)):
        shape = (along - width - grow, SIDE - depth - grow, along + width + grow, SIDE + depth + width)
        ImageDraw.Draw(layer).ellipse(shape, fill=255)
    soft = np.asarray(shadow.filter(ImageFilter.GaussianBlur(6)), float)[..., None] / 255
    edge = np.asarray(thumb.filter(ImageFilter.GaussianBlur(1)), float)[..., None] / 255
    skin = np.array([(205, 150, 125), (120, 80, 60), (235, 190, 165)][random.integers(3)], float)
    quarters = int(random.integers(4))
    soft, edge = np.rot90(soft, quarters), np.rot90(edge, quarters)
    return _photo(scene * (1 - 0.45 * soft) * (1 - edge) + skin * edge, random)


def labelled(digit: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """A printed label of some words, smaller than the digit, beside, above or below it."""
    sheet = Sheet(digit, random, margin=0.2)
    words = ["Name:", "Task 3", "Student No.", "Digit", "Date 12.4.", "Points", "Box A", "1st try"][random.integers(8)]
    left, top, right, bottom = sheet.box
    height = random.uniform(0.12, 0.35) * sheet.size
    gap = random.uniform(0.15, 0.5) * sheet.size
    x, y = [(left, top - gap - height), (left, bottom + gap), (right + gap, (top + bottom) / 2)][random.integers(3)]
    font_colour = _line_colour(random)
    font = ImageFont.load_default(size=max(8, height))
    x = min(x, SIDE - sheet.draw.textlength(words, font=font) - 5)
    if x < right and y + height > top - gap / 2 and y < bottom + gap / 2:
        x, y = 8, 8
    sheet.draw.text((x, y), words, fill=font_colour, font=font)
    return _photo(sheet.page(), random)


def equally_light(digit: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Ink and paper of different colours whose grey values hardly differ, such as red on green."""
    sheet = Sheet(digit, random)
    pair = _EQUALLY_LIGHT[random.integers(len(_EQUALLY_LIGHT))]
    ink, paper = pair if random.random() < 0.5 else pair[::-1]
    shade = sheet.ink[..., None]
    return _photo(np.array(paper, float) * (1 - shade) + np.array(ink, float) * shade, random)


def highlighter(digit: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """A yellow or light pink highlighter on white paper."""
    sheet = Sheet(digit, random)
    ink = [(250, 240, 60), (252, 250, 120), (255, 205, 230)][random.integers(3)]
    shade = sheet.ink[..., None]
    return _photo(np.array((246, 246, 244), float) * (1 - shade) + np.array(ink, float) * shade, random)


#: Title -> how such a page is made.
KINDS: dict[str, Callable[[np.ndarray, np.random.Generator], np.ndarray]] = {
    "nothing else": plain,
    "sheet on a desk": sheet_on_desk,
    "turned sheet": turned_sheet,
    "part of a sheet": part_of_sheet,
    "torn sheet": torn_sheet,
    "second sheet": second_sheet,
    "punch holes": punched_sheet,
    "spiral holes": spiral_sheet,
    "staple": stapled_sheet,
    "underline": underlined,
    "ruled": ruled,
    "5 mm grid": squared,
    "margin line": margin_line,
    "box": boxed,
    "row of boxes": row_of_boxes,
    "finger": finger,
    "printed label": labelled,
    "equally light": equally_light,
    "highlighter": highlighter,
}
