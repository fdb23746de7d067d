"""`fairlead demo`: the product as a story, told while it happens and checked at the end of each chapter."""
