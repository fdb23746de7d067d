"""What gates share."""
