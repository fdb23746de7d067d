"""Traffic: which Services a blue/green rollout steers, and how they are pointed from one version to the other."""
