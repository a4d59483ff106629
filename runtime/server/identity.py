"""Who the caller is: STS and IAM questions whose answer the local account makes, answered without moto.

moto takes unknown keys for an IAM user, and the SDK's get_execution_role() refuses users;
it does not know SimulatePrincipalPolicy, which the SDK asks before it trains.
"""

from __future__ import annotations

import html
import uuid
from collections.abc import Callable, Mapping
from urllib.parse import parse_qs

from runtime.arns import Account

Form = Mapping[str, list[str]]


def answer(settings: Account, body: bytes) -> bytes | None:
    """The XML answer to a form-encoded request; None when the question is not one of these."""
    form = parse_qs(body.decode("utf-8", "replace"))
    [action] = form.get("Action", [""])[:1]
    known = _ANSWERS.get(action)
    return known(settings, form).encode() if known else None


def _get_caller_identity(settings: Account, form: Form) -> str:
    arn = f"arn:aws:sts::{settings.account}:assumed-role/SageMakerPipelineRole/local"
    result = (
        f"<Arn>{arn}</Arn><UserId>AROALOCALSAGEMAKERPIPE:local</UserId>"
        f"<Account>{settings.account}</Account>"
    )
    return _document("GetCallerIdentity", "https://sts.amazonaws.com/doc/2011-06-15/", result)


def _simulate_principal_policy(settings: Account, form: Form) -> str:
    """Everything is allowed: there is nothing to protect in a local account."""
    actions = [values[0] for name, values in form.items() if name.startswith("ActionNames.member.")]
    members = "".join(
        f"<member><EvalActionName>{html.escape(action)}</EvalActionName>"
        "<EvalResourceName>*</EvalResourceName><EvalDecision>allowed</EvalDecision></member>"
        for action in actions
    )
    result = f"<EvaluationResults>{members}</EvaluationResults><IsTruncated>false</IsTruncated>"
    return _document("SimulatePrincipalPolicy", "https://iam.amazonaws.com/doc/2010-05-08/", result)


def _document(action: str, namespace: str, result: str) -> str:
    return (
        f'<{action}Response xmlns="{namespace}"><{action}Result>{result}</{action}Result>'
        f"<ResponseMetadata><RequestId>{uuid.uuid4()}</RequestId></ResponseMetadata></{action}Response>"
    )


_ANSWERS: dict[str, Callable[[Account, Form], str]] = {
    "GetCallerIdentity": _get_caller_identity,
    "SimulatePrincipalPolicy": _simulate_principal_policy,
}
