"""Raw system calls of Linux by which walls are raised; each file one mechanism."""
