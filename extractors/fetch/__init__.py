"""The only door to publishers: one client, polite across processes, that refuses addresses nobody should be led to."""
