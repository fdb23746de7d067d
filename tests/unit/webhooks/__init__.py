"""What the webhooks service sends and tells, without a network."""
