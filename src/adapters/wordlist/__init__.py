"""A list of common passwords, packed into digests."""
