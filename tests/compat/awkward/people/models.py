from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.db import models


class Person(AbstractBaseUser):
    """Somebody with an address and without a name, whose permissions are in no table of Django's."""

    email = models.EmailField(unique=True)
    may = models.CharField(max_length=200)
    objects = BaseUserManager()

    USERNAME_FIELD = "email"

    def has_perm(self, permission, obj=None):
        return permission in self.may.split()
