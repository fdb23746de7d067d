"""What will be done: a deployment file compiled into targets, constraints and steps. Pure."""
