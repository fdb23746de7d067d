"""The product with one safety check less, many times over: a simulation that does not notice proves nothing."""
