"""What the form offers, in words: names and meanings of a spec's values."""

from collections.abc import Iterable, Sequence

from core.analysis.structures import known_structures
from core.charts.style import conv_name, method_name
from core.records import Architecture, Convolution, Cost, Criterion, Schedule, Scope
from core.telemetry import choice
from core.text import t
from ui import resources

__all__ = ["conv_name", "method_name"]


def label(field: str) -> str:
    """Return the label of a field's widget."""
    return {
        "architecture": t("Architecture"),
        "conv": t("Convolution"),
        "method": t("Method"),
        "scope": t("Scope"),
        "criterion": t("Criterion"),
        "cost": t("Cost"),
        "schedule": t("Schedule"),
    }[field]


def architecture_name(architecture: Architecture) -> str:
    return {
        Architecture.LENET5: "LeNet-5",
        Architecture.CONVNET: "ConvNet",
        Architecture.MLP1000: "MLP-1000",
    }[architecture]


def architecture_meaning(architecture: Architecture) -> str:
    return {
        Architecture.LENET5: t("Two convolutions of 20 and 50 channels, then 500 neurons."),
        Architecture.CONVNET: t("Convolutions with batch normalisation and global average pooling."),
        Architecture.MLP1000: t("The article's network: 784 inputs, 1,000 neurons, 10 outputs."),
    }[architecture]


def conv_help() -> str:
    return t(
        "Depthwise separable: a filter for each channel, then a 1×1 convolution that mixes them. "
        "The first convolution stays standard, since it has one input channel."
    )


def method_help() -> str:
    return t(
        "Structured removes whole channels, so the tensors shrink. Magnitude and random set single weights "
        "to zero: the file compresses better, but the network keeps its shape and its speed. "
        "Dense trains without pruning."
    )


def ratio_help() -> str:
    return t(
        "Structured: the share of channels to remove. Magnitude and random: the share of weights to zero. "
        "Lagrangian: the share of the cost to save."
    )


def scope_name(scope: Scope) -> str:
    return {
        Scope.UNIFORM: t("every layer alike"),
        Scope.GLOBAL: t("all layers together"),
        Scope.LAGRANGIAN: t("Lagrangian"),
    }[scope]


def criterion_name(criterion: Criterion) -> str:
    return {
        Criterion.L1: "L1",
        Criterion.L2: "L2",
        Criterion.TAYLOR: "Taylor",
        Criterion.BN: t("batch norm"),
        Criterion.RANDOM: t("random"),
    }[criterion]


def cost_name(cost: Cost) -> str:
    return {Cost.MACS: "MACs", Cost.LATENCY: t("measured latency")}[cost]


def schedule_name(schedule: Schedule) -> str:
    return {Schedule.ONE_SHOT: t("one shot"), Schedule.ITERATIVE: t("iterative")}[schedule]


def help_of(field: str) -> str:
    """Return what a field means."""
    return {
        "scope": t(
            "Every layer alike removes the same share everywhere. All layers together removes the least "
            "important channels wherever they are. Lagrangian weighs the loss of accuracy against the cost."
        ),
        "criterion": t(
            "What makes a channel important: the size of its weights (L1, L2), its effect on the loss to "
            "first order (Taylor), or its batch-norm scale. Lagrangian takes Taylor."
        ),
        "cost": t("What Lagrangian pruning saves: multiply-adds, or the latency measured on this machine."),
        "schedule": t(
            "One shot removes everything at once. Iterative removes in steps and fine-tunes in between."
        ),
        "round_to": t("Some hardware likes channel counts in multiples of 8. 1 leaves them as they are."),
        "ignore": t("The channels of these layers stay, whatever the ratio."),
        "epochs": t("Passes over the 60,000 training images for the dense network."),
        "finetune_epochs": t("Passes over the training images after pruning."),
        "batch_size": t("Images in a training step."),
        "seed": t("Start value of all random numbers; another seed shows how far results scatter."),
        "distill": t("During fine-tuning the pruned network also learns from the dense one's answers."),
        "augment": t("Shift, turn and scale the training images a little."),
    }[field]


def layers(architectures: Iterable[str], convs: Iterable[str]) -> list[str]:
    """Return the layers with channels that can go, of the chosen networks."""
    found: dict[str, None] = {}
    for architecture in architectures:
        for conv in convs:
            found |= dict.fromkeys(_layers(Architecture(architecture), Convolution(conv)))
    return list(found)


def _layers(architecture: Architecture, conv: Convolution) -> Sequence[str]:
    structure = known_structures().get(f"{architecture}-{conv}")
    groups = structure.groups if structure else ()
    return [name for group in groups if not group.held for name in group.layers]


def devices() -> list[str]:
    """Return where a run can train: the processor, and every GPU that the driver reports."""
    return list(choice.devices(resources.sampler().latest().gpus))
