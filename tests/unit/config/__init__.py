"""The configuration document: reading it, applying it, knowing it."""
