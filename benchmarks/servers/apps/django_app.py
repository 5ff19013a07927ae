"""Django's StreamingHttpResponse, without a project."""

import json
from typing import Any

import django
from django.conf import settings

settings.configure(
    DEBUG=True, SECRET_KEY="-" * 50, ALLOWED_HOSTS=["*"], ROOT_URLCONF=__name__
)
django.setup()

from answers import WORDS, encode_event  # noqa: E402
from django.core.asgi import get_asgi_application  # noqa: E402
from django.http import StreamingHttpResponse  # noqa: E402
from django.urls import path  # noqa: E402
from django.views.decorators.csrf import csrf_exempt  # noqa: E402


@csrf_exempt
async def stream(request: Any) -> StreamingHttpResponse:
    async def generate():
        for word in WORDS:
            yield "event: message\n" + encode_event(json.dumps({"message": word}))

    return StreamingHttpResponse(generate(), content_type="text/event-stream")


urlpatterns = [path("stream", stream)]
application = get_asgi_application()
