"""`python -m pipelines.comment` against a server that keeps comments as GitHub does."""

from __future__ import annotations

import json
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from pipelines import comment


class GitHub(ThreadingHTTPServer):
    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.comments = []
        self.refuse = None

    def saved(self):
        return [each["body"] for each in self.comments]


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        page = int(re.search(r"&page=(\d+)", self.path)[1])
        size = int(re.search(r"per_page=(\d+)", self.path)[1])
        self._answer(self.server.comments[(page - 1) * size : page * size])

    def do_POST(self):
        number = len(self.server.comments)
        url = f"{self.server.url}/comments/{number}"
        self.server.comments.append({"url": url, "html_url": f"https://g/{number}", **self._body()})
        self._answer(self.server.comments[-1])

    def do_PATCH(self):
        found = self.server.comments[int(self.path.rpartition("/")[2])]
        found.update(self._body())
        self._answer(found)

    def _body(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        assert len(body["body"]) <= 65_536
        return body

    def _answer(self, document):
        assert self.headers["Authorization"] == "Bearer secret"
        self.send_response(self.server.refuse or 200)
        self.end_headers()
        self.wfile.write(json.dumps(document).encode())

    def log_message(self, *_):
        pass


@pytest.fixture
def github():
    with GitHub() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def build(monkeypatch, github):
    """Set what a build finds in its variables."""

    def set_(**variables):
        for name, value in {"GITHUB_API_URL": github.url, **variables}.items():
            monkeypatch.setenv(name, value)

    return set_


CODEBUILD = {
    "CODEBUILD_WEBHOOK_TRIGGER": "pr/7",
    "CODEBUILD_SOURCE_REPO_URL": "https://github.com/team/prices.git",
    "GITHUB_TOKEN": "secret",
}
ACTIONS = {
    "GITHUB_REF": "refs/pull/7/merge",
    "GITHUB_REPOSITORY": "team/prices",
    "GITHUB_TOKEN": "secret",
}


@pytest.mark.parametrize("variables", [CODEBUILD, ACTIONS], ids=["CodeBuild", "Actions"])
def test_a_second_build_replaces_the_first_ones_comment(build, github, variables, tmp_path, capsys):
    github.comments += [
        {"url": "", "html_url": "", "body": f"somebody's {number}"} for number in range(120)
    ]
    build(**variables)
    plan = tmp_path / "plan.md"
    for text in ("first", "second"):
        plan.write_text(text)
        assert comment.main([str(plan)]) == 0
        assert capsys.readouterr().out == "Commented: https://g/120\n"
    assert github.saved()[120:] == ["<!-- pipelines.comment  -->\nsecond"]


def test_each_environment_has_its_own(build, github, tmp_path):
    build(**CODEBUILD)
    (tmp_path / "plan.md").write_text("x" * 70_000)
    for env in ("dev", "prod"):
        build(DEPLOY_ENV=env)
        assert comment.main([str(tmp_path / "plan.md")]) == 0
    assert len(github.saved()) == 2
    assert github.saved()[0].endswith("among the build's artifacts.")


@pytest.mark.parametrize(
    ("variables", "says"),
    [
        ({}, "not started by a pull request"),
        (CODEBUILD | {"CODEBUILD_WEBHOOK_TRIGGER": "branch/main"}, "not started by a pull request"),
        (CODEBUILD | {"GITHUB_TOKEN": ""}, "GITHUB_TOKEN is not set"),
    ],
)
def test_without_pull_request_or_token_nothing_is_done(
    build, github, variables, says, tmp_path, capsys
):
    build(**variables)
    (tmp_path / "plan.md").write_text("x")
    assert comment.main([str(tmp_path / "plan.md")]) == 0
    assert says in capsys.readouterr().out
    assert github.comments == []


def test_a_refusal_and_a_missing_file_are_one_line(build, github, tmp_path, capsys):
    build(**CODEBUILD)
    github.refuse = 403
    (tmp_path / "plan.md").write_text("x")
    assert comment.main([str(tmp_path / "plan.md")]) == 1
    assert "403 Forbidden; the token needs to write pull requests\n" in capsys.readouterr().err
    assert comment.main([str(tmp_path / "none.md")]) == 2
    assert "cannot be read" in capsys.readouterr().err
