"""The HTTP API's documents, shared by the server and its clients. Pure."""
