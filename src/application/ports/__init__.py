"""What a deployment may replace: one module per capability, one Protocol per need."""
