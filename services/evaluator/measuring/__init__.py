"""From a round and its window to the value of each query, or why there is none."""
