"""The deployment file: what is accepted, what is refused, and the words for it."""
