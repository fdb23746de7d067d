"""The relay in a private network: dials out, runs generic requests with its own credentials, knows no deployment."""
