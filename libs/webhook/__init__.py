"""One call of a webhook and the wait for its callback. Pure."""
