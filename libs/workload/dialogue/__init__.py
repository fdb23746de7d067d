"""The words between the executor and a cluster: what is wanted and seen, what is sent, and what an answer means."""
