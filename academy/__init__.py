"""The example business, an online school. Delete this app when you bring your own."""
