"""Who is asking: proving it to the identity service, remembering it, and the token of each command."""
