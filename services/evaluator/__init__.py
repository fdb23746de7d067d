"""Consumes `cmd.analysis.*`, publishes `evt.analysis.*`, owns analysis runs."""
