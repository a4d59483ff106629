"""The templates as data, resolved the way CloudFormation would; and a small evaluator of IAM policies."""

from __future__ import annotations

import fnmatch
import re
from dataclasses import dataclass, field, replace

import pytest
from cfnlint import decode

from params.environment import load
from pipelines.deploy.bootstrap import stacks
from pipelines.deploy.bootstrap.stacks import STACKS, Place

PLACE = Place("aws", "us-east-1", "123456789012")
PSEUDO = {"AWS::Partition": "aws", "AWS::Region": PLACE.region, "AWS::AccountId": PLACE.account}
# What a stack's resources are once they are made.
ATTRIBUTES = {
    "AWS::IAM::Role": lambda name: PLACE.arn("iam", f"role/{name}").replace("us-east-1", ""),
    "AWS::IAM::ManagedPolicy": lambda name: PLACE.arn("iam", f"policy/{name}").replace(
        "us-east-1", ""
    ),
}
OUTPUTS = {
    "BucketName": "house-price-dev-123456789012-us-east-1",
    "PipelineRoleArn": "arn:aws:iam::123456789012:role/PipelineRole",
}


def template(concern):
    path = next(each.template for each in STACKS if each.concern == concern)
    document, problems = decode.decode(str(path))
    assert not problems
    return document


@pytest.fixture(scope="session")
def templates():
    """Every template by its concern, intrinsic functions as mappings."""
    return {stack.concern: template(stack.concern) for stack in STACKS}


@pytest.fixture(scope="session")
def environment():
    """dev, as it is once its stacks are made."""
    variables = {stacks.VARIABLES[key]: value for key, value in OUTPUTS.items()}
    loaded = load("dev", variables=variables)
    connection = PLACE.arn("codeconnections", "connection/0a1b")
    return replace(
        loaded,
        infra=replace(
            loaded.infra, connection=connection, repository="team/prices", github_actions=True
        ),
    )


@pytest.fixture(scope="session")
def resolved(templates, environment):
    """The resources of a stack with everything filled in; `of` an environment: only those that it makes."""

    def resources(concern, of=None):
        stack = next(each for each in STACKS if each.concern == concern)
        parameters = stacks.parameters(of or environment, stack, PLACE, OUTPUTS)
        return Resolver(templates[concern], parameters).resources(conditions=of is not None)

    return resources


class Resolver:
    """The intrinsic functions that the templates use; any other is an error."""

    def __init__(self, document, parameters):
        self.document = document
        self.parameters = {
            name: (
                parameters[name].split(",")
                if declared["Type"] == "CommaDelimitedList"
                else parameters[name]
            )
            for name, declared in document["Parameters"].items()
        }

    def resources(self, *, conditions):
        return {
            name: self.value(each)
            for name, each in self.document["Resources"].items()
            if not conditions
            or "Condition" not in each
            or self.value(self.document["Conditions"][each["Condition"]])
        }

    def value(self, node):
        if isinstance(node, list):
            return [self.value(each) for each in node]
        if not isinstance(node, dict):
            return node
        if len(node) == 1:
            [(name, argument)] = node.items()
            if name == "Ref" or name.startswith("Fn::"):
                return FUNCTIONS[name](self, argument)
        return {key: self.value(each) for key, each in node.items()}

    def ref(self, name):
        if name in self.parameters:
            return self.parameters[name]
        return PSEUDO[name] if name in PSEUDO else self.made(name)

    def made(self, name):
        make = ATTRIBUTES.get(self.document["Resources"][name]["Type"])
        return make(name) if make else f"<{name}>"

    def sub(self, text):
        return re.sub(r"\$\{([^}.]+)(\.Arn)?\}", lambda match: self.ref(match[1]), text)

    def equals(self, argument):
        before, after = self.value(argument)
        return before == after

    def choose(self, argument):
        condition, yes, no = argument
        return self.value(yes if self.value(self.document["Conditions"][condition]) else no)


FUNCTIONS = {
    "Ref": Resolver.ref,
    "Fn::GetAtt": lambda resolver, argument: resolver.made(argument[0]),
    "Fn::Sub": Resolver.sub,
    "Fn::If": Resolver.choose,
    "Fn::Equals": Resolver.equals,
    "Fn::Not": lambda resolver, argument: not resolver.value(argument[0]),
}


@dataclass(frozen=True)
class Call:
    """What is asked for: `resource` may hold `*` where anything may stand."""

    action: str
    resource: str
    context: dict[str, str] = field(default_factory=dict)


def decide(statements, call):
    """Allow, Deny, or None when no statement is about it: IAM's evaluation of one identity's policies."""
    effects = {each["Effect"] for each in statements if _applies(each, call)}
    return "Deny" if "Deny" in effects else "Allow" if "Allow" in effects else None


def _applies(statement, call):
    assert statement.keys() <= {"Sid", "Effect", "Action", "Resource", "Condition"}
    return (
        any(_like(each.lower(), call.action.lower()) for each in _list(statement["Action"]))
        and any(_like(each, call.resource) for each in _list(statement["Resource"]))
        and all(
            _holds(operator, key, _list(wanted), call.context)
            for operator, keys in statement.get("Condition", {}).items()
            for key, wanted in keys.items()
        )
    )


def _holds(operator, key, wanted, context):
    if key not in context:
        return False  # none of the operators used here holds without the key
    compare = {
        "StringEquals": lambda pattern, value: pattern == value,
        "Bool": lambda pattern, value: pattern == value,
        "StringLike": _like,
        "ArnEquals": _like,
        "ArnLike": _like,
    }[operator]
    return any(compare(pattern, context[key]) for pattern in wanted)


def _like(pattern, value):
    """Whether the pattern covers the value; a `*` of the value is covered by a `*` alone, not by a `?`."""
    assert "?" not in pattern
    escaped = pattern.replace("[", "[[]")
    return fnmatch.fnmatchcase(value, escaped)


def _list(value):
    return value if isinstance(value, list) else [value]


@pytest.fixture(scope="session")
def simulate():
    """`simulate(statements, action, resource, **context)`; a context key's colon and dots as they are, in a dict."""

    def ask(statements, action, resource, context=()):
        return decide(statements, Call(action, resource, dict(context)))

    return ask


@pytest.fixture(scope="session")
def statements(resolved):
    """The statements of policies of roles.yaml by their logical ids."""

    def of(*policies):
        resources = resolved("roles")
        return [
            statement
            for name in policies
            for statement in resources[name]["Properties"]["PolicyDocument"]["Statement"]
        ]

    return of
