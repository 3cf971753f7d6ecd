"""The second door: the same verbs and reads as the pages, for programs."""
