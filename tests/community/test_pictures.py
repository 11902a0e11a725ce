"""Pictures that members send: small, upright, without metadata; bombs, programs and broken files are refused."""

from __future__ import annotations

import struct
import zlib
from io import BytesIO

import pytest
from PIL import Image, PngImagePlugin

from broadsheet.community.pictures import LARGEST, encode_picture
from broadsheet.kit.errors import UsageError


def saved(image: Image.Image, form: str, **options: object) -> bytes:
    buffer = BytesIO()
    image.save(buffer, form, **options)
    return buffer.getvalue()


def png(width: int, height: int) -> bytes:
    """A PNG that says it is so large, and holds nothing of it."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = zlib.compress(bytes(1000))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP", "GIF"])
def test_a_picture_is_encoded_anew_as_webp(form: str) -> None:
    picture = encode_picture(saved(Image.new("RGB", (40, 20), "red"), form))
    assert (picture.media_type, picture.width, picture.height) == ("image/webp", 40, 20)
    with Image.open(BytesIO(picture.content)) as read:
        assert (read.format, read.size) == ("WEBP", (40, 20))


def test_a_large_one_is_made_smaller_and_keeps_its_shape() -> None:
    picture = encode_picture(saved(Image.new("L", (4000, 1000)), "PNG"))
    assert (picture.width, picture.height) == (1600, 400)


def test_what_is_not_pixels_stays_behind_and_it_stands_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by a quarter
    exif[0x010E] = "where I live: 52.5 N"
    content = saved(Image.new("RGB", (40, 20)), "JPEG", exif=exif, comment=b"secret", icc_profile=b"secret" * 30)
    assert b"where I live" in content
    picture = encode_picture(content)
    assert (picture.width, picture.height) == (20, 40)
    words = PngImagePlugin.PngInfo()
    words.add_text("Comment", "secret")
    other = encode_picture(saved(Image.new("RGBA", (4, 4), (1, 2, 3, 0)), "PNG", pnginfo=words))
    for one in (picture, other):
        assert b"secret" not in one.content
        assert b"where I live" not in one.content
        with Image.open(BytesIO(one.content)) as read:
            assert not {"exif", "icc_profile", "xmp"} & read.info.keys()
    with Image.open(BytesIO(other.content)) as read:
        assert read.mode == "RGBA"


def test_of_a_moving_picture_the_first_frame_stays() -> None:
    frames = [Image.new("RGB", (8, 8), colour) for colour in ("red", "lime", "blue")]
    picture = encode_picture(saved(frames[0], "GIF", save_all=True, append_images=frames[1:]))
    with Image.open(BytesIO(picture.content)) as read:
        assert getattr(read, "n_frames", 1) == 1


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>', "SVG is not taken"),
        (b'\xef\xbb\xbf  <?xml version="1.0"?><svg onload="alert(1)"/>', "SVG is not taken"),
        (b"<!DOCTYPE svg [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><svg>&x;</svg>", "SVG is not taken"),
        (png(50_000, 50_000), "more than 25 million pixels"),
        (png(6_000, 6_000), "more than 25 million pixels"),
        (png(100_000, 1_000), "more than 25 million pixels"),
        (png(10, 10)[:-30], "cannot be read as a picture"),
        (b"", "cannot be read as a picture"),
        (b"GIF89a" + bytes(40), "cannot be read as a picture"),
        (b"%PDF-1.7 " + bytes(100), "cannot be read as a picture"),
        (b"MZ" + bytes(100), "cannot be read as a picture"),
        (b"8BPS\x00\x01" + bytes(100), "cannot be read as a picture"),
        (bytes(LARGEST + 1), "larger than 5 MB"),
    ],
)
def test_what_is_no_harmless_picture_is_refused(content: bytes, reason: str) -> None:
    with pytest.raises(UsageError, match=reason):
        encode_picture(content)


def test_a_text_bomb_in_a_picture_is_refused() -> None:
    words = PngImagePlugin.PngInfo()
    words.add_text("Comment", "x" * 80_000_000, zip=True)
    content = saved(Image.new("RGB", (4, 4)), "PNG", pnginfo=words)
    assert len(content) < 200_000
    with pytest.raises(UsageError, match="cannot be read as a picture"):
        encode_picture(content)
