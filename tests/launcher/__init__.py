"""The launcher, as a person at a terminal meets it."""
