"""Consumes `cmd.webhook.*`, publishes `evt.webhook.*`, owns webhook runs."""
