"""The command line `fairlead`: a client of intake's HTTP API, and the way to run everything on one machine."""
