from django.dispatch import Signal

meeting_moved = Signal()  # event
