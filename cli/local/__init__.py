"""Running everything on one machine: the children, what each of them is told, and the demonstration on top of it."""
