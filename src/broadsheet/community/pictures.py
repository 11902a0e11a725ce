"""Pictures that members send: read with care, and encoded anew, so that only pixels of theirs are kept."""

from __future__ import annotations

import threading
from io import BytesIO
from typing import TYPE_CHECKING

from broadsheet.catalogue.community.submissions import NewPicture
from broadsheet.kit.errors import UsageError

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = ["LARGEST", "LONGEST_SIDE", "MOST_PIXELS", "encode_picture"]

LARGEST = 5 * 1024 * 1024  # bytes
MOST_PIXELS = 25_000_000  # before decoding: 100 MB in memory
LONGEST_SIDE = 1600  # pixels of what we serve
_QUALITY = 85  # of WebP
_FORMATS = ("PNG", "JPEG", "WEBP", "GIF")
_KINDS = "PNG, JPEG, WebP or GIF"
_TOO_MANY = f"the picture has more than {MOST_PIXELS // 1_000_000} million pixels; make it smaller"
_MARKUP = (b"<svg", b"<?xml", b"<!doctype", b"<html")
_TURN = threading.Lock()  # one picture is decoded at a time: memory for all of them would be too much


def encode_picture(content: bytes) -> NewPicture:
    """The picture as WebP of at most LONGEST_SIDE pixels a side: its first frame, turned upright, without metadata.

    Raises UsageError for what is no picture, too large, or could hold more than a picture (SVG).
    """
    from PIL import Image, ImageOps

    if len(content) > LARGEST:
        raise UsageError(f"the picture is larger than {LARGEST // 1024 // 1024} MB; make it smaller and send it again")
    if content[:1000].lstrip(b"\xef\xbb\xbf \t\r\n").lower().startswith(_MARKUP):
        raise UsageError(f"SVG is not taken, since it can hold programs; export the picture as {_KINDS}")
    try:
        with _TURN, Image.open(BytesIO(content), formats=_FORMATS) as opened:
            if opened.width * opened.height > MOST_PIXELS:
                raise UsageError(_TOO_MANY)
            opened.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))  # JPEG decodes to a smaller size by itself
            opened.load()
            return _encoded(ImageOps.exif_transpose(opened))
    except UsageError:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise UsageError(_TOO_MANY) from None
    except Exception as error:
        raise UsageError(f"this cannot be read as a picture; send {_KINDS}") from error


def _encoded(image: Image) -> NewPicture:
    from PIL import Image

    has_alpha = image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info
    image = image.convert("RGBA" if has_alpha else "RGB")
    image.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    pixels = Image.new(image.mode, image.size)
    pixels.paste(image)  # nothing but pixels: profiles and comments stay behind
    encoded = BytesIO()
    pixels.save(encoded, "WEBP", quality=_QUALITY)
    return NewPicture("image/webp", pixels.width, pixels.height, encoded.getvalue())
