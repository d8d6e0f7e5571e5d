"""What leaves after the deed: telling of it, preparing it, sending it."""
