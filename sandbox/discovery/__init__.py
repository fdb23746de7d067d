"""What the API tells about itself: groups and resources, enough OpenAPI for kubectl, and the columns of its tables."""
