"""What happens at the school, as signals. Who sends them and who listens is not decided here."""

from django.dispatch import Signal

# A student has paid for a course. Arguments: order (Order), user (the student).
order_paid = Signal()

# A student has finished a course. Arguments: enrollment (Enrollment), user (the student).
course_completed = Signal()

# A student has proved who they are.
# Arguments: profile (Profile), user (the student), method (how: "passport", "video", …).
profile_verified = Signal()
