"""Pictures inside the page itself: no request that a rerun could leave unanswered."""

import base64
import io

import numpy as np
from PIL import Image

from core.records.digit import Bytes

_PHOTO_PIXELS = 256 * 256


def enlarged(image: Bytes, factor: int) -> str:
    """Return an image (height, width) with every pixel `factor` times as wide, ready for `st.image`.

    Enlarged here, since a browser would blur it.
    """
    return picture(np.kron(image, np.ones((factor, factor), np.uint8)))


def picture(pixels: Bytes) -> str:
    """Return pixels, (height, width) grey or (height, width, 3), as a data URI for `st.image`.

    Streamlit forgets a picture's own address with the next rerun; a browser that asks late would get 404.
    """
    kind = "jpeg" if pixels.shape[0] * pixels.shape[1] > _PHOTO_PIXELS else "png"
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, kind, quality=90)
    return f"data:image/{kind};base64,{base64.b64encode(file.getvalue()).decode('ascii')}"
