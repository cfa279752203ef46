"""PyTorch's basic MNIST example as a peer: an epoch for each line on stdin, a line of JSON after each.

Its recipe: 3x3 convolutions of 32 and 64, max-pool, dropout 0.25, dense 128, dropout 0.5, dense 10; batch 64,
Adadelta at rate 1.0 times 0.7 after each epoch, images standardised. The images lie in memory as one tensor.
"""

import json
import sys
import time

import torch
from torch import nn

from core.learning.data import load

MEAN, DEVIATION = 0.1307, 0.3081


def network() -> nn.Module:
    """Return the example's network, 1,199,882 parameters."""
    return nn.Sequential(
        *(nn.Conv2d(1, 32, 3), nn.ReLU(), nn.Conv2d(32, 64, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Dropout(0.25)),
        *(nn.Flatten(), nn.Linear(9216, 128), nn.ReLU(), nn.Dropout(0.5), nn.Linear(128, 10)),
    )


def main(seed: int) -> None:
    """Train an epoch for each line on stdin."""
    torch.manual_seed(seed)
    arrays = load()
    x, x_test = (
        ((torch.tensor(images) / 255 - MEAN) / DEVIATION).unsqueeze(1)
        for images in (arrays.x_train, arrays.x_test)
    )
    y, y_test = (torch.tensor(labels).long() for labels in (arrays.y_train, arrays.y_test))
    model = network()
    optimizer = torch.optim.Adadelta(model.parameters(), lr=1.0)
    schedule = torch.optim.lr_scheduler.StepLR(optimizer, step_size=1, gamma=0.7)
    for _ in sys.stdin:
        wall, cpu = time.perf_counter(), time.process_time()
        model.train()
        for batch in torch.randperm(len(x)).split(64):
            optimizer.zero_grad()
            nn.functional.cross_entropy(model(x[batch]), y[batch]).backward()
            optimizer.step()
        schedule.step()
        spent = {"wall_s": time.perf_counter() - wall, "cpu_s": time.process_time() - cpu}
        model.eval()
        with torch.no_grad():
            right = sum(
                int((model(images).argmax(1) == labels).sum())
                for images, labels in zip(x_test.split(1000), y_test.split(1000), strict=True)
            )
        print(json.dumps({"accuracy": right / len(y_test), **spent}), flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]))
