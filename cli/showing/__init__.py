"""A deployment for a terminal: as a tree, as a story, as reasons. Pure."""
