"""What telemetry costs: processor time in percent of one core, with the fake driver of tests/nvml.

    python -m benchmarks.telemetry [--seconds 20] [--page] [--smoke]

Sampling at 5 Hz with 0, 1 and 16 GPUs, each in a process of its own; without a GPU it is the host alone.
With --page also the server's whole process while a Chromium shows the Device page with two GPUs. It is
process time, not wall time, and means the same on a busy machine, up to caches; the rates stand beside it.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import click
import psutil
from playwright.sync_api import sync_playwright

from benchmarks.results import conditions, store, table
from core.settings import ROOT
from tests.e2e.conftest import launch, serve
from tests.e2e.test_device import CHART
from tests.nvml import fake

CASES = (0, 1, 16)
WARM_UP_S = 3.0
CHILD = """
import json, sys, time
from core.telemetry.sampling import Sampler
sampler = Sampler()
sampler.wait(5.0, driver=True)
time.sleep(float(sys.argv[2]))
began, spent = time.monotonic(), time.process_time()
time.sleep(float(sys.argv[1]))
spent, passed = time.process_time() - spent, time.monotonic() - began
hz = len(sampler.window(passed).host.series.t) / passed
json.dump({"percent": 100 * spent / passed, "hz": hz, "gpus": len(sampler.latest().gpus)}, sys.stdout)
"""


def cost(num_gpus: int, seconds: float, folder: Path) -> dict[str, float]:
    """Return percent of a core, samples a second and GPUs seen, of a fresh process that samples."""
    scenario = fake.write(folder / "scenario", *(fake.gpu(index, "h100", [9]) for index in range(num_gpus)))
    environment = {**os.environ, "FAKE_NVML": str(scenario), "LD_LIBRARY_PATH": str(folder)}
    command = [sys.executable, "-c", CHILD, str(seconds), str(WARM_UP_S)]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    told: dict[str, float] = json.loads(done.stdout)
    return told


def page_cost(seconds: float, folder: Path) -> dict[str, str]:
    """Return percent of a core of the server with one visitor on the Device page, and redraws a second."""
    scenario = fake.write(folder / "scenario", fake.gpu(0, "a100", [9]), fake.gpu(1, "rtx"))
    environment = {"FAKE_NVML": str(scenario), "LD_LIBRARY_PATH": str(folder)}
    with serve(folder / "home", **environment) as url, sync_playwright() as playwright:
        server = next(c for c in psutil.Process().children() if "streamlit" in c.cmdline())
        page = launch(playwright).new_page()
        page.goto(f"{url}/device")
        page.wait_for_selector(f"{CHART} .nsewdrag", timeout=120_000)
        page.evaluate(f"n = 0; document.querySelector('{CHART}').on('plotly_afterplot', () => n++)")
        page.wait_for_timeout(1000 * WARM_UP_S)
        before, began, redraws = server.cpu_times(), time.monotonic(), page.evaluate("n")
        page.wait_for_timeout(1000 * seconds)
        after, passed = server.cpu_times(), time.monotonic() - began
        redraws = page.evaluate("n") - redraws
    spent = after.user + after.system - before.user - before.system
    return {"percent of a core": f"{100 * spent / passed:.2f}", "redraws a second": f"{redraws / passed:.2f}"}


@click.command()
@click.option("--seconds", default=20.0, show_default=True, help="How long to watch each case.")
@click.option("--page", "with_page", is_flag=True, help="Also a live page in Chromium.")
@click.option("--smoke", is_flag=True, help="A second each, nothing stored: does it run?")
def main(seconds: float, with_page: bool, smoke: bool) -> None:
    """Measure every case, print the table and keep it with today's results."""
    seconds = 1.0 if smoke else seconds
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        fake.build(folder)
        found = {number: cost(number, seconds, folder) for number in CASES}
        page = [page_cost(seconds, folder)] if with_page else []
    host = found[0]["percent"]
    rows = [
        {
            "GPUs": number,
            "percent of a core": f"{case['percent']:.2f}",
            "of it for GPUs": f"{case['percent'] - host:.2f}",
            "samples a second": f"{case['hz']:.1f}",
        }
        for number, case in found.items()
    ]
    click.echo(table(rows))
    if page:
        click.echo(f"\nLive page with two GPUs and one visitor:\n\n{table(page)}")
    if not smoke:
        store("telemetry", {"conditions": conditions(), "seconds": seconds, "cases": rows, "page": page})


if __name__ == "__main__":
    main()
