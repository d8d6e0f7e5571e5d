"""One package per technology, each serving ports; none imports another."""
