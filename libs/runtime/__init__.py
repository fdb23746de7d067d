"""What every process needs before it does its work: clock, settings, log, health, metrics, a way to start and stop."""
