"""What must be passed before something goes on: pauses, webhooks, analyses, those of one list in parallel. Pure."""
