"""What things cost here and elsewhere, in one run, on the same work. `docs/benchmarks.md` says what it means."""
