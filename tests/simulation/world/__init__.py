"""What is simulated: the services, the clusters, the people, and what happens to them."""
