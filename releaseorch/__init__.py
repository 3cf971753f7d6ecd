"""Releaseorch orchestrates enterprise releases: requests, approvals, runs of automated and manual steps."""

__version__ = "0.1.0"
