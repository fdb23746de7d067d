"""What both ends of a stream share, and the two links."""
