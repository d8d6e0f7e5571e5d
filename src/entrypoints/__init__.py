"""Who may call the core, and how: HTTP, the command line, and the container that wires them."""
