"""What else one could use, written as everybody writes it."""
