"""Measurements and gates: what is claimed about speed and quality comes from here, as ratios side by side in one run."""
