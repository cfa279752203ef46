import numpy as np
import pytest
from PIL import Image, ImageDraw

from benchmarks.digits import made
from benchmarks.pictures import KINDS
from core.digits import read
from core.digits.likeness import likeness, training_image
from core.errors import ImageError
from core.gallery import Gallery
from core.inference import Network
from core.records import Doubt, ReadOptions
from tests.core.digits.pictures import file_of, seven


def labels_of(reading):
    """What the nearest training digits say, so that the pipeline is judged without any network."""
    found = []
    for digit in reading.digits:
        near = [training_image(place)[1] for place in digit.neighbours[:5]]
        found.append(str(np.bincount(near).argmax()))
    return "".join(found)


def array_file(values):
    return file_of(Image.fromarray(values.astype(np.uint8)))


@pytest.mark.parametrize("kind", KINDS)
def test_nearest_neighbours_read_most_pictures_of_every_kind(kind):
    pictures = list(made(kind, 6, seed=1))
    right = [labels_of(read(picture.data)) == picture.label for picture in pictures]
    assert sum(right) >= 4


def test_numbers_are_read_in_reading_order():
    right = total = 0
    for picture in made("number", 6, seed=2):
        found = labels_of(read(picture.data))
        total += len(picture.label)
        right += sum(a == b for a, b in zip(found, picture.label, strict=False))
    assert right >= 0.85 * total


@pytest.mark.parametrize("is_inverted", [False, True])
def test_mnist_s_own_images_lose_less_than_a_third_of_a_point_on_the_way(mnist, tiny_tflite, is_inverted):
    images, labels = mnist.x_test[:250], mnist.y_test[:250]
    network = Network(tiny_tflite, "tiny")
    direct = (network.probabilities(images)[0].argmax(axis=1) == labels).mean()
    files = (array_file(255 - image if is_inverted else image) for image in images)
    found = [read(data).images for data in files]
    assert all(len(each) == 1 for each in found)
    whole_way = (network.probabilities(np.concatenate(found))[0].argmax(axis=1) == labels).mean()
    assert whole_way >= direct - 0.003


@pytest.fixture(scope="module")
def eight_by_eight():
    """scikit-learn's 8x8 digits of other writers, upscaled to 28x28, as files, and what they show."""
    digits = pytest.importorskip("sklearn.datasets").load_digits()
    size, kind = (28, 28), Image.Resampling.BICUBIC
    images = [
        Image.fromarray((image * 255 / 16).astype(np.uint8)).resize(size, kind) for image in digits.images
    ]
    return [file_of(image) for image in images], digits.target


def test_each_of_the_8x8_digits_of_other_writers_is_found_as_one(eight_by_eight):
    files, _ = eight_by_eight
    assert [len(read(data).digits) for data in files[:100]] == [1] * 100


@pytest.mark.slow
def test_the_recommended_network_reads_97_per_cent_of_the_8x8_digits(eight_by_eight):
    gallery = Gallery()
    recommended = gallery.recommended()
    if recommended is None:
        pytest.skip("no recorded run is there to answer")
    network = Network(gallery.artifact(recommended.run_id, "model.tflite"), "recommended")
    files, labels = eight_by_eight
    images = np.concatenate([read(data).images[:1] for data in files[::3]])
    right = network.probabilities(images)[0].argmax(axis=1) == labels[::3]
    assert right.mean() >= 0.97


@pytest.mark.parametrize("ink", [(20, 240), (240, 20), (90, 130), (130, 90)])
def test_polarity_is_found_not_assumed(ink):
    reading = read(file_of(seven((300, 200), *ink)))
    assert reading.light_ink == (ink[0] > ink[1])
    assert labels_of(reading) == "7"


def test_red_ink_on_green_of_the_same_brightness_is_seen():
    cover = np.asarray(seven(ink=0, paper=255), np.float32)[..., None] / 255
    pixels = cover * (60, 140, 60) + (1 - cover) * (190, 84, 60)
    assert labels_of(read(array_file(pixels))) == "7"


def test_boxes_are_in_the_pixels_of_the_file():
    image = Image.new("L", (3000, 2000), 240)
    image.paste(seven((400, 400)), (1500, 900))
    left, top, width, height = read(file_of(image)).digits[0].box
    assert abs(left - 1588) < 20
    assert abs(top - 968) < 20
    assert abs(width - 215) < 25
    assert abs(height - 270) < 25


def test_a_person_may_override_polarity_threshold_and_crop():
    image = Image.new("L", (600, 300), 240)
    image.paste(seven((200, 200)), (50, 50))
    image.paste(seven((200, 200), 200, 240), (350, 50))
    data = file_of(image)
    left = read(data, options=ReadOptions(crop=(0, 0, 0.5, 1)))
    assert len(left.digits) == 1
    assert left.digits[0].box[0] < 300
    forced = read(data, options=ReadOptions(invert=True))
    assert forced.light_ink
    bold = read(data, options=ReadOptions(threshold=0.2, crop=(0, 0, 0.5, 1))).images.mean()
    thin = read(data, options=ReadOptions(threshold=0.8, crop=(0, 0, 0.5, 1))).images.mean()
    assert bold >= thin


def test_a_crop_to_nothing_is_refused():
    with pytest.raises(ImageError, match="fewer than 4 pixels"):
        read(file_of(seven()), options=ReadOptions(crop=(0.5, 0.5, 0.5, 0.9)))


def test_every_step_can_be_looked_at():
    names = [step.name for step in read(next(iter(made("ruled", 1, seed=1))).data).steps]
    assert names == ["picture", "ground", "ink", "lines", "clean", "pieces", "digits"]


def test_strokes_that_a_ruled_line_crosses_stay_whole():
    image = seven((600, 600), 30, 245)
    clean = read(file_of(image)).digits[0].image.astype(float)
    pen = ImageDraw.Draw(image)
    for y in range(20, 600, 75):
        pen.line([(0, y), (600, y)], fill=110, width=4)
    ruled = read(file_of(image))
    assert len(ruled.digits) == 1
    assert ruled.digits[0].measures.parts == 1
    assert np.abs(ruled.digits[0].image - clean).mean() < 6


def test_a_lone_straight_one_is_no_ruled_line():
    image = Image.new("L", (280, 280), 255)
    ImageDraw.Draw(image).line([(140, 25), (138, 255)], fill=0, width=6)
    assert labels_of(read(file_of(image))) == "1"


@pytest.mark.parametrize("gap", [3, 25])
def test_a_box_around_the_digit_goes_and_the_digit_stays(gap):
    image = seven((300, 300), 20, 250)
    box = [75 - gap, 48 - gap, 228 + gap, 252 + gap]
    ImageDraw.Draw(image).rectangle(box, outline=60, width=4)
    reading = read(file_of(image))
    assert labels_of(reading) == "7"
    assert reading.digits[0].box[2] < 190


@pytest.mark.parametrize("level", [0, 140, 255])
def test_a_blank_picture_gets_no_answer(level):
    reading = read(array_file(np.full((300, 200), level)))
    assert reading.digits == ()
    assert reading.doubts == (Doubt.BLANK,)


def test_blank_paper_with_grain_and_shadow_gets_no_answer():
    rng = np.random.default_rng(0)
    page = 225 + rng.normal(0, 4, (600, 450)) - np.linspace(0, 90, 450)
    reading = read(array_file(np.clip(page, 0, 255)))
    assert reading.digits == ()


def test_noise_gets_no_answer():
    reading = read(array_file(np.random.default_rng(0).integers(0, 256, (300, 200))))
    assert reading.digits == ()
    assert reading.doubts == (Doubt.NOISE,)


LETTERS = {
    "M": [[(0, 1), (0, 0), (0.5, 0.6), (1, 0), (1, 1)]],
    "K": [[(0, 0), (0, 1)], [(0.9, 0), (0, 0.55), (1, 1)]],
    "W": [[(0, 0), (0.25, 1), (0.5, 0.4), (0.75, 1), (1, 0)]],
    "A": [[(0, 1), (0.5, 0), (1, 1)], [(0.2, 0.6), (0.8, 0.6)]],
    "X": [[(0, 0), (1, 1)], [(1, 0), (0, 1)]],
    "E": [[(1, 0), (0, 0), (0, 1), (1, 1)], [(0, 0.5), (0.8, 0.5)]],
    "N": [[(0, 1), (0, 0), (1, 1), (1, 0)]],
    "equals": [[(0, 0.3), (1, 0.3)], [(0, 0.7), (1, 0.7)]],
}


@pytest.mark.parametrize("letter", LETTERS)
def test_letters_that_are_no_digit_s_double_raise_a_doubt(letter):
    image = Image.new("L", (280, 280), 255)
    pen = ImageDraw.Draw(image)
    for stroke in LETTERS[letter]:
        pen.line([(80 + 120 * x, 60 + 160 * y) for x, y in stroke], fill=10, width=15, joint="curve")
    reading = read(file_of(image))
    assert reading.doubts or all(digit.doubts for digit in reading.digits)


def test_two_strokes_that_never_meet_raise_a_doubt():
    image = Image.new("L", (280, 280), 255)
    pen = ImageDraw.Draw(image)
    pen.line([(90, 60), (90, 220)], fill=0, width=16)
    pen.line([(160, 60), (160, 220)], fill=0, width=16)
    assert Doubt.PARTS in read(file_of(image)).doubts


def test_few_real_digits_raise_a_doubt(mnist):
    strange = [read(array_file(image)).digits[0].doubts for image in mnist.x_test[:100]]
    assert sum(map(bool, strange)) <= 4


def test_a_training_digit_is_its_own_nearest_neighbour(mnist):
    for place, like in enumerate(likeness(mnist.x_train[:5])):
        assert like.neighbours[0] == place
        assert like.agreement >= 0.5
