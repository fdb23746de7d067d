"""Whole releases as pages to read (docs/transcripts): a command, then everything that happened, told and checked."""
