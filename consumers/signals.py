"""`/api/signals/`: the streamed signals that somebody may follow, and what is known of them."""

import json

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache

from .door import answers_in_json, let_in


@login_not_required
@never_cache
@answers_in_json("GET", "HEAD")
async def signals(request: HttpRequest) -> HttpResponse:
    async with let_in(request, seldom=True) as guest:
        inventory = await guest.process.inventory()
        sight = guest.sight
        await sight.learn_types(set(inventory.types))
        told = inventory.as_json(type for type in inventory.types if sight.sees(type))
    return HttpResponse(json.dumps(told, separators=(",", ":")), content_type="application/json")
