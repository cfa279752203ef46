"""From an uploaded picture to digits in MNIST's own form. No keras, nothing written to disk."""

from core.records.digit import Reading, ReadOptions


def read(data: bytes, filename: str = "", options: ReadOptions | None = None) -> Reading:
    """Return the digits that a file shows; raises ImageError where it is no picture that can be read."""
    from core.digits.reading import read as read_file  # scipy and scikit-image load with the first picture

    return read_file(data, filename, options)


__all__ = ["read"]
