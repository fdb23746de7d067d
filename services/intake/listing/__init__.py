"""The list of deployments: what may be asked of it, and the index that answers."""
