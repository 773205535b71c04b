"""The stream in a terminal: what `manage.py tail_events` is made of."""
