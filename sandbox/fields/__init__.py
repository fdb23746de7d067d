"""Which fields the built-in kinds have, of which types, under which protobuf numbers: a table taken from the API."""
