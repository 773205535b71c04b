"""What the school offers."""

from decimal import Decimal

from academy.models import Course

# slug, title, price
COURSES = (
    ("typography-1", "Typography I", "129.00"),
    ("python-for-analysts", "Python for Analysts", "349.00"),
    ("garden-design", "Garden Design", "219.00"),
    ("conversational-catalan", "Conversational Catalan", "84.50"),
    ("bread-from-scratch", "Bread from Scratch", "59.00"),
    ("watercolour-landscapes", "Watercolour Landscapes", "75.00"),
    ("baroque-cello", "Baroque Cello", "420.00"),
    ("night-sky", "The Night Sky", "19.90"),
    ("bookbinding", "Bookbinding", "98.00"),
    ("screenwriting", "Screenwriting", "180.00"),
    ("statistics-for-everybody", "Statistics for Everybody", "240.00"),
    ("bicycle-repair", "Bicycle Repair", "39.00"),
)


def offered_courses():
    """The courses on offer, in the order above. Those that are not in the books yet are added."""
    return [offered_course(*entry) for entry in COURSES]


def offered_course(slug, title, price):
    course, _ = Course.objects.get_or_create(
        slug=slug,
        defaults={
            "title": title,
            "price": Decimal(price),
            "teacher_email": f"{slug}@academy.example",
        },
    )
    return course
