"""What this process has counted: events that could not be recorded, by reason."""

from collections import Counter

failures: Counter[str] = Counter()
"""`append`: the first try failed. `retry`: the second one too, and the event is lost. `full`: the writer's queue was
full, and the event is lost. `record`: the event could not be made. `publish`: a pass failed and will be repeated.
`group`: a group message was not sent."""
