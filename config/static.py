"""WhiteNoise for an async server: static files that neither stream nor hold a thread."""

from asgiref.sync import iscoroutinefunction, markcoroutinefunction, sync_to_async
from django.http import HttpResponse
from whitenoise.middleware import WhiteNoiseMiddleware


class StaticFiles(WhiteNoiseMiddleware):
    """
    Answers requests for static files, and passes every other request on untouched.

    WhiteNoise's own middleware is sync: under ASGI it would take a thread for every request of
    the site, and Django would warn of its file responses, which cannot be streamed by a loop.
    """

    sync_capable = True
    async_capable = True

    def __init__(self, get_response):
        super().__init__(get_response)
        if iscoroutinefunction(get_response):
            markcoroutinefunction(self)

    def __call__(self, request):
        if not request.path_info.startswith(self.static_prefix):
            return self.get_response(request)
        if iscoroutinefunction(self):
            return self.answer_async(request)
        return self.answer(request) or self.get_response(request)

    async def answer_async(self, request):
        answer = await sync_to_async(self.answer, thread_sensitive=False)(request)
        return answer or await self.get_response(request)

    def answer(self, request):
        """The response with the file in it, or None if there is no such file."""
        path = request.path_info
        static_file = self.find_file(path) if self.autorefresh else self.files.get(path)
        return static_file and self.serve(static_file, request)

    @staticmethod
    def serve(static_file, request):
        answer = static_file.get_response(request.method, request.META)
        content = b""
        if answer.file is not None:
            with answer.file:
                content = answer.file.read()
        response = HttpResponse(content, status=int(answer.status))
        del response["Content-Type"]
        for name, value in answer.headers:
            response[name] = value
        return response
