"""Where the images of AWS's own algorithms and frameworks lie: which account, in which region, under which tags.

The facts are those of the SDK's `image_uri_config` (sagemaker-core 2.27); a test compares them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache


@dataclass(frozen=True)
class EcrImage:
    """An image in a private registry of ECR. `tag` and `digest` are "" when the URI has none."""

    account: str
    region: str
    repository: str
    tag: str
    digest: str


@dataclass(frozen=True)
class Repository:
    """`accounts` has the registry of each region. `retired` tags still exist but are no longer supported."""

    accounts: Mapping[str, str]
    tags: tuple[str, ...]
    retired: tuple[str, ...] = ()
    # Tags whose image runs on CPUs only.
    cpu_only: tuple[str, ...] = ()


def _accounts(text: str) -> Mapping[str, str]:
    words = text.split()
    return dict(zip(words[::2], words[1::2], strict=True))


# XGBoost from 0.90 on and scikit-learn.
_FRAMEWORKS = """
    af-south-1 510948584623 ap-east-1 651117190479 ap-northeast-1 354813040037 ap-northeast-2
    366743142698 ap-northeast-3 867004704886 ap-south-1 720646828776 ap-south-2 628508329040
    ap-southeast-1 121021644041 ap-southeast-2 783357654285 ap-southeast-3 951798379941
    ap-southeast-4 106583098589 ca-central-1 341280168497 ca-west-1 190319476487 cn-north-1
    450853457545 cn-northwest-1 451049120500 eu-central-1 492215442770 eu-central-2 680994064768
    eu-north-1 662702820516 eu-south-1 978288397137 eu-south-2 104374241257 eu-west-1
    141502667606 eu-west-2 764974769150 eu-west-3 659782779980 il-central-1 898809789911
    me-central-1 272398656194 me-south-1 801668240914 sa-east-1 737474898029 us-east-1
    683313688378 us-east-2 257758044811 us-gov-east-1 237065988967 us-gov-west-1 414596584902
    us-iso-east-1 833128469047 us-isob-east-1 281123927165 us-isof-east-1 108575199400
    us-isof-south-1 124985052026 us-west-1 746614075791 us-west-2 246618743249
"""
_OLD_XGBOOST = """
    af-south-1 455444449433 ap-east-1 286214385809 ap-northeast-1 501404015308 ap-northeast-2
    306986355934 ap-northeast-3 867004704886 ap-south-1 991648021394 ap-south-2 628508329040
    ap-southeast-1 475088953585 ap-southeast-2 544295431143 ap-southeast-3 951798379941
    ap-southeast-4 106583098589 ca-central-1 469771592824 cn-north-1 390948362332 cn-northwest-1
    387376663083 eu-central-1 813361260812 eu-central-2 680994064768 eu-north-1 669576153137
    eu-south-1 257386234256 eu-south-2 104374241257 eu-west-1 685385470294 eu-west-2
    644912444149 eu-west-3 749696950732 me-central-1 272398656194 me-south-1 249704162688
    sa-east-1 855470959533 us-east-1 811284229777 us-east-2 825641698319 us-gov-east-1
    237065988967 us-gov-west-1 226302683700 us-iso-east-1 490574956308 us-isob-east-1
    765400339828 us-west-1 632365934929 us-west-2 433757028032
"""
_LINEAR_LEARNER = """
    af-south-1 455444449433 ap-east-1 286214385809 ap-northeast-1 351501993468 ap-northeast-2
    835164637446 ap-northeast-3 867004704886 ap-south-1 991648021394 ap-south-2 628508329040
    ap-southeast-1 475088953585 ap-southeast-2 712309505854 ap-southeast-3 951798379941
    ap-southeast-4 106583098589 ca-central-1 469771592824 ca-west-1 190319476487 cn-north-1
    390948362332 cn-northwest-1 387376663083 eu-central-1 664544806723 eu-central-2 680994064768
    eu-north-1 669576153137 eu-south-1 257386234256 eu-south-2 104374241257 eu-west-1
    438346466558 eu-west-2 644912444149 eu-west-3 749696950732 il-central-1 898809789911
    me-central-1 272398656194 me-south-1 249704162688 sa-east-1 855470959533 us-east-1
    382416733822 us-east-2 404615174143 us-gov-east-1 237065988967 us-gov-west-1 226302683700
    us-iso-east-1 490574956308 us-isob-east-1 765400339828 us-isof-east-1 108575199400
    us-isof-south-1 124985052026 us-west-1 632365934929 us-west-2 174872318107
"""
# Of these the short form is a tag as well: AWS's own project template has it.
_XGBOOST_090 = ("0.90-1-cpu-py3", "0.90-2-cpu-py3")
_CPU_XGBOOST = (*_XGBOOST_090, "1.0-1-cpu-py3", "1.0-1")
_SCIKIT_LEARN_TAGS = tuple(
    f"{version}-cpu-py3"
    for version in ("0.20.0", "0.23-1", "1.0-1", "1.2-1", "1.4-2", "1.4-2-py312", "1.9-0")
)
REPOSITORIES: Mapping[str, Repository] = {
    "sagemaker-xgboost": Repository(
        _accounts(_FRAMEWORKS),
        (*_CPU_XGBOOST, "1.2-1", "1.2-2", "1.3-1", "1.5-1", "1.7-1", "3.0-5", "3.2-0"),
        retired=_XGBOOST_090,
        cpu_only=_CPU_XGBOOST,
    ),
    # XGBoost 0.72.
    "xgboost": Repository(
        _accounts(_OLD_XGBOOST), ("1", "latest"), retired=("1", "latest"), cpu_only=("1", "latest")
    ),
    "linear-learner": Repository(_accounts(_LINEAR_LEARNER), ("1", "latest")),
    "sagemaker-scikit-learn": Repository(
        _accounts(_FRAMEWORKS), _SCIKIT_LEARN_TAGS, cpu_only=_SCIKIT_LEARN_TAGS
    ),
}
_ECR = re.compile(
    r"(?P<account>\d{12})\.dkr\.ecr(?:-fips)?\.(?P<region>[a-z0-9-]+)\.[a-z0-9.-]+"
    r"/(?P<repository>[^:@{}]+)(?::(?P<tag>[^@/]+))?(?:@(?P<digest>.+))?"
)


def parse_image(uri: str) -> EcrImage | None:
    """Read an image URI; None when it lies in no private ECR registry."""
    match = _ECR.fullmatch(uri)
    if match is None:
        return None
    return EcrImage(
        match["account"],
        match["region"],
        match["repository"],
        match["tag"] or "",
        match["digest"] or "",
    )


@cache
def regions_of(account: str) -> tuple[str, ...]:
    """The regions whose registries of AWS's images have this account."""
    return tuple(
        sorted(
            {
                region
                for repository in REPOSITORIES.values()
                for region, owner in repository.accounts.items()
                if owner == account
            }
        )
    )
