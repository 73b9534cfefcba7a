"""A simulated news internet on loopback sockets: one place that knows the truth, for tests to compare a warehouse with."""
