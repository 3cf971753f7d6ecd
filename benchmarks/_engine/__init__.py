"""What `benchmark engine` measures (ours) and what it measures it by (hand, floor), on the same servers in turn."""
