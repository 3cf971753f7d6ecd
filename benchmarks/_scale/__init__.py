"""The parts of `benchmark scale`: one module for each figure, and what they share."""
