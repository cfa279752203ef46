import numpy as np
import pytest
from hypothesis import given, settings
from PIL import Image, ImageDraw
from scipy import ndimage

from benchmarks.digits import made
from benchmarks.pictures import KINDS
from core.digits import read
from core.digits.likeness import likeness, training_image
from core.digits.locate import find_pieces
from core.digits.sheet import canvas
from core.digits.variants import variants
from core.errors import ImageError
from core.gallery import Gallery
from core.inference import Network
from core.reader import reader
from core.records import Doubt, ReadOptions
from tests.core.digits.drawings import drawings, is_read_or_refused, overrides
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


@pytest.mark.parametrize("kind", [*KINDS, "comb", "chalk"])
def test_nearest_neighbours_read_most_pictures_of_every_kind(kind):
    pictures = list(made(kind, 5, seed=1))
    right = [labels_of(read(picture.data)) == picture.label for picture in pictures]
    assert sum(right) >= 3


def test_numbers_are_read_in_reading_order():
    right = total = 0
    for picture in made("number", 6, seed=2):
        found = labels_of(read(picture.data))
        total += len(picture.label)
        right += sum(a == b for a, b in zip(found, picture.label, strict=False))
    assert right >= 0.85 * total


@pytest.fixture(scope="module")
def as_they_are(mnist):
    """What is read from files of MNIST's first 100 test images."""
    return [read(array_file(image)) for image in mnist.x_test[:100]]


@pytest.mark.parametrize("is_inverted", [False, True])
def test_mnist_s_own_images_lose_nothing_on_the_way(mnist, tiny_tflite, as_they_are, is_inverted):
    images, labels = mnist.x_test[:100], mnist.y_test[:100]
    network = Network(tiny_tflite, "tiny")
    direct = (network.probabilities(images)[0].argmax(axis=1) == labels).sum()
    readings = [read(array_file(255 - image)) for image in images] if is_inverted else as_they_are
    assert [len(reading.digits) for reading in readings] == [1] * 100
    found = np.concatenate([reading.images for reading in readings])
    assert (network.probabilities(found)[0].argmax(axis=1) == labels).sum() >= direct


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
    assert [len(read(data).digits) for data in files[:50]] == [1] * 50


@pytest.mark.slow
def test_the_network_that_speaks_first_reads_97_per_cent_of_the_8x8_digits(eight_by_eight):
    gallery = Gallery()
    models = variants(gallery.runs(), lambda record, name: gallery.artifact(record.run_id, name))
    best = reader(models)
    if best is None:
        pytest.skip("no recorded run is there to answer")
    network = Network(best.source, best.title)
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


def test_the_strokes_of_a_large_five_are_no_ruled_lines():
    *_, five = made("ball pen", 14, seed=12)
    assert five.label == "5"
    assert labels_of(read(five.data)) == "5"


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


@pytest.mark.parametrize("index", [22, 24])
def test_the_squares_of_squared_paper_are_no_printed_boxes(mnist, index):
    rng = np.random.default_rng([8128, index, *b"squared"])
    chosen = int(rng.integers(len(mnist.y_test)))
    reading = read(KINDS["squared"](rng, mnist.x_test[chosen]))
    assert labels_of(reading) == str(mnist.y_test[chosen])


@pytest.mark.parametrize("lean", [0, 4])
@pytest.mark.parametrize(("step", "length", "width"), [(12, 6, 3), (10, 5, 5), (9, 5, 2)])
def test_a_box_of_dots_or_dashes_around_the_digit_goes(step, length, width, lean):
    image = seven((700, 600), 20, 250)
    pen = ImageDraw.Draw(image)
    box = (120, 70, 560, 540)
    for place in range(box[0], box[2], step):
        for y in (box[1], box[3]):
            pen.rectangle((place, y, place + length, y + width), fill=60)
    for place in range(box[1], box[3], step):
        for x in (box[0], box[2]):
            pen.rectangle((x, place, x + width, place + length), fill=60)
    reading = read(file_of(image.rotate(lean, Image.Resampling.BICUBIC, fillcolor=250)))
    assert labels_of(reading) == "7"
    assert reading.digits[0].box[2] < 400


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
    "R": [[(0, 1), (0, 0), (0.7, 0), (0.8, 0.25), (0.7, 0.5), (0, 0.5)], [(0.35, 0.5), (0.85, 1)]],
    "P": [[(0, 1), (0, 0), (0.7, 0), (0.8, 0.25), (0.7, 0.5), (0, 0.5)]],
    "V": [[(0, 0), (0.5, 1), (1, 0)]],
    "H": [[(0, 0), (0, 1)], [(1, 0), (1, 1)], [(0, 0.5), (1, 0.5)]],
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


@pytest.mark.parametrize("lean", [0, 25, 60])
def test_two_strokes_that_never_meet_raise_a_doubt_however_they_lean(lean):
    image = Image.new("L", (280, 280), 255)
    pen = ImageDraw.Draw(image)
    for left in (80, 165):
        pen.line([(left + lean, 60), (left, 220)], fill=0, width=16)
    assert Doubt.PARTS in read(file_of(image)).doubts


def test_few_real_digits_raise_a_doubt(as_they_are):
    assert sum(bool(reading.digits[0].doubts) for reading in as_they_are) <= 4


def row_of_cells(number, lean):
    """Return printed cells in a row, a seven in the second, on a sheet that lies a little askew."""
    image = Image.new("L", (900, 300), 245)
    pen = ImageDraw.Draw(image)
    for cell in range(number):
        pen.rectangle((60 + 100 * cell, 90, 160 + 100 * cell, 200), outline=90, width=3)
    pen.line([(185, 110), (235, 110), (205, 185)], fill=20, width=9, joint="curve")
    return image.rotate(lean, fillcolor=245, resample=Image.Resampling.BICUBIC)


@pytest.mark.parametrize(("number", "lean"), [(2, 0), (4, 0), (7, 0), (4, 4), (6, -3)])
def test_empty_cells_beside_a_digit_are_no_ones(number, lean):
    assert labels_of(read(file_of(row_of_cells(number, lean)))) == "7"


def in_uneven_light(image):
    """Return the picture as a photograph shows it, a little noisy and darker towards a corner."""
    pixels = np.asarray(image.convert("L")).astype(float)
    light = np.linspace(0.6, 1, pixels.shape[1]) * np.linspace(0.8, 1, pixels.shape[0])[:, None]
    grain = np.random.default_rng(0).normal(0, 0.01, pixels.shape)
    return Image.fromarray(np.clip(pixels * (light + grain), 0, 255).astype(np.uint8))


@pytest.mark.parametrize(("number", "end", "crop"), [(4, 262, (110, 900)), (2, 240, (0, 240))])
@pytest.mark.parametrize("lean", [0, -4])
def test_a_row_of_cells_may_go_on_beyond_the_picture(number, end, crop, lean):
    image = Image.new("L", (900, 700), 245)
    pen = ImageDraw.Draw(image)
    for cell in range(number):
        pen.rectangle((60 + 100 * cell, 290, 160 + 100 * cell, 400), outline=90, width=3)
    pen.line([(185, 310), (end, 310), (205, 385)], fill=20, width=9, joint="curve")
    seen = image.rotate(lean, fillcolor=245, resample=Image.Resampling.BICUBIC)
    seen = seen.crop((crop[0], 0, crop[1], 700))
    assert labels_of(read(file_of(in_uneven_light(seen)))) == "7"


@pytest.mark.parametrize(("width", "strength"), [(20, 0.45), (35, 0.3), (60, 0.6)])
def test_the_shadow_of_a_finger_across_a_digit_is_no_part_of_it(width, strength):
    page = Image.new("L", (560, 560), 235)
    page.paste(seven((220, 240), 30, 235), (180, 180))
    y, x = np.mgrid[:560, :560]
    finger = (np.abs(y - 0.6 * x - 110) < width) & (x < 330)
    shade = 1 - strength * ndimage.gaussian_filter(finger.astype(float), 5)
    image = Image.fromarray((np.asarray(page) * shade).astype(np.uint8))
    assert labels_of(read(file_of(in_uneven_light(image)))) == "7"


def test_a_stroke_drawn_with_little_pressure_stays_part_of_the_digit():
    strength = np.zeros((200, 200), np.float32)
    strength[30:40, 40:150], strength[40:170, 90:100] = 0.9, 0.4
    (piece, *_) = find_pieces(strength, 0.004, has_shadows=True)
    assert piece.box == (30, 40, 170, 150)


def test_ink_of_nearly_one_strength_has_no_shadow():
    strength = np.zeros((60, 60), np.float32)
    strength[10:50, 10:50] = level = np.float32(1.0012622)
    strength[10:50:2, 10:50] = np.nextafter(level, np.float32(2))
    (piece,) = find_pieces(strength, 0.004, has_shadows=True)
    assert piece.box == (10, 10, 50, 50)


def test_a_strip_with_a_line_along_it_has_no_canvas():
    image = Image.new("L", (64, 8), 9)
    ImageDraw.Draw(image).line((0, 0, 64, 0), fill=0, width=4)
    for strip in (image, image.transpose(Image.Transpose.ROTATE_90)):
        assert canvas(np.asarray(strip.convert("RGB"))) is None


@given(drawings, overrides)
@settings(max_examples=150)
def test_whatever_is_drawn_is_read_or_refused_in_a_sentence(data, options):
    is_read_or_refused(data, options)


@pytest.mark.soak
@given(drawings, overrides)
@settings(max_examples=4000, derandomize=False, database=None)
def test_thousands_of_new_drawings_are_read_or_refused(data, options):
    is_read_or_refused(data, options)


def test_a_stroke_that_the_pen_left_broken_is_one_digit():
    image = seven((600, 600), 20, 245)
    ImageDraw.Draw(image).rectangle((0, 300, 600, 312), fill=245)
    reading = read(file_of(image))
    assert labels_of(reading) == "7"
    assert reading.digits[0].measures.parts == 2


def test_a_thick_nought_that_fills_a_tiny_jpeg_keeps_its_hollow():
    image = Image.new("L", (440, 440), 244)
    ImageDraw.Draw(image).ellipse((60, 30, 380, 410), outline=5, width=95)
    reading = read(file_of(image.resize((22, 22), Image.Resampling.BOX), "JPEG", quality=60))
    assert labels_of(reading) == "0"
    assert reading.digits[0].image[13:15, 13:15].max() < 90


def test_a_thick_nought_that_fills_a_sheet_in_uneven_light_keeps_its_hollow():
    image = Image.new("L", (600, 600), 220)
    ImageDraw.Draw(image).ellipse((60, 80, 540, 520), outline=40, width=125)
    light = np.linspace(0.55, 1, 600)[None, :] * np.linspace(0.8, 1, 600)[:, None]
    reading = read(array_file(np.asarray(image) * light))
    assert reading.digits[0].image[12:16, 12:16].max() < 90


def test_a_broad_band_of_light_does_not_turn_the_polarity():
    page = np.asarray(seven((450, 600), 60, 150), np.float32)
    y, x = np.mgrid[:600, :450]
    band = 1 / (1 + np.exp(-(95 - np.abs(x + 0.6 * y - 120)) / 12))
    reading = read(array_file(np.clip(page * (1 + 0.55 * band), 0, 255)))
    assert not reading.light_ink
    assert labels_of(reading) == "7"


def test_a_wide_nought_that_does_not_close_stays_whole():
    image = Image.new("L", (500, 360), 245)
    ImageDraw.Draw(image).arc((90, 70, 410, 300), -70, 272, fill=20, width=24)
    assert len(read(file_of(image)).digits) == 1


def test_an_open_four_whose_strokes_do_not_meet_is_one_digit():
    image = Image.new("L", (360, 420), 245)
    pen = ImageDraw.Draw(image)
    pen.line([(110, 70), (100, 220), (205, 215)], fill=20, width=20, joint="curve")
    pen.line([(232, 60), (228, 360)], fill=20, width=20)
    reading = read(file_of(image))
    assert labels_of(reading) == "4"
    assert reading.digits[0].measures.parts == 2


def two_digits(mnist, first, second, gap):
    """Return two of MNIST's digits side by side, their boxes `gap` pixels of 28 apart, enlarged."""
    cut = [mnist.x_test[place][:, mnist.x_test[place].any(axis=0)] for place in (first, second)]
    row = np.zeros((40, 80), np.uint8)
    row[6:34, 10 : 10 + cut[0].shape[1]] = cut[0]
    left = 10 + cut[0].shape[1] + gap
    row[6:34, left : left + cut[1].shape[1]] = np.maximum(row[6:34, left : left + cut[1].shape[1]], cut[1])
    return file_of(Image.fromarray(255 - row).resize((640, 320), Image.Resampling.BICUBIC))


def test_digits_that_touch_are_cut_apart_or_doubted(mnist):
    readings = [read(two_digits(mnist, place, place + 1, -1)) for place in range(0, 24, 2)]
    whole = [reading for reading in readings if len(reading.digits) != 2]
    assert len(whole) <= 8
    assert all(reading.doubts or any(digit.doubts for digit in reading.digits) for reading in whole)


def test_a_one_that_leans_far_is_never_cut_into_several():
    *_, leaning = made("jpeg 30", 13, seed=23)
    assert leaning.label == "1"
    assert len(read(leaning.data).digits) == 1


def test_a_person_may_keep_touching_digits_whole(mnist):
    files = [two_digits(mnist, place, place + 1, -1) for place in range(0, 24, 2)]
    cut = next(data for data in files if len(read(data).digits) == 2)
    assert len(read(cut, options=ReadOptions(split=False)).digits) <= len(read(cut).digits)


def test_a_training_digit_is_its_own_nearest_neighbour(mnist):
    for place, like in enumerate(likeness(mnist.x_train[:5])):
        assert like.neighbours[0] == place
        assert like.agreement >= 0.5
