"""The ports as one simulated process sees them: slow, doubtful, deaf, and the end of it at any call."""
