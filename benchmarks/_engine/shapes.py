"""The graphs that are carried out: steps by index, links as pairs of them, and how many runs of it go at once."""

from collections.abc import Sequence
from dataclasses import dataclass

Links = tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Shape:
    """So many runs at once, each of the same steps and links."""

    name: str
    steps: int
    links: Links
    runs: int = 1

    @property
    def all_steps(self) -> int:
        return self.steps * self.runs

    def keys(self, run: int) -> list[str]:
        """The name of each step, which no other step of this shape has."""
        return [f"{run}.{step}" for step in range(self.steps)]


def chain(steps: int) -> Links:
    return tuple((step, step + 1) for step in range(steps - 1))


def fan_out(width: int) -> Links:
    """One first, so many side by side, one last."""
    side_by_side = range(1, width + 1)
    return tuple((0, step) for step in side_by_side) + tuple((step, width + 1) for step in side_by_side)


def layers(depth: int, width: int) -> Links:
    """Each step waits for three of the layer before."""
    return tuple(
        ((layer - 1) * width + before % width, layer * width + place)
        for layer in range(1, depth)
        for place in range(width)
        for before in (place, place + 1, place + 7)
    )


def shapes(scale: float, names: Sequence[str] = ()) -> list[Shape]:
    """All of them, or those that are named; a smaller scale is for a quick look."""

    def scaled(number: int) -> int:
        return max(round(number * scale), 2)

    found = [
        Shape("chain", scaled(200), chain(scaled(200))),
        Shape("fan_out", scaled(1000) + 2, fan_out(scaled(1000))),
        Shape("layers", scaled(20) * 50, layers(scaled(20), 50)),
        Shape("runs", scaled(50), chain(scaled(50)), runs=20),
    ]
    return [shape for shape in found if not names or shape.name in names]
