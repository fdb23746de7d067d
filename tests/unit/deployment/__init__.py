"""How a deployment decides, alone and together with its rollouts."""
