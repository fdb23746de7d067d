"""One strategy being walked on one target. Pure."""
