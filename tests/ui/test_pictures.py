import base64
import io

import numpy as np
import pytest
from PIL import Image

from ui.pictures import enlarged, picture


def opened(uri: str) -> Image.Image:
    return Image.open(io.BytesIO(base64.b64decode(uri.partition(",")[2])))


def test_an_enlarged_digit_keeps_every_pixel() -> None:
    digit = np.random.default_rng(0).integers(0, 256, (28, 28), np.uint8)
    uri = enlarged(digit, 3)
    assert uri.startswith("data:image/png;base64,")
    assert (np.asarray(opened(uri))[1::3, 1::3] == digit).all()


@pytest.mark.parametrize(
    ("shape", "kind"), [((900, 700, 3), "JPEG"), ((900, 700), "JPEG"), ((120, 90), "PNG")]
)
def test_large_pictures_are_photos_and_small_ones_exact(shape: tuple[int, ...], kind: str) -> None:
    shown = opened(picture(np.full(shape, 200, np.uint8)))
    assert shown.format == kind
    assert (shown.height, shown.width) == shape[:2]
