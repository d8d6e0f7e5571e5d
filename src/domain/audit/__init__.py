"""What is written down about deeds and refusals, and how it is kept from being changed."""
