"""The sheet of paper in a photograph: where a whole sheet lies on a table, what is around it is covered.

A sheet is smooth once its thin strokes are closed over, bulges nowhere, has straight sides and few corners,
and something is written on it. Its surroundings take the sheet's own colour, so that no table is ink.
"""

from dataclasses import dataclass
from itertools import combinations

import numpy as np
from PIL import Image
from scipy import ndimage
from skimage.morphology import convex_hull_image

from core.digits.ink import mean_where, resized, scaled_size, upsampled
from core.digits.locate import Mask
from core.records.digit import Bytes, Floats

_SIDE = 200
_BRUSH = 9
_EDGE = 4.0
"""Grey levels a pixel, of 200 to the longer side, that part two surfaces; light falls off more slowly."""
_LEAST, _MOST = 0.04, 0.93
_SOLID, _SHORTEST = 0.94, 0.18
_MOST_CORNERS = 6
_ON_RIM = 0.7
_REACH, _STEP_WIDTH = 8, 3
_SHARP, _SOFT_SHARE, _LEAST_STEP = 0.75, 0.25, 6.0
"""The share of a step that lies within so many pixels at a sheet's edge; a shadow's edge is wider."""
_MOST_REGIONS = 6
_GREY = 0.1
"""How much the ratios of red, green and blue may differ across the edge of a shadow."""
_WRITTEN, _PLAIN, _STROKE = 8.0, 50.0, 8
"""Grey levels by which so many pixels must depart from the sheet, and by which they do for certain."""


@dataclass(frozen=True, slots=True, eq=False)
class Sheet:
    """box: left, top, right, bottom in the picture; pixels: that part, with the surroundings covered."""

    box: tuple[int, int, int, int]
    pixels: Bytes


def sheet_of(pixels: Bytes) -> Sheet | None:
    """Return the sheet that lies in a picture with its surroundings covered, or None where none is seen."""
    small = resized(pixels, scaled_size(pixels, _SIDE)).astype(np.float32)
    brush = (_BRUSH, _BRUSH, 1)
    closed = ndimage.grey_closing(ndimage.median_filter(small, (3, 3, 1)), brush)
    found = _candidates(_regions(closed), closed, small)
    return _covered(pixels, closed, _chosen(found)) if found else None


def _candidates(regions: list[Mask], closed: Floats, small: Floats) -> list[tuple[Mask, float]]:
    """Return the sheets seen, each with how far its writing departs; one half in shadow counts as one."""
    alone = [_as_sheet(region, closed, small) for region in regions]
    shaded = [
        (i, j, sheet)
        for (i, first), (j, second) in combinations(enumerate(regions), 2)
        if _are_one_sheet(first, second, closed)
        and (sheet := _as_sheet(_bridged(first, second), closed, small))
    ]
    halves = {place for i, j, _ in shaded for place in (i, j)}
    whole = [sheet for place, sheet in enumerate(alone) if sheet and place not in halves]
    return whole + [sheet for _, _, sheet in shaded]


def _chosen(found: list[tuple[Mask, float]]) -> Mask:
    """Return the sheet that is plainly written on; of one that lies on another the upper one."""
    most = max(written for _, written in found)
    plain = [sheet for sheet, written in found if written >= 0.6 * most]
    upper = [sheet for sheet in plain if not any(_lies_on(other, sheet) for other in plain)]
    return max(upper, key=np.count_nonzero)


def _lies_on(other: Mask, sheet: Mask) -> bool:
    return bool(other.sum() < 0.9 * sheet.sum() and (other & ~sheet).sum() < 0.05 * other.sum())


def _regions(closed: Floats) -> list[Mask]:
    """Return the largest smooth surfaces, largest first."""
    steep = np.max(
        [ndimage.gaussian_gradient_magnitude(closed[..., c], 1.0, mode="nearest") for c in range(3)], axis=0
    )
    labels, count = ndimage.label(steep < _EDGE)
    sizes = np.bincount(labels.ravel(), minlength=count + 1)[1:]
    order = [int(i) for i in np.argsort(sizes)[::-1][:_MOST_REGIONS] if sizes[i] >= _LEAST * labels.size / 2]
    return [labels == index + 1 for index in order]


def _as_sheet(region: Mask, closed: Floats, small: Floats) -> tuple[Mask, float] | None:
    """Return the whole sheet that a smooth surface is part of, and its writing; None where it is none."""
    filled = ndimage.binary_dilation(ndimage.binary_fill_holes(region))
    if not _LEAST <= filled.mean() <= _MOST:
        return None
    hull = convex_hull_image(filled)
    if filled.sum() < _SOLID * hull.sum() or hull.mean() > _MOST:
        return None
    sides = np.ptp(np.flatnonzero(hull.any(axis=0))), np.ptp(np.flatnonzero(hull.any(axis=1)))
    if min(sides) < max(_SHORTEST * min(hull.shape), 0.25 * max(sides)):
        return None
    edge = hull & ~ndimage.binary_erosion(hull)
    at_rim = edge[[0, -1]].sum() + edge[1:-1, [0, -1]].sum()
    if at_rim > _ON_RIM * edge.sum():
        return None
    if _num_corners(hull) > _MOST_CORNERS or (written := _writing(hull, region, small)) < _WRITTEN:
        return None
    if _soft_share(hull, closed) > _SOFT_SHARE:
        return None
    return hull, min(written, _PLAIN)


def _soft_share(hull: Mask, closed: Floats) -> float:
    """Return the share of a surface's outline within the picture that is as soft as the edge of a shadow."""
    slopes = [ndimage.gaussian_filter1d(hull.astype(np.float32), 3, axis, order=1) for axis in (0, 1)]
    edge = hull & ~ndimage.binary_erosion(hull, border_value=1)
    places, normal = np.argwhere(edge).T, np.stack([slope[edge] for slope in slopes])
    normal /= np.maximum(np.linalg.norm(normal, axis=0), 1e-6)
    way = np.arange(-_REACH, _REACH + 0.5, 0.5)
    along = places[:, :, None] + normal[:, :, None] * way
    profiles = np.stack(
        [ndimage.map_coordinates(closed[..., c], along, order=1, mode="nearest") for c in range(3)]
    )
    ends = profiles[..., :5].mean(axis=-1) - profiles[..., -5:].mean(axis=-1)
    channel = int(np.abs(ends).mean(axis=1).argmax())
    step, profile = np.abs(ends[channel]), profiles[channel]
    lag = 2 * _STEP_WIDTH
    steepest = np.abs(profile[:, lag:] - profile[:, :-lag]).max(axis=1)
    return float(((step < _LEAST_STEP) | (steepest < _SHARP * step)).mean()) if step.size else 0.0


def _num_corners(hull: Mask) -> int:
    from skimage.measure import approximate_polygon, find_contours  # brings scipy.signal and its kin: 40 MB

    contour = max(find_contours(np.pad(hull, 1).astype(np.float32), 0.5), key=len)
    near = max(2.5, 0.04 * float(np.sqrt(hull.sum())))
    return len(approximate_polygon(contour, near)) - 1


def _writing(hull: Mask, region: Mask, small: Floats) -> float:
    """Return by how many grey levels the strongest stroke well inside the sheet departs from it."""
    inside = ndimage.binary_erosion(hull, iterations=max(3, round(0.03 * float(np.sqrt(hull.sum())))))
    ground = mean_where(small, region, sigma=8)
    departs = np.nan_to_num(np.abs(small - ground)).max(axis=-1)[inside]
    return float(np.partition(departs, -_STROKE)[-_STROKE]) if departs.size > _STROKE else 0.0


def _are_one_sheet(first: Mask, second: Mask, closed: Floats) -> bool:
    """Whether two surfaces that meet may be one sheet, lit and in shadow: the step has no colour."""
    near = 7
    if (second & ~ndimage.binary_fill_holes(first)).sum() == 0 or (
        first & ~ndimage.binary_fill_holes(second)
    ).sum() == 0:
        return False  # one lies on the other
    meet = ndimage.binary_dilation(first, iterations=near) & ndimage.binary_dilation(second, iterations=near)
    if meet.sum() < 20:
        return False
    close = ndimage.binary_dilation(meet, iterations=near)
    ratio = np.log((closed[first & close] + 1).mean(axis=0) / (closed[second & close] + 1).mean(axis=0))
    return bool(np.ptp(ratio) < _GREY)


def _bridged(first: Mask, second: Mask) -> Mask:
    bridged: Mask = ndimage.binary_closing(np.pad(first | second, 10), iterations=8)[10:-10, 10:-10]
    return bridged


def _covered(pixels: Bytes, closed: Floats, hull: Mask) -> Sheet:
    height, width = pixels.shape[:2]
    margin = max(2, round(0.02 * float(np.sqrt(hull.sum()))))
    inner = ndimage.binary_erosion(hull, iterations=margin, border_value=1)
    near, wide = mean_where(closed, inner, sigma=4), mean_where(closed, inner, sigma=40)
    colour = np.where(np.isfinite(near), near, np.where(np.isfinite(wide), wide, closed[inner].mean(axis=0)))
    keep = np.asarray(Image.fromarray(inner).resize((width, height), Image.Resampling.NEAREST))
    rows, columns = np.flatnonzero(keep.any(axis=1)), np.flatnonzero(keep.any(axis=0))
    top, bottom, left, right = rows[0], rows[-1] + 1, columns[0], columns[-1] + 1
    around = upsampled(colour, (height, width))[top:bottom, left:right].round().astype(np.uint8)
    box = (int(left), int(top), int(right), int(bottom))
    return Sheet(box, np.where(keep[top:bottom, left:right, None], pixels[top:bottom, left:right], around))
