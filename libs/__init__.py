"""What the processes are made of: pure packages that decide, one shell that commits, adapters that touch the world."""
