"""Runs a program on the worker's host under a detached wrapper that outlives the worker."""
