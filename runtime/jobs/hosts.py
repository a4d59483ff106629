"""Which hosts a training job has, what each is told about the others, and which objects of a channel each gets.

Facts of the service: hosts are called algo-1 to algo-N over all instance groups, and a host finds their names, in
lexicographic order, in resourceconfig.json. How it deals the objects of a sharded channel is not documented.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from runtime.api import ApiError

# What this machine can be asked for: each host is a process.
MOST_HOSTS = 100
_ONLY_GROUP = "homogeneousCluster"


@dataclass(frozen=True)
class InstanceGroup:
    name: str
    instance_type: str
    hosts: tuple[str, ...]


@dataclass(frozen=True)
class Cluster:
    """The hosts of one job, at least one."""

    groups: tuple[InstanceGroup, ...]

    @property
    def hosts(self) -> list[str]:
        """In lexicographic order; the first one leads."""
        return sorted(host for group in self.groups for host in group.hosts)

    @property
    def leader(self) -> Cluster:
        """The first host alone, for algorithms that do not share their work."""
        group = self.group_of(self.hosts[0])
        return Cluster((InstanceGroup(group.name, group.instance_type, (self.hosts[0],)),))

    def group_of(self, host: str) -> InstanceGroup:
        return next(group for group in self.groups if host in group.hosts)

    def resource_config(self, host: str) -> dict[str, Any]:
        """resourceconfig.json, as this host sees it."""
        group = self.group_of(host)
        return {
            "current_host": host,
            "current_instance_type": group.instance_type,
            "current_group_name": group.name,
            "hosts": self.hosts,
            "instance_groups": [
                {
                    "instance_group_name": one.name,
                    "instance_type": one.instance_type,
                    "hosts": list(one.hosts),
                }
                for one in self.groups
            ],
            "network_interface_name": self.network_interface,
        }

    @property
    def network_interface(self) -> str:
        """One host has the service's; several are on one machine, which they reach by its loopback interface."""
        return "eth0" if len(self.hosts) == 1 else "lo"

    def addresses(self, job_arn: str) -> dict[str, str]:
        """A loopback address of its own for each of several hosts; other jobs have others, so that ports do not meet."""
        if len(self.hosts) == 1:
            return {}
        high, low = divmod(zlib.crc32(job_arn.encode()) % (254 * 256), 256)
        return {host: f"127.{high + 1}.{low}.{at}" for at, host in enumerate(self.hosts, 1)}

    def share(self, host: str, source: Mapping[str, Any]) -> slice:
        """Which of an S3DataSource's objects, in the order of their keys, go to this host.

        Sharded objects are dealt one by one to the hosts in the order of their numbers.
        """
        groups = source.get("InstanceGroupNames") or [group.name for group in self.groups]
        receivers = [name for group in self.groups if group.name in groups for name in group.hosts]
        if host not in receivers:
            return slice(0)
        if source.get("S3DataDistributionType") != "ShardedByS3Key":
            return slice(None)
        return slice(receivers.index(host), None, len(receivers))


def cluster_of(job: Mapping[str, Any]) -> Cluster:
    """The hosts that a training request asks for; one when it does not say."""
    config = job.get("ResourceConfig") or {}
    wanted = config.get("InstanceGroups") or [
        {
            "InstanceGroupName": _ONLY_GROUP,
            "InstanceType": config.get("InstanceType", "local"),
            "InstanceCount": _count(config),
        }
    ]
    groups, first = [], 1
    for group in wanted:
        after = first + group["InstanceCount"]
        hosts = tuple(f"algo-{number}" for number in range(first, after))
        groups.append(InstanceGroup(group["InstanceGroupName"], group["InstanceType"], hosts))
        first = after
    return Cluster(tuple(groups))


def check_hosts(job: Mapping[str, Any]) -> None:
    """Refuse a training request whose hosts cannot be had here, or that names groups it lacks. Raises ApiError."""
    config = job.get("ResourceConfig") or {}
    groups = config.get("InstanceGroups")
    hosts = sum(group["InstanceCount"] for group in groups) if groups else _count(config)
    if not 1 <= hosts <= MOST_HOSTS:
        raise ApiError(
            "ResourceLimitExceeded",
            f"A training job has 1 to {MOST_HOSTS} hosts in the local runtime but {hosts} were requested; "
            "each host is a process on this machine. Ask for fewer in ResourceConfig.InstanceCount.",
        )
    names = [group.name for group in cluster_of(job).groups]
    for channel in job.get("InputDataConfig") or []:
        source = channel["DataSource"].get("S3DataSource") or {}
        for name in source.get("InstanceGroupNames") or []:
            if name not in names:
                raise ApiError(
                    "ValidationException",
                    f"Channel '{channel['ChannelName']}' names the instance group '{name}', which "
                    f"ResourceConfig.InstanceGroups lacks; it has: {', '.join(names)}.",
                )


def _count(config: Mapping[str, Any]) -> int:
    return config.get("InstanceCount") or 1
