"""The original's own addresses and documents, for its command line as people have it."""
