"""What every process is built on: settings, logs, problems, start and stop."""
