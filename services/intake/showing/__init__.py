"""A deployment as people look at it, out of what is committed about it."""
