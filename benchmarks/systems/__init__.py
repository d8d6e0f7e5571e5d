"""What is measured: the floor, the peers and Hexkey, each as one `System`."""
