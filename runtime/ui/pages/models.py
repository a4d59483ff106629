"""The model registry: groups, versions side by side, one version with where it comes from; approve, reject."""

from __future__ import annotations

from dataclasses import dataclass

from runtime.api import ApiError
from runtime.ui import links
from runtime.ui.finding import Origin, execution_of_package
from runtime.ui.lineage import Made, lineage
from runtime.ui.model_metrics import Figure, compared, figures_in
from runtime.ui.routes import NavEntry, Route
from runtime.ui.s3_facts import Facts, facts, text_at
from runtime.ui.site import Document, Site
from runtime.ui.web import Refused, Request, Response, redirect

_ROWS = 25
_COMPARED = 6
_VERDICTS = {"approve": "Approved", "reject": "Rejected"}
_STATUSES = (*_VERDICTS.values(), "PendingManualApproval")


@dataclass(frozen=True)
class Report:
    """A report of a package's ModelMetrics: `label` is like ModelQuality Statistics."""

    label: str
    uri: str


@dataclass(frozen=True)
class Version:
    """A model package with the numbers of its reports."""

    package: Document
    reports: tuple[Report, ...]
    figures: dict[str, Figure]

    @property
    def arn(self) -> str:
        return str(self.package["ModelPackageArn"])


@dataclass(frozen=True)
class Model:
    """A container of a package: what is served, and what made it."""

    image: str
    data: Facts | None
    made: tuple[Made, ...]


def index(site: Site, request: Request) -> Response:
    token = request.query.get("from", "")
    answer = site.call(
        "ListModelPackageGroups",
        SortBy="CreationTime",
        SortOrder="Descending",
        MaxResults=_ROWS,
        **({"NextToken": token} if token else {}),
    )
    rows = []
    for group in answer["ModelPackageGroupSummaryList"]:
        name = group["ModelPackageGroupName"]
        rows.append((group, _newest(site, name), _newest(site, name, "Approved")))
    alone = [] if token else _packages(site, _ROWS)["ModelPackageSummaryList"]
    return site.render(
        "models.html", request, rows=rows, alone=alone, older=answer.get("NextToken", "")
    )


def show_group(site: Site, request: Request) -> Response:
    """A group, or a package that is in none."""
    name = request.params["group"]
    try:
        group = site.call("DescribeModelPackageGroup", ModelPackageGroupName=name)
    except ApiError:
        return show(site, request)
    token = request.query.get("from", "")
    following = {"NextToken": token} if token else {}
    answer = _packages(site, _ROWS, ModelPackageGroupName=name, **following)
    versions = answer["ModelPackageSummaryList"]
    chosen = [_version(site, each["ModelPackageArn"]) for each in versions[:_COMPARED]]
    return site.render(
        "model_group.html",
        request,
        group=group,
        versions=versions,
        older=answer.get("NextToken", ""),
        chosen=chosen,
        lines=compared([each.figures for each in chosen]),
    )


def show(site: Site, request: Request) -> Response:
    version = _asked(site, request)
    origin = execution_of_package(site, version.package)
    was = request.query.get("was", "")
    return site.render(
        "model_package.html",
        request,
        version=version,
        package=version.package,
        approval=version.package.get("ModelApprovalStatus", ""),
        origin=origin,
        models=_models(site, version.package, origin),
        lines=compared([version.figures]),
        was=was if was in _STATUSES else "",
    )


def judge(site: Site, request: Request) -> Response:
    """Approve or reject, unless the status has changed since the form was shown. Raises Refused (409)."""
    if request.params["verdict"] not in _VERDICTS:
        raise Refused(404, "A model can be approved or rejected.")
    package = _asked(site, request).package
    status = package.get("ModelApprovalStatus", "")
    if request.form.get("seen", "") != status:
        raise Refused(
            409, f"It is {status or 'without a status'} by now: look at it again, then decide."
        )
    note = request.form.get("note", "").strip()
    arn = package["ModelPackageArn"]
    site.call(
        "UpdateModelPackage",
        ModelPackageArn=arn,
        ModelApprovalStatus=_VERDICTS[request.params["verdict"]],
        ApprovalDescription=note,
    )
    return redirect(links.model_package(arn, was=status))


def _asked(site: Site, request: Request) -> Version:
    name = request.params["group"]
    if "version" not in request.params:
        return _of(site, site.find("DescribeModelPackage", ModelPackageName=name))
    arn = site.arn("model-package", f"{name}/{request.params['version']}")
    return _of(site, site.find("DescribeModelPackage", ModelPackageName=arn))


def _newest(site: Site, group: str, status: str = "") -> Document | None:
    """The newest version of a group, or the newest with that approval status."""
    wanted = {"ModelApprovalStatus": status} if status else {}
    found = _packages(site, 1, ModelPackageGroupName=group, **wanted)["ModelPackageSummaryList"]
    return found[0] if found else None


def _packages(site: Site, limit: int, **wanted: str) -> Document:
    """Newest first; without ModelPackageGroupName those that are in no group."""
    return site.call(
        "ListModelPackages",
        SortBy="CreationTime",
        SortOrder="Descending",
        MaxResults=limit,
        **wanted,
    )


def _version(site: Site, arn: str) -> Version:
    return _of(site, site.call("DescribeModelPackage", ModelPackageName=arn))


def _of(site: Site, package: Document) -> Version:
    reports = tuple(
        Report(f"{kind} {part}", report["S3Uri"])
        for kind, parts in package.get("ModelMetrics", {}).items()
        for part, report in parts.items()
        if report.get("S3Uri")
    )
    figures: dict[str, Figure] = {}
    for report in reports:
        for name, figure in figures_in(text_at(site, report.uri)).items():
            figures.setdefault(name, figure)
    return Version(package, reports, figures)


def _models(site: Site, package: Document, origin: Origin | None) -> list[Model]:
    return [
        _model(site, container, origin)
        for container in package.get("InferenceSpecification", {}).get("Containers", ())
    ]


def _model(site: Site, container: Document, origin: Origin | None) -> Model:
    uri = container.get("ModelDataUrl", "")
    image = container.get("Image", "")
    if not uri:
        return Model(image, None, ())
    return Model(image, facts(site, uri), tuple(lineage(site, origin, uri)))


ROUTES = (
    Route("GET", "/models", index),
    Route("GET", "/models/{group}", show_group),
    Route("GET", "/models/{group}/{version}", show),
    Route("POST", "/models/{group}/{version}/{verdict}", judge),
)
NAV = NavEntry("Models", "/models", 30)
