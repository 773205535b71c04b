"""The read side: what the log holds goes to websocket clients, replayed and live, from one place a process."""
