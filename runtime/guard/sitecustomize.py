"""Keeps a Python process away from AWS: on PYTHONPATH, where the interpreter imports it at its start.

Both SDKs write STS's address into their source, past AWS_ENDPOINT_URL: such calls go to the runtime. Every other
contact with AWS raises ContactRefused, which names the call. It runs in the interpreters of others, so it needs
the standard library only, and Pythons from 3.8 on; another sitecustomize that it hides is run after it.
"""

from __future__ import annotations

import importlib.machinery
import importlib.util
import os
import re
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

_HERE = Path(__file__).resolve().parent
_AWS = re.compile(
    r"(.*\.)?(amazonaws\.com(\.cn)?|api\.aws|api\.amazonwebservices\.com\.cn|aws\.dev)\.?"
)
_STS = re.compile(r"sts(-fips)?(\.[a-z0-9-]+)?\.amazonaws\.com(\.cn)?")
# Where instances and containers ask for their credentials.
_METADATA = ("169.254.169.254", "169.254.170.2", "169.254.170.23", "fd00:ec2::254", "fd00:ec2::23")
_BOTOCORE = ("botocore.endpoint", "awscli.botocore.endpoint")
# Frames of these say nothing about who made a call.
_CARRIERS = re.compile(r"[\\/](urllib3|requests|httpx|httpcore|anyio|aiohttp|botocore)[\\/]")
_REQUEST_LINE = re.compile(rb"[A-Z]+ (?:https?://)?([^/: \r\n]+)")


class ContactRefused(Exception):
    """A call would have reached AWS. No OSError: clients would take it for a bad line and try again."""


def install() -> None:
    """Guard this process from now on; there is no way back."""
    sys.addaudithook(_audit)
    for name in _BOTOCORE:
        if name in sys.modules:
            _guard_botocore(sys.modules[name])
    sys.meta_path.insert(0, _BotocoreFinder())


class _BotocoreFinder:
    """Guards botocore when it is imported: most processes never import it."""

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
        if name not in _BOTOCORE:
            return None
        spec = importlib.machinery.PathFinder.find_spec(name, path)
        loader: Any = spec.loader if spec else None
        if loader is not None:
            load = loader.exec_module

            def load_and_guard(module: Any) -> None:
                load(module)
                _guard_botocore(module)

            loader.exec_module = load_and_guard
        return spec


def _guard_botocore(module: Any) -> None:
    """Wrap the one place through which each of its requests leaves, in-process transports having had their turn."""
    create_request, send = module.Endpoint.create_request, module.Endpoint._send

    def create_and_name_request(self: Any, params: Any, operation_model: Any = None) -> Any:
        request = create_request(self, params, operation_model)
        if operation_model is not None:
            request.guarded_call = (
                f"{operation_model.service_model.service_name}:{operation_model.name}"
            )
        return request

    def send_or_refuse(self: Any, request: Any) -> Any:
        url = urlsplit(request.url)
        host = url.hostname or ""
        endpoint = os.environ.get("AWS_ENDPOINT_URL", "")
        if endpoint and _STS.fullmatch(host):
            place = urlsplit(endpoint)
            request.url = url._replace(scheme=place.scheme, netloc=place.netloc).geturl()
        elif _is_aws(host):
            call = getattr(request, "guarded_call", "a request")
            raise _refused(f"{call} ({request.method} {request.url.partition('?')[0]})")
        return send(self, request)

    module.Endpoint.create_request = create_and_name_request
    module.Endpoint._send = send_or_refuse


def _audit(event: str, details: tuple[Any, ...]) -> None:
    if event in ("socket.getaddrinfo", "socket.gethostbyname"):
        host = details[0]
    elif event == "socket.connect":
        host = details[1][0] if isinstance(details[1], tuple) and details[1] else None
    elif event == "http.client.send":  # a proxy is told the host's name and resolves it itself
        line = _REQUEST_LINE.match(details[1]) if isinstance(details[1], bytes) else None
        host = line[1] if line else None
    else:
        return
    name = host.decode("ascii", "replace") if isinstance(host, bytes) else host
    if isinstance(name, str) and _is_aws(name):
        raise _refused(f"a connection to {name} from {_caller()}")


def _is_aws(host: str) -> bool:
    return host in _METADATA or _AWS.fullmatch(host.lower()) is not None


def _refused(call: str) -> ContactRefused:
    return ContactRefused(
        f"python -m runtime refused {call}: this process may only talk to the local runtime "
        f"({os.environ.get('AWS_ENDPOINT_URL') or 'AWS_ENDPOINT_URL is not set'})"
    )


def _caller() -> str:
    """The first frame that is neither the standard library's nor an HTTP client's."""
    library = str(Path(os.__file__).parent)
    frame: Any = sys._getframe(2)
    while frame is not None:
        file = frame.f_code.co_filename
        own = file.startswith(library) and "site-packages" not in file
        if not own and not file.startswith("<frozen") and not _CARRIERS.search(file):
            return f"{file}:{frame.f_lineno}"
        frame = frame.f_back
    return "the standard library"


def _run_hidden() -> None:
    """Run the sitecustomize that the interpreter would have found without this one."""
    rest = [entry for entry in sys.path if Path(entry or ".").resolve() != _HERE]
    spec = importlib.machinery.PathFinder.find_spec("sitecustomize", rest)
    if spec is not None and spec.loader is not None:
        spec.loader.exec_module(importlib.util.module_from_spec(spec))


if __name__ == "sitecustomize":
    install()
    _run_hidden()
