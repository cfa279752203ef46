"""A real worker process that behaves as its run's seed says instead of training; see MODES."""

import base64
import json
import os
import signal
import subprocess
import sys
import threading
import time

MODES = {
    1001: "forever",
    1002: "deaf",
    1003: "die",
    1004: "garbage",
    1005: "silent",
    1006: "memory",
    1007: "fail",
    1008: "grandchild",
    1009: "bad-result",
    1010: "slow",
    1011: "no-result",
    1012: "half-line",
}
RESULT = {
    "ratio_achieved": 0.5,
    "weights_removed": 0.7,
    "parameters": 120_000,
    "parameters_baseline": 431_080,
    "macs": 700_000,
    "macs_baseline": 2_300_000,
    "accuracy": 0.991,
    "errors": 90,
    "num_test_images": 10_000,
    "accuracy_baseline": 0.992,
    "accuracy_before_finetune": 0.9,
    "train_s": 0.1,
    "finetune_s": 0.1,
}


def tell(kind: str, **data: object) -> None:
    os.write(1, json.dumps({"kind": kind, "t": time.time(), **data}).encode() + b"\n")


def read_line() -> bytes:
    line = b""
    while not line.endswith(b"\n"):
        chunk = os.read(0, 65536)
        if not chunk:
            os._exit(70)
        line += chunk
    return line


def watch_input(cancelled: threading.Event) -> None:
    while True:
        chunk = os.read(0, 4096)
        if not chunk:
            os._exit(70)
        if b"cancel" in chunk:
            cancelled.set()


def finish(seconds: float, cancelled: threading.Event) -> None:
    stages = ("training", "evaluating", "exporting", "measuring")
    for stage in stages:
        tell("stage", stage=stage)
        for done in range(1, 6):
            tell("step", stage=stage, done=done, total=5, loss=1 / done, accuracy=1 - 0.1 / done)
            if cancelled.wait(seconds / 20):
                sys.exit(3)
    tell("epoch", stage="training", epoch=1, epochs=1, loss=0.1, accuracy=0.99, val_accuracy=0.98)
    tell("artifact", name="model.keras", base64=base64.b64encode(b"weights").decode())
    tell("result", result=RESULT)


def behave(mode: str, cancelled: threading.Event) -> None:
    tell("stage", stage="training")
    if mode == "forever":
        while not cancelled.wait(0.05):
            tell("step", stage="training", done=1, total=1000, loss=1.0, accuracy=0.1)
        sys.exit(3)
    if mode == "deaf":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        while True:
            tell("step", stage="training", done=1, total=1000, loss=1.0, accuracy=0.1)
            time.sleep(0.1)
    if mode == "die":
        os.kill(os.getpid(), signal.SIGKILL)
    if mode == "garbage":
        os.write(
            1,
            b"\xff\xfe{]\n" + b'{"kind": "step"\n' + b'{"kind":"nonsense","t":1}\n' + b"x" * 300_000 + b"\n",
        )
        os.write(
            1,
            b'{"kind":"stage","t":1,"stage":"dancing"}\n{"kind":"artifact","t":1,"name":"a","base64":"?"}\n',
        )
    if mode == "silent":
        time.sleep(600)
    if mode == "memory":
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (2**30, 2**30))
        try:
            bytearray(2**31)
        except MemoryError:
            tell("error", message="out of memory", trace="")
            sys.exit(1)
    if mode == "fail":
        tell("error", message="conv2 cannot be pruned", trace="Traceback ...")
        sys.exit(1)
    if mode == "grandchild":
        subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
        time.sleep(600)
    if mode == "bad-result":
        tell("result", result={"accuracy": "high"})
        sys.exit(0)
    if mode == "no-result":
        sys.exit(0)
    if mode == "half-line":
        os.write(1, b'{"kind":"result","t":1,"result":{"accur')
        os.kill(os.getpid(), signal.SIGKILL)
    finish(6.0 if mode == "slow" else 0.2, cancelled)


def main() -> None:
    job = json.loads(read_line())
    while job["is_rehearsal"]:
        tell("stage", stage="starting", ready=True)
        job = json.loads(read_line())
    cancelled = threading.Event()
    threading.Thread(target=watch_input, args=(cancelled,), daemon=True).start()
    is_dense = job["spec"]["method"] == "none"
    behave("" if is_dense else MODES.get(job["spec"]["seed"], ""), cancelled)


if __name__ == "__main__":
    main()
