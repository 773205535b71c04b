"""The school's books, in Django's admin."""

from django.contrib import admin

from academy.models import Certificate, Course, Enrollment, Order, Profile


@admin.register(Course)
class CourseAdmin(admin.ModelAdmin):
    list_display = ("title", "price", "teacher_email")
    prepopulated_fields = {"slug": ("title",)}
    search_fields = ("title",)


@admin.register(Profile)
class ProfileAdmin(admin.ModelAdmin):
    list_display = ("student_name", "verified_at", "last_purchase_at")
    raw_id_fields = ("user",)
    search_fields = ("student_name",)


@admin.register(Order)
class OrderAdmin(admin.ModelAdmin):
    list_display = ("id", "student_name", "course_title", "amount", "placed_at", "paid_at")
    ordering = ("-id",)
    raw_id_fields = ("student",)
    search_fields = ("student_name", "course_title")


@admin.register(Enrollment)
class EnrollmentAdmin(admin.ModelAdmin):
    list_display = ("student_name", "course_title", "enrolled_at", "completed_at", "grade")
    ordering = ("-id",)
    raw_id_fields = ("student",)
    search_fields = ("student_name", "course_title")


@admin.register(Certificate)
class CertificateAdmin(admin.ModelAdmin):
    list_display = ("student_name", "course_title", "awarded_at")
    ordering = ("-id",)
    raw_id_fields = ("enrollment",)
    search_fields = ("student_name", "course_title")
