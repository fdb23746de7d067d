"""What the pure Kubernetes decisions must hold, alone and against a model of a cluster."""
