"""One accepted request to bring a version to all its targets. Pure."""
