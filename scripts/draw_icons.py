"""Draw the app icons from one mark: a carton with a tick, at every size that a home screen asks for."""

from pathlib import Path

from PIL import Image, ImageDraw

FOLDER = Path(__file__).resolve().parent.parent / "pwa" / "static" / "icons"
BLUE = (23, 71, 201, 255)
WHITE = (255, 255, 255, 255)
TOP = (201, 215, 255, 255)
SIDE = (232, 238, 255, 255)

# Drawn four times as large and shrunk, since Pillow's polygons have hard edges.
OVERSAMPLED = 4
UNITS = 512

Point = tuple[float, float]


def draw(size: int, *, corner: float, scale: float) -> Image.Image:
    """The mark on its ground. `scale` below 1 leaves the margin that a maskable icon may lose."""
    pixels = size * OVERSAMPLED
    image = Image.new("RGBA", (pixels, pixels), (0, 0, 0, 0))
    pen = ImageDraw.Draw(image)
    pen.rounded_rectangle((0, 0, pixels - 1, pixels - 1), radius=corner * pixels, fill=BLUE)

    def at(*points: Point) -> list[Point]:
        return [tuple(((axis - 256) * scale + 256) * pixels / UNITS for axis in point) for point in points]  # type: ignore[misc]

    pen.polygon(at((256, 96), (404, 176), (404, 336), (256, 416), (108, 336), (108, 176)), fill=WHITE)
    pen.polygon(at((108, 176), (256, 256), (404, 176), (256, 96)), fill=TOP)
    pen.polygon(at((256, 256), (256, 416), (404, 336), (404, 176)), fill=SIDE)
    _tick(pen, at((176, 284), (228, 338), (336, 220)), width=44 * scale * pixels / UNITS)
    return image.resize((size, size), Image.Resampling.LANCZOS)


def _tick(pen: ImageDraw.ImageDraw, points: list[Point], width: float) -> None:
    pen.line(points, fill=BLUE, width=round(width), joint="curve")
    for x, y in points:
        pen.ellipse((x - width / 2, y - width / 2, x + width / 2, y + width / 2), fill=BLUE)


def main() -> None:
    """Write the icons that the manifest names."""
    for size in (192, 512):
        draw(size, corner=0.226, scale=1).save(FOLDER / f"icon-{size}.png", optimize=True)
        draw(size, corner=0, scale=0.72).save(FOLDER / f"maskable-{size}.png", optimize=True)


if __name__ == "__main__":
    main()
