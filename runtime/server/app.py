"""The one WSGI application: SageMaker, S3, the jobs' logs and the studio are ours, some of the rest is moto's."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from runtime.server import log_operations, logs
from runtime.server.moto_app import is_record, serve_other
from runtime.server.protocol import Dispatcher
from runtime.server.routing import scope_of
from runtime.server.s3.front import s3_application
from runtime.server.s3.store import Store
from runtime.server.wire import TARGET, json_application
from runtime.server.wsgi import Application, Environ, StartResponse
from runtime.ui.front import with_studio

if TYPE_CHECKING:
    from runtime.runtime import Runtime


def application(runtime: Runtime) -> Application:
    """Serve a runtime to AWS clients and browsers, over a socket or in process."""
    sagemaker = json_application(runtime.api)
    logs_api = Dispatcher(runtime, "logs", log_operations, "InvalidParameterException")

    def other(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        return serve_other(scope_of(environ), runtime.settings, environ, start_response)

    job_logs = logs.logs_application(logs_api, other)
    s3 = s3_application(Store(runtime.objects, runtime.records, runtime.settings))

    def route(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        target = environ.get("HTTP_X_AMZ_TARGET", "")
        if target.startswith(TARGET) and not is_record(target):
            return sagemaker(environ, start_response)
        if target.startswith(logs.TARGET):
            return job_logs(environ, start_response)
        if not target and scope_of(environ).service == "s3":
            return s3(environ, start_response)
        return other(environ, start_response)

    return with_studio(runtime, route)
