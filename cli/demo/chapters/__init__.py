"""The chapters of the story, each with what must have come true at its end."""
