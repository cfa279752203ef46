import json

from click.testing import CliRunner

from benchmarks import results, robustness
from core.learning.distortion import RECIPE


def test_every_kind_is_read_by_every_network(tiny_tflite):
    command = [str(tiny_tflite), "--images", "60", "--no-keep"]
    found = CliRunner().invoke(robustness.main, command, catch_exceptions=False)
    rows = {line.split("|")[1].strip(): line.split("|")[2].strip() for line in found.stdout.splitlines()}
    assert {"as they are", *RECIPE} < rows.keys()
    assert float(rows["as they are"].rstrip("%")) > 90 > float(rows["four at once"].rstrip("%"))


def test_figures_of_a_day_share_a_file(tmp_path):
    path = results.store("one", {"rows": [1]}, tmp_path)
    assert results.store("two", {"rows": [2]}, tmp_path) == path
    assert json.loads(path.read_text()) == {"one": {"rows": [1]}, "two": {"rows": [2]}}


def test_conditions_name_the_machine():
    found = results.conditions()
    assert found["cpu"]
    assert found["num_cores"] > 0
    assert found["versions"]["tensorflow"]
