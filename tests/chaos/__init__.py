"""Real processes, killed, stopped and cut off from each other at random; afterwards three witnesses are compared."""
