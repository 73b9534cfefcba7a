"""Article → evidence → themes, actors and dyads, by a codebook that is data. Refuses to guess: a theme has a passage or is not there."""
