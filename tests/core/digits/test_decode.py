import subprocess
import sys

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from PIL import Image

from core.digits.decode import MAX_BYTES, WORK_SIDE, decode
from core.errors import ImageError
from core.settings import ROOT
from tests.core.digits.fuzz import mutations, no_exception_escapes
from tests.core.digits.pictures import (
    bases,
    file_of,
    many_frames,
    png_claiming,
    png_with_text,
    seven,
)

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning", "ignore::PIL.Image.DecompressionBombWarning")
BASES = bases()


def shows_the_seven(pixels):
    """Whether the bar of the seven is darker than the paper below it, wherever the file came from."""
    grey = pixels.astype(float).mean(axis=-1)
    height, width = grey.shape
    return grey[round(0.2 * height), round(0.5 * width)] + 60 < grey[round(0.5 * height), round(0.2 * width)]


@pytest.mark.parametrize("name", BASES)
def test_every_format_and_mode_shows_the_same_seven(name):
    picture = decode(BASES[name], name)
    assert picture.pixels.dtype == np.uint8
    assert picture.pixels.shape[2] == 3
    assert shows_the_seven(picture.pixels)


def test_heic_is_read_where_its_decoder_is_installed():
    pillow_heif = pytest.importorskip("pillow_heif")
    pillow_heif.register_heif_opener()
    assert shows_the_seven(decode(file_of(seven().convert("RGB"), "HEIF", quality=90), "a.heic").pixels)


def test_heic_without_its_decoder_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    with pytest.raises(ImageError, match="pillow-heif, which is not installed"):
        decode(b"\0\0\0\x18ftypheic" + b"\0" * 100)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_camera_s_orientation_is_undone(orientation):
    kinds = Image.Transpose
    as_stored = {
        2: kinds.FLIP_LEFT_RIGHT,
        3: kinds.ROTATE_180,
        4: kinds.FLIP_TOP_BOTTOM,
        5: kinds.TRANSPOSE,
        6: kinds.ROTATE_90,
        7: kinds.TRANSVERSE,
        8: kinds.ROTATE_270,
    }
    stored = seven((200, 120)).convert("RGB")
    if orientation > 1:
        stored = stored.transpose(as_stored[orientation])
    exif = Image.Exif()
    exif[0x0112] = orientation
    picture = decode(file_of(stored, "JPEG", exif=exif, quality=95))
    assert (picture.width, picture.height) == (200, 120)
    assert shows_the_seven(picture.pixels)


@pytest.mark.parametrize(("ink", "ground"), [(0, 255), (255, 0)])
def test_ink_on_a_transparent_ground_stays_visible(ink, ground):
    cover = seven().point(lambda v: 255 - v)
    image = Image.merge("RGBA", [Image.new("L", cover.size, ink)] * 3 + [cover])
    pixels = decode(file_of(image)).pixels
    assert abs(int(pixels[5, 5, 0]) - ground) < 30
    assert abs(int(pixels[56, 140, 0]) - ink) < 60


def test_a_page_with_transparent_corners_goes_on_as_page():
    image = seven().convert("RGBA")
    image.paste((0, 0, 0, 0), (0, 0, 40, 40))
    pixels = decode(file_of(image)).pixels
    assert pixels[10, 10].min() > 180


def test_large_photos_are_reduced_and_keep_their_own_size_on_record():
    picture = decode(file_of(seven((4000, 3000)).convert("RGB"), "JPEG"))
    assert (picture.width, picture.height) == (4000, 3000)
    assert max(picture.pixels.shape) == WORK_SIDE


def refused(data, name="a.png"):
    with pytest.raises(ImageError) as caught:
        decode(data, name)
    message = str(caught.value)
    assert message.endswith(".")
    assert "Traceback" not in message
    assert len(message) < 250
    return message


def test_an_empty_file_is_named():
    assert "0 bytes" in refused(b"")


def test_a_file_above_the_limit_says_its_size_and_the_limit():
    message = refused(b"\x89PNG\r\n\x1a\n" + b"\0" * MAX_BYTES)
    assert "10.0 MB" in message
    assert "at most 10 MB" in message


@pytest.mark.parametrize("size", [(7100, 7100), (60_000, 60_000), (2**31 - 1, 2**31 - 1)])
def test_more_than_fifty_megapixels_are_refused_before_they_are_decoded(size):
    assert "50 megapixels" in refused(png_claiming(*size))


@pytest.mark.parametrize("name", [name for name in BASES if name not in ("bmp", "tiff-float")])
@pytest.mark.parametrize("share", [0.02, 0.3, 0.7])
def test_a_file_that_was_cut_off_is_named_or_still_shows_something(name, share):
    data = BASES[name][: max(1, int(len(BASES[name]) * share))]
    no_exception_escapes(data)


@pytest.mark.parametrize(
    "data",
    [
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        b"<?xml version='1.0'?><svg/>",
        b"\xef\xbb\xbf  \n<!DOCTYPE html><html><body>7</body></html>",
        "<html>7</html>".encode("utf-16"),
    ],
)
def test_svg_and_html_in_disguise_are_named(data):
    assert "web page or an SVG drawing" in refused(data, "seven.png")


@pytest.mark.parametrize("data", [b"%PDF-1.7 seven", b"PK\x03\x04zip", b"MZ\x90\0", b"seven", b"\0" * 500])
def test_other_files_are_no_pictures_whatever_their_name(data):
    assert "not a picture" in refused(data, "seven.jpg")


def test_the_extension_does_not_matter_where_the_content_is_a_picture():
    assert shows_the_seven(decode(BASES["jpeg"], "seven.png").pixels)


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "a" * 300 + ".png", "a\0b\n\x1b[31m", "", "C:\\con.png"]
)
def test_hostile_names_change_nothing_and_leave_nothing_on_disk(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert shows_the_seven(decode(BASES["png"], name).pixels)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("size", [(7, 300), (300, 7), (1, 1)])
def test_too_small_pictures_say_what_is_needed(size):
    assert "at least 8" in refused(file_of(Image.new("L", size)))


def test_a_very_narrow_picture_is_refused_not_squeezed_to_nothing():
    assert "too narrow" in refused(file_of(Image.new("1", (9, 1_000_000))))


def test_endless_jpeg_scans_are_refused():
    data = BASES["jpeg-progressive"]
    scan = data[data.rindex(b"\xff\xda") : -2]
    assert "too many scans" in refused(data[:-2] + scan * 400 + data[-2:])


def test_sixteen_bit_noise_on_a_blank_page_is_not_stretched_into_ink():
    noise = np.random.default_rng(0).integers(40_000, 40_200, (200, 200)).astype(np.uint16)
    assert np.ptp(decode(file_of(Image.fromarray(noise))).pixels) <= 2


def test_not_a_number_in_float_pixels_does_no_harm():
    values = np.asarray(seven(), np.float32) / 255
    values[:20] = np.nan
    values[-20:] = np.inf
    assert decode(file_of(Image.fromarray(values), "TIFF")).pixels.size


MEASURED = """
import resource, sys
from core.digits.decode import decode
from core.errors import ImageError
from tests.core.digits.pictures import seven, file_of
decode(file_of(seven()))
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
outcome = "read"
try:
    decode(sys.stdin.buffer.read())
except ImageError:
    outcome = "refused"
print(outcome, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""


@pytest.mark.parametrize(
    ("bomb", "outcome"),
    [
        (lambda: png_claiming(40_000, 40_000), "refused"),
        (lambda: png_claiming(7_000, 7_000), None),
        (lambda: png_with_text(60_000_000), "refused"),
        (lambda: png_with_text(60_000_000, kind=b"iTXt"), "refused"),
        (lambda: many_frames(2_000), "read"),
        (lambda: file_of(Image.new("L", (7000, 7000)), "PNG"), "read"),
        (lambda: file_of(Image.new("1", (7000, 7000)), "TIFF", compression="group4"), "read"),
    ],
    ids=["pixels", "49 megapixels cut", "zTXt", "iTXt", "frames", "49 megapixels", "fax"],
)
def test_bombs_of_every_kind_cost_less_than_300_megabytes(bomb, outcome):
    done = subprocess.run(
        [sys.executable, "-c", MEASURED], input=bomb(), capture_output=True, cwd=ROOT, timeout=60, check=True
    )
    said, megabytes = done.stdout.split()
    assert outcome in (None, said.decode())
    assert int(megabytes) < 300


@given(mutations)
@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
def test_no_exception_escapes_from_mutated_files(data):
    no_exception_escapes(data)


@pytest.mark.soak
def test_two_thousand_mutated_files_raise_nothing_and_cost_less_than_300_megabytes():
    command = [sys.executable, "-m", "tests.core.digits.fuzz", "2000"]
    done = subprocess.run(command, capture_output=True, cwd=ROOT, timeout=1800, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    assert int(done.stdout) < 300
