"""What one text owes to another: signatures by which near-duplicates meet, and credits to agencies."""
