"""Signalcast in projects that are not ours: installed from its wheel, out of sight of the checkout."""
