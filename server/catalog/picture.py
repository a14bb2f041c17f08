"""What becomes of a picture that somebody uploads: a small, clean copy, or a reason why not."""

import io
import warnings
from typing import Final

from PIL import Image, ImageOps, UnidentifiedImageError

MAX_BYTES: Final = 20 * 1024 * 1024
MAX_PIXELS: Final = 50_000_000
SIDE: Final = 1024
FORMATS: Final = ("JPEG", "PNG", "WEBP")


def copied(upload: bytes) -> bytes | str:
    """The picture as WebP of at most 1024 pixels a side, upright; or the word key of what is wrong.

    Everything but the pixels is left behind: positions, names, and whatever else hides in a file.
    """
    if not upload:
        return "catalog.fault.missing"
    if len(upload) > MAX_BYTES:
        return "catalog.fault.picture_large"
    try:
        with warnings.catch_warnings():
            # A picture of a billion pixels in a kilobyte is an attack on memory, not a picture.
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(upload), formats=FORMATS) as image:
                if image.width * image.height > MAX_PIXELS:
                    return "catalog.fault.picture_large"
                image.draft("RGB", (SIDE, SIDE))
                return _small(image)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        return "catalog.fault.picture_large"
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError):
        return "catalog.fault.picture"


def _small(image: Image.Image) -> bytes:
    upright = ImageOps.exif_transpose(image).convert("RGB")
    upright.thumbnail((SIDE, SIDE))
    out = io.BytesIO()
    upright.save(out, "WEBP", quality=80)
    return out.getvalue()
