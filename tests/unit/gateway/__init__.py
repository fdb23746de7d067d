"""What the gateway translates, forwards and gives up."""
