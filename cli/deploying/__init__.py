"""What `fairlead deploy` does: start, say which change it is, follow, decide."""
