"""One analysis: when to measure, what the values mean. Pure."""
