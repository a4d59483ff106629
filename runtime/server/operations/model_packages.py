"""The model registry: groups, and the versions in them."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from runtime import arns
from runtime.clock import now
from runtime.server.operations._shared import Listing, conflict, invalid, page
from runtime.server.operations._tags import add_tags_to, check_tags, remove_tags
from runtime.storage._base import Document, RecordExists, RecordMissing

if TYPE_CHECKING:
    from runtime.runtime import Runtime

_GROUP = "ModelPackageGroup"
_PACKAGE = "ModelPackage"
_GROUPS = Listing("ModelPackageGroupSummaryList", name="ModelPackageGroupName")
_PACKAGES = Listing("ModelPackageSummaryList", name="ModelPackageName", key="ModelPackageArn")
# UpdateModelPackage: these change a part of what is there, the others replace it.
_NOT_REPLACED = frozenset(
    [
        "ModelPackageArn",
        "ClientToken",
        "CustomerMetadataProperties",
        "CustomerMetadataPropertiesToRemove",
        "AdditionalInferenceSpecificationsToAdd",
    ]
)


def create_model_package_group(runtime: Runtime, request: dict[str, Any]) -> dict[str, Any]:
    name = request["ModelPackageGroupName"]
    tags = request.pop("Tags", [])
    check_tags(tags)
    document = _new_group(runtime, name, request.get("ModelPackageGroupDescription"))
    arn = document["ModelPackageGroupArn"]
    try:
        runtime.records.insert(_GROUP, name, document)
    except RecordExists as error:
        raise invalid(f"Model Package Group already exists: {arn}") from error
    add_tags_to(runtime, arn, tags)
    return {"ModelPackageGroupArn": arn}


def describe_model_package_group(runtime: Runtime, request: dict[str, Any]) -> dict[str, Any]:
    name = arns.name_in(request["ModelPackageGroupName"])
    document = runtime.records.get(_GROUP, name)
    if document is None:
        arn = arns.arn(runtime.settings, "model-package-group", name)
        raise invalid(f"ModelPackageGroup {arn} does not exist.")
    return document


def list_model_package_groups(runtime: Runtime, request: dict[str, Any]) -> dict[str, Any]:
    return page(request, runtime.records.list(_GROUP), _GROUPS)


def delete_model_package_group(runtime: Runtime, request: dict[str, Any]) -> dict[str, Any]:
    group = describe_model_package_group(runtime, request)
    name = group["ModelPackageGroupName"]
    if packages := runtime.records.list(_PACKAGE, f"{name}/"):
        raise conflict(
            f"ModelPackageGroup {group['ModelPackageGroupArn']} cannot be deleted: it still holds "
            f"{len(packages)} model packages."
        )
    runtime.records.delete(_GROUP, name)
    remove_tags(runtime, group["ModelPackageGroupArn"])
    return {}


def create_model_package(runtime: Runtime, request: dict[str, Any]) -> dict[str, Any]:
    group = arns.name_in(request.get("ModelPackageGroupName", ""))
    if bool(group) == bool(request.get("ModelPackageName")):
        raise invalid("Exactly one of ModelPackageGroupName and ModelPackageName must be given.")
    tags = request.pop("Tags", [])
    check_tags(tags)
    if group:
        if earlier := _with_token(runtime, group, request.get("ClientToken")):
            return {"ModelPackageArn": earlier["ModelPackageArn"]}
        document = _new_version(runtime, group, request)
    else:
        document = _new_package(runtime, request["ModelPackageName"], request)
    key = arns.package_key(arns.name_in(document["ModelPackageArn"]))
    try:
        runtime.records.insert(_PACKAGE, key, document)
    except RecordExists as error:
        raise conflict(f"Model Package already exists: {document['ModelPackageArn']}") from error
    add_tags_to(runtime, document["ModelPackageArn"], tags)
    return {"ModelPackageArn": document["ModelPackageArn"]}


def describe_model_package(runtime: Runtime, request: dict[str, Any]) -> dict[str, Any]:
    return _package(runtime, request["ModelPackageName"])


def list_model_packages(runtime: Runtime, request: dict[str, Any]) -> dict[str, Any]:
    group = arns.name_in(request.get("ModelPackageGroupName", ""))
    kind = request.get("ModelPackageType", "Versioned" if group else "Unversioned")
    approval = request.get("ModelApprovalStatus")
    found = [
        package
        for package in runtime.records.list(_PACKAGE, f"{group}/" if group else "")
        if kind in ("Both", "Versioned" if "ModelPackageVersion" in package else "Unversioned")
        and approval in (None, package.get("ModelApprovalStatus"))
    ]
    return page(request, found, _PACKAGES)


def update_model_package(runtime: Runtime, request: dict[str, Any]) -> dict[str, Any]:
    package = _package(runtime, request["ModelPackageArn"])
    key = arns.package_key(arns.name_in(package["ModelPackageArn"]))

    def change(document: Document) -> Document:
        replaced = {k: v for k, v in request.items() if k not in _NOT_REPLACED}
        removed = request.get("CustomerMetadataPropertiesToRemove", ())
        properties = {
            **(document.get("CustomerMetadataProperties") or {}),
            **request.get("CustomerMetadataProperties", {}),
        }
        kept = {name: value for name, value in properties.items() if name not in removed}
        specifications = [
            *(document.get("AdditionalInferenceSpecifications") or []),
            *request.get("AdditionalInferenceSpecificationsToAdd", []),
        ]
        return {
            **document,
            **replaced,
            "CustomerMetadataProperties": kept or None,
            "AdditionalInferenceSpecifications": specifications or None,
            "LastModifiedTime": now(),
            "LastModifiedBy": arns.caller(runtime.settings),
        }

    try:
        runtime.records.update(_PACKAGE, key, change)
    except RecordMissing as error:
        raise invalid(f"ModelPackage {package['ModelPackageArn']} does not exist.") from error
    return {"ModelPackageArn": package["ModelPackageArn"]}


def delete_model_package(runtime: Runtime, request: dict[str, Any]) -> dict[str, Any]:
    arn = _package(runtime, request["ModelPackageName"])["ModelPackageArn"]
    runtime.records.delete(_PACKAGE, arns.package_key(arns.name_in(arn)))
    remove_tags(runtime, arn)
    return {}


def _package(runtime: Runtime, name_or_arn: str) -> Document:
    name = arns.name_in(name_or_arn)
    document = runtime.records.get(_PACKAGE, arns.package_key(name))
    if document is None:
        arn = arns.arn(runtime.settings, "model-package", name)
        raise invalid(f"ModelPackage {arn} does not exist.")
    return document


def _with_token(runtime: Runtime, group: str, token: str | None) -> Document | None:
    if token is None:
        return None
    packages = runtime.records.list(_PACKAGE, f"{group}/")
    return next((package for package in packages if package.get("ClientToken") == token), None)


def _new_group(runtime: Runtime, name: str, description: str | None) -> Document:
    return {
        "ModelPackageGroupName": name,
        "ModelPackageGroupArn": arns.arn(runtime.settings, "model-package-group", name),
        "ModelPackageGroupDescription": description,
        "ModelPackageGroupStatus": "Completed",
        "CreationTime": now(),
        "CreatedBy": arns.caller(runtime.settings),
        "LatestVersion": 0,
    }


def _new_version(runtime: Runtime, group: str, request: dict[str, Any]) -> Document:
    # The service makes the group with its first version.
    with contextlib.suppress(RecordExists):
        runtime.records.insert(_GROUP, group, _new_group(runtime, group, None))
    counted = runtime.records.update(
        _GROUP, group, lambda document: {**document, "LatestVersion": document["LatestVersion"] + 1}
    )
    version = counted["LatestVersion"]
    return {
        **_new_package(runtime, f"{group}/{version}", request),
        "ModelPackageName": group,  # the output shape requires one
        "ModelPackageGroupName": group,
        "ModelPackageVersion": version,
        "ModelApprovalStatus": request.get("ModelApprovalStatus", "PendingManualApproval"),
    }


def _new_package(runtime: Runtime, name: str, request: dict[str, Any]) -> Document:
    return {
        **request,
        "ModelPackageArn": arns.arn(runtime.settings, "model-package", name),
        "ModelPackageStatus": "Completed",
        "ModelPackageStatusDetails": {"ValidationStatuses": [], "ImageScanStatuses": []},
        "CertifyForMarketplace": request.get("CertifyForMarketplace", False),
        "CreationTime": now(),
        "CreatedBy": arns.caller(runtime.settings),
    }
