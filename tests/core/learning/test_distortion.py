import subprocess
import sys

import numpy as np
import pytest

from core.learning.distortion import RECIPE, distorted


@pytest.mark.parametrize("kind", RECIPE)
def test_every_kind_changes_digits_but_keeps_shape_and_type(kind, mnist):
    before = mnist.x_test[:20]
    after = distorted(kind, before)
    assert (after.shape, after.dtype) == (before.shape, np.uint8)
    assert (after != before).any(axis=(1, 2)).mean() > 0.8


@pytest.mark.parametrize("kind", RECIPE)
def test_a_seed_names_a_set(kind, mnist):
    first, same, other = (distorted(kind, mnist.x_test[:5], seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, same)
    assert (first != other).any()


def test_ink_moves_as_the_name_says(mnist):
    image = np.zeros((1, 28, 28), np.uint8)
    image[0, 10:18, 13:15] = 255
    ink = int(image.sum())
    assert distorted("thick", image).sum() > ink > distorted("thin", image).sum()
    assert distorted("faint", image).max() < 255
    assert abs(int(distorted("rotated", image).sum()) - ink) < 0.1 * ink


def test_the_recipe_needs_no_network():
    code = "import sys, core.learning.distortion; sys.exit(bool({'keras', 'tensorflow'} & {*sys.modules}))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
