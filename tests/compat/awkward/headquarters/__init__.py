"""A project in which hardly anything is as `startproject` leaves it. It has no admin, either."""
