"""Tokens in Django's admin: made, looked at and revoked there. A secret is shown once, after it was made."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth import get_user_model
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html

from . import tokens
from .models import Token


class TokenForm(forms.ModelForm):
    class Meta:
        model = Token
        fields = ("name", "user", "types", "expires")
        help_texts = {
            "name": "Who, or what, it is for.",
            "user": "It never sees more than this user, who needs the permission signalcast.view_event.",
            "types": "Separated by spaces, e.g. academy.* auth.user_logged_in. Empty: whatever the user may see.",
            "expires": "Empty: never.",
        }

    def clean_types(self) -> str:
        try:
            return tokens.normal_types(self.cleaned_data["types"])
        except forms.ValidationError as error:
            raise forms.ValidationError(error.message_dict["types"]) from error


@admin.register(Token)
class TokenAdmin(admin.ModelAdmin):
    """Whoever is no superuser makes tokens of their own only: one of another user may see more."""

    form = TokenForm
    list_display = ("name", "user", "types_", "state", "created", "expires", "last_used")
    list_select_related = ("user",)
    search_fields = ("name",)
    readonly_fields = ("created", "revoked", "last_used")
    actions = ("revoke",)

    def get_queryset(self, request: HttpRequest) -> Any:
        found = super().get_queryset(request)
        return found if request.user.is_superuser else found.filter(user=request.user)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        # Whom it lets in as is what it is.
        return (*self.readonly_fields, "user") if obj else ()

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return (*TokenForm.Meta.fields, *self.readonly_fields) if obj else TokenForm.Meta.fields

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "user":
            users = get_user_model()._default_manager
            kwargs["queryset"] = users.all() if request.user.is_superuser else users.filter(pk=request.user.pk)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        secret = None if change else tokens.sign(obj)
        super().save_model(request, obj, form, change)
        if secret is None:
            return
        messages.warning(
            request,
            format_html("The token {}: <code>{}</code> Copy it now: it is not shown again.", obj.name, secret),
        )

    @admin.display(description="types")
    def types_(self, token: Any) -> str:
        return token.types or "all"

    @admin.display
    def state(self, token: Any) -> str:
        if token.revoked:
            return "revoked"
        return "expired" if token.expires and token.expires <= timezone.now() else "in force"

    @admin.action(description="Revoke the selected tokens", permissions=["change"])
    def revoke(self, request: HttpRequest, queryset: Any) -> None:
        found = list(queryset.filter(revoked=None))
        for token in found:
            tokens.revoke(token)
        messages.success(request, f"Revoked: {', '.join(token.name for token in found) or 'none'}.")
