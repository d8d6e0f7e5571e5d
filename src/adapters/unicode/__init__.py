"""Names and addresses as Unicode and the RFCs see them."""
