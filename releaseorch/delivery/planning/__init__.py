"""Planning: approved requests become a graph of steps; plain Python without Django, database or clock."""
