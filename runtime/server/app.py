"""The one WSGI application: SageMaker and S3 are ours, everything else is moto's."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from runtime.server.moto_app import serve_other
from runtime.server.routing import scope_of
from runtime.server.s3.front import s3_application
from runtime.server.s3.store import Store
from runtime.server.wire import TARGET, json_application
from runtime.server.wsgi import Application, Environ, StartResponse

if TYPE_CHECKING:
    from runtime.runtime import Runtime


def application(runtime: Runtime) -> Application:
    """Serve a runtime to AWS clients, over a socket or in process."""
    sagemaker = json_application(runtime.api)
    s3 = s3_application(Store(runtime.objects, runtime.records, runtime.settings))

    def route(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        target = environ.get("HTTP_X_AMZ_TARGET", "")
        if target.startswith(TARGET):
            return sagemaker(environ, start_response)
        scope = scope_of(environ)
        if scope.service == "s3" and not target:
            return s3(environ, start_response)
        return serve_other(scope, runtime.settings, environ, start_response)

    return route
