"""The pretend cluster's pure parts, and the whole of it by direct calls on virtual time."""
