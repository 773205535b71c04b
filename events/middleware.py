"""The middleware that tells signals which request they are sent in. For synchronous and asynchronous projects."""

from collections.abc import Callable
from typing import Any

from asgiref.sync import iscoroutinefunction
from django.utils.decorators import sync_and_async_middleware

from .origin import Request, enter, leave


@sync_and_async_middleware
def origin(get_response: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Signals that are sent while the response is made know the request: its method and path, its user if somebody has
    asked for that, and the ids by which it is traced."""
    if iscoroutinefunction(get_response):

        async def answer_later(request: Any) -> Any:
            token = enter(Request.of(request))
            try:
                return await get_response(request)
            finally:
                leave(token)

        return answer_later

    def answer(request: Any) -> Any:
        token = enter(Request.of(request))
        try:
            return get_response(request)
        finally:
            leave(token)

    return answer
