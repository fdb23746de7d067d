"""One call: what is sent, the two ways it goes, and what the answer means."""
