"""States, reasons and readings in words for people, in the reader's language.

Refusals stay plain English in records, files and on the command line; here they are translated where known.
"""

from dataclasses import dataclass

from core.records import DriverReading, DriverState, GpuReading, GpuState, Place, Throttle
from core.text import mark, t


@dataclass(frozen=True, slots=True)
class Notice:
    """What is the matter, in a line, and what to do about it; `fix` is empty where nothing is to be done."""

    title: str
    fix: str = ""
    is_bad: bool = True


REASONS = (
    mark("not read yet"),
    mark("read only while somebody looks at it"),
    mark("error correction is switched off"),
    mark("the driver has no value for it at the moment"),
    mark("the driver was closed or reloaded"),
    mark("not supported: the driver rejects the question"),
    mark("not supported by this GPU"),
    mark("no permission to read it"),
    mark("the driver does not find it"),
    mark("the list changed while it was read"),
    mark("the GPU's power cables are not connected"),
    mark("the driver is not loaded"),
    mark("the GPU did not answer in time"),
    mark("the GPU's interrupts do not arrive"),
    mark("the driver's library was not found"),
    mark("not supported by the installed driver"),
    mark("the GPU's information memory is damaged"),
    mark("the GPU is lost"),
    mark("the GPU needs a reset"),
    mark("the operating system blocked the question"),
    mark("driver and library have different versions"),
    mark("the GPU is in use"),
    mark("the driver ran out of memory"),
    mark("not supported any more by the installed driver"),
    mark("the GPU is not ready yet"),
    mark("the driver finds no GPU"),
    mark("unknown error"),
    mark("not supported: this machine does not tell its clock"),
    mark("not supported: this machine has no readable processor sensor"),
    mark("not supported: this machine has no energy counter"),
    mark("no permission to read the energy counter (only root may)"),
)
"""Every fixed reason of refusal.py and host.py; those with a number in them stay English."""


def reason(text: str) -> str:
    """Return a field's reason in the reader's language."""
    return t(text)


def driver_notice(driver: DriverReading) -> Notice:
    """Return what to say about the driver: why there is no GPU, or that all is well."""
    if driver.state is DriverState.STARTING:
        return Notice(t("Asking the GPU driver …"), is_bad=False)
    if driver.state is DriverState.OK:
        return Notice(t("The GPU driver answers."), is_bad=False)
    if driver.state is DriverState.MISMATCH:
        return Notice(t("The GPU driver was updated but the old one still runs."), _mismatch_fix(driver))
    if driver.state is DriverState.NO_PERMISSION:
        return Notice(t("This program is not allowed to ask the GPU driver."), _permission_fix(driver))
    if driver.state is DriverState.NO_GPU:
        return Notice(t("A GPU driver is installed, but it finds no GPU."), _no_gpu_fix(driver))
    if driver.state is DriverState.NOT_LOADED:
        return Notice(t("A GPU driver is installed but not loaded."), _not_loaded_fix(driver))
    if driver.state is DriverState.FAILED:
        return Notice(
            t("The GPU driver does not start: {reason}.", reason=reason(driver.detail)),
            t("Does nvidia-smi work in a terminal? We try again every few seconds."),
        )
    return Notice(_no_driver_title(driver), _no_driver_fix(driver), is_bad=bool(driver.num_cards_on_bus))


def gpu_notice(gpu: GpuReading) -> Notice | None:
    """Return what to say about a GPU that cannot tell everything; None where all is well."""
    if gpu.state is GpuState.OK:
        return None
    if gpu.state is GpuState.MIG:
        return Notice(
            t("This GPU is divided into instances (MIG); the driver tells no utilisation for it."),
            is_bad=False,
        )
    if gpu.state is GpuState.LOST:
        return Notice(
            t("This GPU is lost: it does not answer any more. Other GPUs go on."),
            t("Restart the machine. If it comes back, look for heat, power and a loose card (dmesg: Xid)."),
        )
    if gpu.state is GpuState.RESET:
        return Notice(
            t("This GPU needs a reset before it works again."),
            t("End what uses it, then run: {command}", command=f"sudo nvidia-smi --gpu-reset -i {gpu.index}"),
        )
    if gpu.state is GpuState.NO_PERMISSION:
        return Notice(
            t("This program is not allowed to read this GPU."),
            t("It is given to others, or this user lacks access to /dev/nvidia{index}.", index=gpu.index),
        )
    return Notice(t("This GPU does not answer: {reason}.", reason=reason(gpu.reasons.get("state", ""))))


def place_note(place: Place) -> str:
    """Return what is different where this program runs; empty on the machine itself."""
    if place is Place.CONTAINER:
        return t("Inside a container: process numbers are the host's, and names may be missing.")
    if place is Place.WSL2:
        return t("Inside WSL2: Windows owns the GPU, so some readings are not supported.")
    return ""


def gpu_state_name(state: GpuState) -> str:
    """Return one or two words for a GPU's state."""
    return {
        GpuState.OK: t("working"),
        GpuState.MIG: t("MIG"),
        GpuState.LOST: t("lost"),
        GpuState.RESET: t("needs a reset"),
        GpuState.NO_PERMISSION: t("no permission"),
        GpuState.FAILED: t("no answer"),
    }[state]


def throttle_words(reasons: tuple[Throttle, ...]) -> str:
    """Return why the clocks are where they are, as a list in a sentence."""
    names = {
        Throttle.IDLE: t("idle"),
        Throttle.APPLICATION_CLOCKS: t("clocks set by the user"),
        Throttle.POWER_CAP: t("power limit reached"),
        Throttle.HW_SLOWDOWN: t("hardware slowdown (heat or power)"),
        Throttle.SYNC_BOOST: t("kept in step with another GPU"),
        Throttle.THERMAL: t("too warm (software limit)"),
        Throttle.HW_THERMAL: t("too hot (hardware limit)"),
        Throttle.POWER_BRAKE: t("power brake from the supply"),
        Throttle.DISPLAY_CLOCK: t("clocks set for the display"),
        Throttle.BOARD_LIMIT: t("board limit"),
        Throttle.RELIABILITY: t("voltage limit for reliability"),
        Throttle.OTHER: t("another reason"),
    }
    return ", ".join(names[reason] for reason in reasons) or t("full speed")


def _no_driver_title(driver: DriverReading) -> str:
    if driver.place is Place.WSL2:
        return t("WSL2 shows no NVIDIA driver.")
    if driver.num_cards_on_bus and driver.place is Place.CONTAINER:
        return t("The machine has an NVIDIA GPU, but this container was started without it.")
    if driver.num_cards_on_bus:
        return t("This machine has an NVIDIA GPU but no driver for it.")
    if driver.place is Place.CONTAINER:
        return t("This container sees no NVIDIA GPU.")
    return t("This machine has no NVIDIA GPU.")


def _no_driver_fix(driver: DriverReading) -> str:
    if driver.place is Place.WSL2:
        return t("Install the NVIDIA driver for Windows (not a Linux one), then run: wsl --shutdown")
    if driver.place is Place.CONTAINER:
        return t("If the machine has one, start the container with: docker run --gpus all …")
    if driver.num_cards_on_bus:
        return t("Install NVIDIA's driver. It is seen here within seconds; nothing needs a restart.")
    return t("Nothing to do: everything works on the processor. A GPU that is added is seen by itself.")


def _mismatch_fix(driver: DriverReading) -> str:
    if driver.place is Place.CONTAINER:
        return t("Start the container anew: it still has the library of the old driver.")
    known = driver.module_version
    text = t("The loaded kernel module is {version}. ", version=known) if known else ""
    return text + t("Restart the machine, or end what uses the GPU and run: sudo rmmod nvidia_uvm nvidia")


def _permission_fix(driver: DriverReading) -> str:
    if driver.place is Place.CONTAINER:
        return t("Start the container with access to /dev/nvidiactl (docker run --gpus all).")
    return t("Check who may read /dev/nvidiactl: ls -l /dev/nvidia*")


def _no_gpu_fix(driver: DriverReading) -> str:
    if driver.place is Place.CONTAINER:
        return t("Start the container with: docker run --gpus all …")
    if driver.num_cards_on_bus:
        return t("The PCI bus shows a card: look for its error with dmesg | grep -i nvrm")
    return t("The PCI bus shows no NVIDIA card either: check the card and its power.")


def _not_loaded_fix(driver: DriverReading) -> str:
    if driver.place is Place.CONTAINER:
        return t("Load it outside of the container: sudo modprobe nvidia")
    return t("Run: sudo modprobe nvidia. After a kernel update its module may have to be built again (dkms).")
