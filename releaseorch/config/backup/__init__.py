"""Backups: making one, judging one, and putting one back in such a way that nothing is done twice."""
