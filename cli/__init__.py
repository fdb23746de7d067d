"""`fairlead`: the command line, a client of intake's HTTP API."""
