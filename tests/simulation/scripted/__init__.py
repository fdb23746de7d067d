"""A cluster that answers as told: only what a steering asks for, at a fraction of what a sandbox costs."""
