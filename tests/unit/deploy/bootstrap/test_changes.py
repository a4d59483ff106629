from __future__ import annotations

import pytest
from rich.console import Console

from pipelines.deploy.bootstrap import changes
from pipelines.deploy.bootstrap.changes import Detail, ResourceChange
from pipelines.deploy.bootstrap.report import stack_document, stack_lines


def change(action, **members):
    return {
        "Type": "Resource",
        "ResourceChange": {
            "Action": action,
            "LogicalResourceId": "Bucket",
            "ResourceType": "AWS::S3::Bucket",
            **members,
        },
    }


def detail(name, **members):
    return {"Target": {"Attribute": "Properties", "Name": name, **members}}


def test_each_action_has_its_sign():
    read = changes.read([change(each) for each in ("Add", "Import", "Remove", "Modify", "Dynamic")])
    assert [(each.sign, each.note) for each in read] == [
        ("+", ""),
        ("+", "takes over what is there"),
        ("-", ""),
        ("~", ""),
        ("~", "decided when it runs"),
    ]


@pytest.mark.parametrize(
    ("members", "note", "replaced"),
    [
        ({"Replacement": "True"}, "is replaced", True),
        ({"Replacement": "Conditional"}, "may be replaced", True),
        ({"Replacement": "False"}, "", False),
        ({}, "", False),
    ],
)
def test_a_replacement_is_said(members, note, replaced):
    [read] = changes.read([change("Modify", **members)])
    assert (read.note, read.replaced) == (note, replaced)


def test_what_is_removed_from_the_stack_and_kept_is_said():
    [read] = changes.read([change("Remove", PolicyAction="Retain")])
    assert read.note == "leaves the stack and stays"


def test_a_property_is_listed_once_with_its_values():
    path = "/Properties/VersioningConfiguration/Status"
    found = [
        detail("VersioningConfiguration", Path=path, BeforeValue="Suspended", AfterValue="Enabled"),
        detail("VersioningConfiguration", Path=path),
        {"Target": {"Attribute": "Tags"}},
        {},
    ]
    [read] = changes.read([change("Modify", Details=found)])
    assert read.details == (Detail(path, "Suspended", "Enabled"), Detail("Tags"), Detail("?"))


def test_hooks_are_no_changes_of_resources():
    assert changes.read([{"Type": "Resource", "HookInvocationCount": 1}]) == ()


@pytest.mark.parametrize(
    ("reason", "empty"),
    [
        ("The submitted information didn't contain changes. Submit different information.", True),
        ("No updates are to be performed.", True),
        ("Template error: instance of Fn::GetAtt references undefined resource", False),
    ],
)
def test_nothing_to_do_is_told_from_a_mistake(reason, empty):
    assert changes.says_nothing_to_do(reason) is empty


def printed(lines):
    console = Console(width=200, color_system=None, highlight=False)
    with console.capture() as captured:
        for line in lines:
            console.print(line, markup=False, soft_wrap=True)
    return captured.get().splitlines()


def test_a_plan_is_read_line_by_line():
    read = (
        ResourceChange("+", "Topic", "AWS::SNS::Topic"),
        ResourceChange(
            *("~", "Bucket", "AWS::S3::Bucket", "is replaced", True),
            (Detail("BucketName", "old", "new"), Detail("Tags"), Detail("Added", None, "x" * 90)),
        ),
        ResourceChange("-", "Email", "AWS::SNS::Subscription"),
    )
    assert printed(stack_lines("team-dev-storage", "update", read)) == [
        "team-dev-storage  update",
        "  + Topic  AWS::SNS::Topic",
        "  ~ Bucket  AWS::S3::Bucket  is replaced",
        "      ~ BucketName  old → new",
        "      ~ Tags",
        f"      ~ Added  nothing → {'x' * 59}…",
        "  - Email  AWS::SNS::Subscription",
    ]


def test_an_update_without_changes_of_resources_says_what_it_is():
    assert printed(stack_lines("s", "update")) == [
        "s  update",
        "  ~ parameters, outputs or tags alone",
    ]
    assert printed(stack_lines("s", "up to date")) == ["s  up to date"]


def test_a_stack_is_data_for_json():
    [read] = changes.read([change("Modify", Details=[detail("BucketName", AfterValue="new")])])
    assert stack_document("s", "update", [read])["changes"] == [
        {
            "sign": "~",
            "resource": "Bucket",
            "type": "AWS::S3::Bucket",
            "note": "",
            "replaced": False,
            "details": ({"property": "BucketName", "before": None, "after": "new"},),
        }
    ]
