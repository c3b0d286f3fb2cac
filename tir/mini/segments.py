"""A transcript as pieces that are tokenised one by one, as the engine appends them."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Segment:
    """A piece of a transcript. `learned`: the model is trained to write it, not only to read."""

    text: str
    learned: bool


Transcript = tuple[Segment, ...]
