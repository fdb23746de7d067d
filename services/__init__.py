"""The control plane's processes, one folder each; they talk only over the bus."""
