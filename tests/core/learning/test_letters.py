import numpy as np
import pytest

from core.learning.letters import DIGITS, SIGNS, strokes, written

PATHS = [(name, path) for table in (SIGNS, DIGITS) for name, paths in table.items() for path in paths]


@pytest.mark.parametrize(("name", "path"), PATHS)
def test_every_path_is_written_large_and_in_one_pixel_lines(name: str | int, path: str) -> None:
    line = written(np.random.default_rng(0), path)
    rows, columns = np.flatnonzero(line.any(1)), np.flatnonzero(line.any(0))
    assert max(np.ptp(rows), np.ptp(columns)) == pytest.approx(160, abs=2)
    assert line.sum() < 0.12 * line.size


def test_every_drawing_is_another_one_and_a_seed_repeats_it() -> None:
    path = SIGNS["R"][0]
    first, again, other = (written(np.random.default_rng(seed), path) for seed in (0, 0, 1))
    assert np.array_equal(first, again)
    assert first.shape != other.shape or not np.array_equal(first, other)


def test_strokes_marked_with_a_wave_are_bent_and_others_straight() -> None:
    (is_bent, places), (is_straight, others) = strokes("~0,0 1,.5 0,1 | 0,0 1,1")
    assert (is_bent, not is_straight) == (True, True)
    assert places.tolist() == [[0, 0], [1, 0.5], [0, 1]]
    assert others.shape == (2, 2)
