"""Names of devices, by the ua-parser project's patterns."""
