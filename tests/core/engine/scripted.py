"""A real worker process that behaves as its run's seed says instead of training; see MODES."""

import base64
import json
import os
import signal
import subprocess
import sys
import threading
import time

TRAINING = "fine-tuning"
JOB: dict = {}
TOLD = threading.Event()
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
        chunk = os.read(0, 1)  # no more: the job may have come right behind a rehearsal
        if not chunk:
            os._exit(70)
        line += chunk
    return line


def watch_input(cancelled: threading.Event) -> None:
    while True:
        chunk = os.read(0, 4096)
        if not chunk:
            os.killpg(0, signal.SIGKILL)
        if b"cancel" in chunk:
            cancelled.set()
        if b"cancel" in chunk or b"measure" in chunk:
            TOLD.set()


def finish(seconds: float, cancelled: threading.Event) -> None:
    for stage in (TRAINING, "evaluating", "exporting", "measuring"):
        tell("stage", stage=stage)
        for done in range(1, 6):
            tell("step", stage=stage, done=done, total=5, loss=1 / done, accuracy=1 - 0.1 / done)
            if cancelled.wait(seconds / 20):
                sys.exit(3)
    tell("epoch", stage=TRAINING, epoch=1, epochs=1, loss=0.1, accuracy=0.99, val_accuracy=0.98)
    tell("artifact", name="model.keras", base64=base64.b64encode(b"weights").decode())
    tell("result", result=RESULT)


def forever(cancelled: threading.Event) -> None:
    while not cancelled.wait(0.05):
        tell("step", stage=TRAINING, done=1, total=1000, loss=1.0, accuracy=0.1)
    sys.exit(3)


def deaf(_: threading.Event) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    while True:
        tell("step", stage=TRAINING, done=1, total=1000, loss=1.0, accuracy=0.1)
        time.sleep(0.1)


def die(_: threading.Event) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


STAGES = ("starting", "pruning", "fine-tuning", "evaluating", "exporting", "measuring")


def fatal() -> None:
    """Go through the stages and die in the one that the ratio names: 0.1 is the first, 0.2 the second..."""
    for place, stage in enumerate(STAGES, 1):
        tell("stage", stage=stage)
        if round(10 * JOB["spec"]["ratio"]) == place:
            os.kill(os.getpid(), signal.SIGKILL)


def garbage(cancelled: threading.Event) -> None:
    os.write(1, b'\xff\xfe{]\n{"kind": "step"\n{"kind":"nonsense","t":1}\n{"kind":[],"t":{}}\n')
    os.write(1, b'{"kind":"stage","t":1,"stage":"dancing"}\n{"kind":"step","t":1,"done":"many"}\n')
    os.write(1, b'{"kind":"artifact","t":1,"name":"a","base64":"?"}\n' + b"x" * 300_000 + b"\n")
    finish(0.2, cancelled)


def silent(_: threading.Event) -> None:
    time.sleep(600)


def starve(_: threading.Event) -> None:
    """Die as when memory runs out: the kernel counts one more, and kills."""
    with open(os.environ["SCRIPTED_VMSTAT"], "w") as file:
        file.write("nr_free_pages 7\noom_kill 4\n")
    os.kill(os.getpid(), signal.SIGKILL)


def memory(_: threading.Event) -> None:
    import resource

    resource.setrlimit(resource.RLIMIT_AS, (2**30, 2**30))
    bytearray(2**31)


def fail(_: threading.Event) -> None:
    tell("error", message="conv2 cannot be pruned", trace="Traceback ...")
    sys.exit(1)


def grandchild(_: threading.Event) -> None:
    other = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    tell("warning", message=f"grandchild {other.pid}")
    tell("step", stage=TRAINING, done=1, total=1000, loss=1.0, accuracy=0.1)
    time.sleep(600)


def bad_result(_: threading.Event) -> None:
    tell("result", result={"accuracy": "high"})


def no_result(_: threading.Event) -> None:
    sys.exit(0)


def half_line(_: threading.Event) -> None:
    os.write(1, b'{"kind":"result","t":1,"result":{"accur')
    os.kill(os.getpid(), signal.SIGKILL)


def slow(cancelled: threading.Event) -> None:
    finish(2.0, cancelled)


def quick(cancelled: threading.Event) -> None:
    finish(0.2, cancelled)


def chatty(cancelled: threading.Event) -> None:
    os.write(2, b"the same words again and again\n" * 300_000)
    finish(0.2, cancelled)


def environment(cancelled: threading.Event) -> None:
    tell("warning", message=f"CUDA_VISIBLE_DEVICES={os.environ['CUDA_VISIBLE_DEVICES']}")
    finish(0.2, cancelled)


def measure(cancelled: threading.Event) -> None:
    tell("stage", stage="measuring")
    while not cancelled.wait(0.05):
        tell("step", stage="measuring", done=1, total=1000, loss=1.0)
    sys.exit(3)


def boundary(_: threading.Event) -> None:
    """Lose accuracy beyond ratio 0.7, and be faster with every channel less."""
    ratio = JOB["spec"]["ratio"]
    row = {"runtime": "litert-fp32", "p50_ms": 0.1 * (1.01 - ratio)}
    accuracy = 0.991 if ratio <= 0.7 else 0.98
    tell("result", result={**RESULT, "accuracy": accuracy, "latency": [row]})


def holding(cancelled: threading.Event) -> None:
    """Dense: hold if told to. Else, at ratio 0.7, go on until cancelled, at 0.6 die, at others finish."""
    if JOB["spec"]["method"] != "none":
        tell("latency", row={"runtime": "litert-fp32", "p50_ms": 0.0143, "warnings": ["loaded"]})
        {0.7: forever, 0.6: die}.get(JOB["spec"]["ratio"], quick)(cancelled)
        return
    for stage in ("evaluating", "exporting"):
        time.sleep(0.2)
        tell("stage", stage=stage)
    tell("artifact", name="model.keras", base64=base64.b64encode(b"weights").decode())
    if JOB["holds"]:
        tell("trained", result=RESULT)
        TOLD.wait()
    if cancelled.is_set():
        sys.exit(3)
    tell("stage", stage="measuring")
    time.sleep(0.2)
    tell("result", result=RESULT)


MODES = {
    1001: forever,
    1002: deaf,
    1003: die,
    1004: garbage,
    1005: silent,
    1006: memory,
    1007: fail,
    1008: grandchild,
    1009: bad_result,
    1010: slow,
    1011: no_result,
    1012: half_line,
    1013: chatty,
    1014: environment,
    1015: boundary,
    1016: measure,
    1018: holding,
    1019: starve,
}
SEEDS = {mode.__name__: seed for seed, mode in MODES.items()} | {"fatal": 1017}


def main() -> None:
    global TRAINING
    job = json.loads(read_line())
    while job["is_rehearsal"]:
        tell("stage", stage="starting", ready=True)
        job = json.loads(read_line())
    JOB.update(job)
    cancelled = threading.Event()
    threading.Thread(target=watch_input, args=(cancelled,), daemon=True).start()
    is_dense = job["spec"]["method"] == "none"
    if job["spec"]["seed"] == SEEDS["fatal"] and not is_dense:
        fatal()
    if is_dense:
        TRAINING = "training"
    else:
        tell("stage", stage="pruning")
    tell("stage", stage=TRAINING)
    mode = MODES.get(job["spec"]["seed"], quick)
    if len(sys.argv) > 1 or (is_dense and mode not in (environment, holding)):
        mode = quick
    mode(cancelled)


if __name__ == "__main__":
    main()
