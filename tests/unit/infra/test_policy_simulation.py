"""The evaluator that the proof of least privilege stands on, held to what IAM documents."""

from __future__ import annotations

import pytest

ALLOW = {"Effect": "Allow", "Action": ["s3:Get*", "s3:PutObject"], "Resource": "arn:aws:s3:::b/a/*"}
DENY = {"Effect": "Deny", "Action": "s3:*", "Resource": "*"}


def with_condition(operator, key, value):
    return {**ALLOW, "Condition": {operator: {key: value}}}


@pytest.mark.parametrize(
    ("statements", "action", "resource", "context", "decision"),
    [
        ([], "s3:GetObject", "arn:aws:s3:::b/a/k", {}, None),
        ([ALLOW], "s3:GetObject", "arn:aws:s3:::b/a/k", {}, "Allow"),
        ([ALLOW], "S3:getobject", "arn:aws:s3:::b/a/k", {}, "Allow"),
        ([ALLOW], "s3:GetObject", "arn:aws:s3:::b/A/k", {}, None),
        ([ALLOW], "s3:GetObject", "arn:aws:s3:::b/a", {}, None),
        ([ALLOW], "s3:DeleteObject", "arn:aws:s3:::b/a/k", {}, None),
        ([ALLOW], "s3:GetObject", "arn:aws:s3:::b/a/*/k", {}, "Allow"),
        ([ALLOW], "s3:GetObject", "arn:aws:s3:::b/*", {}, None),
        ([ALLOW, DENY], "s3:GetObject", "arn:aws:s3:::b/a/k", {}, "Deny"),
        (
            [with_condition("StringEquals", "k", "v")],
            "s3:GetObject",
            "arn:aws:s3:::b/a/k",
            {},
            None,
        ),
        (
            [with_condition("StringEquals", "k", ["u", "v"])],
            *("s3:GetObject", "arn:aws:s3:::b/a/k", {"k": "v"}, "Allow"),
        ),
        (
            [with_condition("StringEquals", "k", "v*")],
            *("s3:GetObject", "arn:aws:s3:::b/a/k", {"k": "vw"}, None),
        ),
        (
            [with_condition("StringLike", "k", "v*")],
            *("s3:GetObject", "arn:aws:s3:::b/a/k", {"k": "vw"}, "Allow"),
        ),
        (
            [with_condition("Bool", "aws:SecureTransport", "false")],
            *("s3:GetObject", "arn:aws:s3:::b/a/k", {"aws:SecureTransport": "true"}, None),
        ),
    ],
)
def test_a_call_is_decided_as_iam_decides(
    simulate, statements, action, resource, context, decision
):
    assert simulate(statements, action, resource, context) == decision


def test_what_the_evaluator_does_not_know_is_an_error(simulate):
    with pytest.raises(AssertionError):
        simulate([{**ALLOW, "NotAction": "s3:*"}], "s3:GetObject", "arn:aws:s3:::b/a/k")
    with pytest.raises(KeyError):
        simulate(
            [with_condition("DateLessThan", "k", "v")],
            *("s3:GetObject", "arn:aws:s3:::b/a/k", {"k": "v"}),
        )
