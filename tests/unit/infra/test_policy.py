"""The policy that the templates keep: rules over the parsed templates, and for each what would break it.

They are what checkov asks for and this project wants (infra/README.md lists what it does not want, and why): checkov
itself pins a boto3 that the SDK cannot live with.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator

import cfnlint.api
import pytest

from pipelines.deploy.bootstrap.stacks import STACKS

CONCERNS = [each.concern for each in STACKS]
# Actions that IAM offers no resource for.
WITHOUT_RESOURCE = {
    *("ecr:GetAuthorizationToken", "cloudwatch:PutMetricData"),
    *("ec2:DeleteNetworkInterfacePermission", "ec2:DescribeDhcpOptions", "ec2:DescribeVpcs"),
    *("ec2:DescribeNetworkInterfaces", "ec2:DescribeSecurityGroups", "ec2:DescribeSubnets"),
}
KEEPS_DATA = ("AWS::S3::Bucket", "AWS::SQS::Queue", "AWS::Logs::LogGroup")


def of_type(template, *types):
    for name, resource in template["Resources"].items():
        if resource["Type"] in types:
            yield name, resource, resource.get("Properties", {})


def documents(template):
    """Every policy document with what it hangs on: (name, kind, statement)."""
    for name, resource in template["Resources"].items():
        properties = resource.get("Properties", {})
        for inline in properties.get("Policies", []):
            yield from ((name, "identity", each) for each in inline["PolicyDocument"]["Statement"])
        for key, kind in (("PolicyDocument", "identity"), ("AssumeRolePolicyDocument", "trust")):
            for each in properties.get(key, {}).get("Statement", []):
                yield name, "resource" if "Principal" in each and kind != "trust" else kind, each


def listed(value):
    return value if isinstance(value, list) else [value]


def buckets_are_private_encrypted_and_versioned(template) -> Iterator[str]:
    for name, _, properties in of_type(template, "AWS::S3::Bucket"):
        block = properties.get("PublicAccessBlockConfiguration", {})
        if len(block) != 4 or not all(block.values()):
            yield f"{name}: public access is not blocked"
        if "ServerSideEncryptionConfiguration" not in properties.get("BucketEncryption", {}):
            yield f"{name}: not encrypted"
        if properties.get("VersioningConfiguration", {}).get("Status") != "Enabled":
            yield f"{name}: not versioned"
        if not properties.get("LifecycleConfiguration", {}).get("Rules"):
            yield f"{name}: keeps everything for ever"


def buckets_and_topics_are_reached_over_tls_alone(template) -> Iterator[str]:
    for types in ("AWS::S3::Bucket", "AWS::SNS::Topic"):
        for name, _, _ in of_type(template, types):
            if not any(
                statement["Effect"] == "Deny"
                and statement["Principal"] == "*"
                and statement.get("Condition") == {"Bool": {"aws:SecureTransport": "false"}}
                for _, kind, statement in documents(template)
                if kind == "resource"
            ):
                yield f"{name}: can be reached without TLS"


def no_action_is_granted_wholesale(template) -> Iterator[str]:
    for name, kind, statement in documents(template):
        if statement["Effect"] == "Allow" and kind != "trust":
            wild = [each for each in listed(statement["Action"]) if "*" in each]
            if wild or "NotAction" in statement:
                yield f"{name}: {wild or 'NotAction'}"


def all_resources_only_where_iam_offers_no_other(template) -> Iterator[str]:
    for name, kind, statement in documents(template):
        extra = set(listed(statement["Action"])) - WITHOUT_RESOURCE
        if kind == "identity" and "*" in listed(statement["Resource"]) and extra:
            yield f"{name}: {sorted(extra)} on *"


def nobody_unknown_is_allowed_anything(template) -> Iterator[str]:
    for name, _, statement in documents(template):
        if statement["Effect"] == "Allow" and statement.get("Principal") in ("*", {"AWS": "*"}):
            yield f"{name}: allows everybody"


def services_assume_roles_for_this_account_alone(template) -> Iterator[str]:
    own = {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}
    for name, kind, statement in documents(template):
        service = kind == "trust" and "Service" in statement["Principal"]
        if service and statement.get("Condition") != own:
            yield f"{name}: trusts a service for any account"


def a_federated_role_names_its_audience_and_subject(template) -> Iterator[str]:
    for name, kind, statement in documents(template):
        if kind == "trust" and "Federated" in statement["Principal"]:
            keys = statement.get("Condition", {}).get("StringEquals", {})
            if {key.rpartition(":")[2] for key in keys} != {"aud", "sub"} or "*" in str(keys):
                yield f"{name}: trusts more than one branch of one repository"


def a_role_is_passed_by_name_and_to_one_service(template) -> Iterator[str]:
    for name, _, statement in documents(template):
        if "iam:PassRole" in listed(statement["Action"]):
            to = statement.get("Condition", {}).get("StringEquals", {}).get("iam:PassedToService")
            if "*" in str(statement["Resource"]) or not isinstance(to, str):
                yield f"{name}: passes any role, or to any service"


def what_keeps_data_says_what_becomes_of_it(template) -> Iterator[str]:
    for name, resource, _ in of_type(template, *KEEPS_DATA):
        wanted = "Retain" if resource["Type"] == "AWS::S3::Bucket" else "Delete"
        if {resource.get("DeletionPolicy"), resource.get("UpdateReplacePolicy")} != {wanted}:
            yield f"{name}: must be {wanted}"


def queues_are_encrypted_and_logs_end(template) -> Iterator[str]:
    for name, _, properties in of_type(template, "AWS::SQS::Queue"):
        if not properties.get("SqsManagedSseEnabled"):
            yield f"{name}: not encrypted"
    for name, _, properties in of_type(template, "AWS::Logs::LogGroup"):
        if "RetentionInDays" not in properties:
            yield f"{name}: keeps its logs for ever"


def builds_are_not_privileged_and_strangers_wait(template) -> Iterator[str]:
    for name, _, properties in of_type(template, "AWS::CodeBuild::Project"):
        if properties["Environment"].get("PrivilegedMode"):
            yield f"{name}: privileged"
        pulls = "PULL_REQUEST" in str(properties["Triggers"]["FilterGroups"])
        policy = properties["Triggers"].get("PullRequestBuildPolicy", {})
        if pulls and policy.get("RequiresCommentApproval") != "FORK_PULL_REQUESTS":
            yield f"{name}: builds what strangers send"


RULES = (
    buckets_are_private_encrypted_and_versioned,
    buckets_and_topics_are_reached_over_tls_alone,
    no_action_is_granted_wholesale,
    all_resources_only_where_iam_offers_no_other,
    nobody_unknown_is_allowed_anything,
    services_assume_roles_for_this_account_alone,
    a_federated_role_names_its_audience_and_subject,
    a_role_is_passed_by_name_and_to_one_service,
    what_keeps_data_says_what_becomes_of_it,
    queues_are_encrypted_and_logs_end,
    builds_are_not_privileged_and_strangers_wait,
)


@pytest.mark.parametrize("concern", CONCERNS)
@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_a_template_keeps_the_policy(rule, concern, templates):
    assert list(rule(templates[concern])) == []


ROLES = "Resources.PipelinePolicy.Properties.PolicyDocument.Statement"
TRUST = "Properties.AssumeRolePolicyDocument.Statement.0"
BUCKET = "Resources.Bucket.Properties"
BREAKS = [
    (RULES[0], "storage", f"{BUCKET}.PublicAccessBlockConfiguration.BlockPublicPolicy", False),
    (RULES[0], "storage", f"{BUCKET}.BucketEncryption", {}),
    (RULES[0], "storage", f"{BUCKET}.VersioningConfiguration.Status", "Suspended"),
    (RULES[0], "storage", f"{BUCKET}.LifecycleConfiguration.Rules", []),
    (RULES[1], "storage", "Resources.BucketPolicy.Properties.PolicyDocument.Statement", []),
    (RULES[1], "triggers", "Resources.TopicPolicy.Properties.PolicyDocument.Statement", []),
    (RULES[2], "roles", f"{ROLES}.0.Action", "sagemaker:*"),
    (
        RULES[2],
        "triggers",
        "Resources.StartRole.Properties.Policies.0.PolicyDocument.Statement.0.Action",
        "*",
    ),
    (RULES[3], "roles", f"{ROLES}.0.Resource", "*"),
    (
        RULES[4],
        "triggers",
        "Resources.TopicPolicy.Properties.PolicyDocument.Statement.0.Principal",
        "*",
    ),
    (RULES[5], "roles", f"Resources.PipelineRole.{TRUST}.Condition", {}),
    (RULES[5], "triggers", f"Resources.StartRole.{TRUST}.Condition", {}),
    (RULES[6], "github-oidc", f"Resources.Role.{TRUST}.Condition", {"StringLike": {}}),
    (RULES[7], "roles", f"{ROLES}.3.Resource", "*"),
    (RULES[7], "roles", f"{ROLES}.3.Condition", {}),
    (RULES[8], "storage", "Resources.Bucket.DeletionPolicy", "Delete"),
    (RULES[8], "triggers", "Resources.ApprovedModels.UpdateReplacePolicy", None),
    (RULES[9], "triggers", "Resources.ApprovedModels.Properties", {}),
    (RULES[9], "delivery", "Resources.DeployLog.Properties", {}),
    (RULES[10], "delivery", "Resources.Deploy.Properties.Environment.PrivilegedMode", True),
    (RULES[10], "delivery", "Resources.Check.Properties.Triggers.PullRequestBuildPolicy", {}),
]


@pytest.mark.parametrize(("rule", "concern", "path", "value"), BREAKS)
def test_a_rule_finds_what_breaks_it(rule, concern, path, value, templates):
    broken = copy.deepcopy(templates[concern])
    *parents, last = path.split(".")
    node = broken
    for step in parents:
        node = node[int(step) if isinstance(node, list) else step]
    node[last] = value
    assert list(rule(broken))


def test_every_rule_has_something_that_breaks_it():
    assert {rule for rule, *_ in BREAKS} == set(RULES)


def test_cfn_lint_would_find_a_mistake(tmp_path):
    path = tmp_path / "wrong.yaml"
    path.write_text("Resources: {Q: {Type: AWS::SQS::Queue, Properties: {FifoQueue: perhaps}}}")
    assert cfnlint.api.lint_file(path)
