"""What people and called webhooks decide: which order that becomes, who may give it, what came of it."""
