"""What every page works with: SageMaker's operations, templates, and the token of its forms."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING, Any

from runtime import arns
from runtime.api import Api, ApiError
from runtime.server import log_operations
from runtime.server.protocol import Dispatcher
from runtime.storage._base import Objects
from runtime.ui.routes import Pages, find_pages
from runtime.ui.streams import Places
from runtime.ui.templating import environment
from runtime.ui.web import Refused, Request, Response

if TYPE_CHECKING:
    from runtime.runtime import Runtime

Document = dict[str, Any]
_LARGEST_PAGE = 100


class Site:
    """Reads and changes only through the operations that clients call, so that a page never knows more than they."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._api = runtime.api
        # Whoever can read one of our pages may send its forms; pages of other sites cannot read them.
        self.token = secrets.token_urlsafe(32)
        self.pages: Pages = find_pages()
        self._templates = environment()
        # Half of the server's threads stay for everybody else.
        self.places = Places(8)

    @cached_property
    def _logs(self) -> Api:
        return Dispatcher(self._runtime, "logs", log_operations, "InvalidParameterException")

    @property
    def objects(self) -> Objects:
        """The object storage, for pages that show what lies in S3."""
        return self._runtime.objects

    def call(self, operation: str, **request: Any) -> Document:
        """One operation of SageMaker, as a client's request. Raises ApiError."""
        return self._api.call(operation, request)

    def find(self, operation: str, **request: Any) -> Document:
        """As `call`, for the resource that a page is about. Raises Refused (404) when it does not exist."""
        try:
            return self.call(operation, **request)
        except ApiError as error:
            raise Refused(404, error.message) from error

    def logs(self, operation: str, **request: Any) -> Document:
        """One operation of CloudWatch Logs. Raises ApiError."""
        return self._logs.call(operation, request)

    def each(self, operation: str, member: str, **request: Any) -> Iterator[Document]:
        """Every entry of a List* answer, page after page. Raises ApiError."""
        while True:
            answer = self.call(operation, **{"MaxResults": _LARGEST_PAGE, **request})
            yield from answer[member]
            if "NextToken" not in answer:
                return
            request["NextToken"] = answer["NextToken"]

    @staticmethod
    def request_token() -> str:
        """A ClientRequestToken of its own for one change."""
        return secrets.token_hex(20)

    def execution_arn(self, pipeline: str, execution_id: str) -> str:
        return arns.execution_arn(self._runtime.settings, pipeline, execution_id)

    def arn(self, kind: str, name: str) -> str:
        return arns.arn(self._runtime.settings, kind, name)

    def check_token(self, request: Request) -> None:
        """Refuse a form that none of our pages gave out. Raises Refused (403)."""
        sent = request.form.get("token", "")
        if not hmac.compare_digest(sent.encode(), self.token.encode()):
            raise Refused(
                403, "This form is not one the studio gave out since it started: reload the page."
            )

    def render(
        self, template: str, request: Request, *, status: int = 200, **values: Any
    ) -> Response:
        """A page from a template of templates/; `token`, `nav` and `path` are there for all."""
        text = self._templates.get_template(template).render(
            token=self.token,
            nav=self.pages.nav,
            has_page=self.pages.has,
            path=request.path,
            request=request,
            **values,
        )
        return Response(text, status)
