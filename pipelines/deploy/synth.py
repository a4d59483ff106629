"""synth: a composition and an environment become a definition and the assets it refers to.

offline surroundings -> compose -> the SDK's document -> corrections -> canonical text. No network, no
credentials; the same input gives the same bytes.
"""

from __future__ import annotations

import gc
import importlib
import json
import pkgutil
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

from params.environment import Environment, InvalidEnvironment
from pipelines import compositions
from pipelines.definition.check import near
from pipelines.definition.document import canonical
from pipelines.deploy import neutral, synth_cache
from pipelines.deploy.blame import blamed
from pipelines.deploy.errors import DeployError, UsageError, listed
from pipelines.deploy.models import Asset, Synthesis


class CompositionFailed(DeployError):
    """A composition cannot be composed: its settings or a step's configuration would be refused."""


def composition_names() -> tuple[str, ...]:
    """The pipelines there are: a file in pipelines/compositions, `_` written as `-`; sorted."""
    modules = pkgutil.iter_modules(compositions.__path__)
    return tuple(sorted(module.name.replace("_", "-") for module in modules))


def check_names(names: Iterable[str]) -> None:
    """Raise UsageError for a name that no composition has."""
    known = composition_names()
    for name in names:
        if name not in known:
            raise UsageError(f"no pipeline '{name}'{near(name, known)}")


def cached(name: str, env: Environment, *, use: bool = True) -> Synthesis:
    """What `synthesise` gives, from the cache when nothing has changed since; not `use`: composed anew."""
    check_names([name])
    entry_key = synth_cache.key(name, env)
    if use and (found := synth_cache.find(entry_key)):
        return found
    # Not at the top: it looks for the SDK's surroundings, which a hit doesn't need.
    from pipelines.deploy.reads import recorded_reads

    with recorded_reads() as read:
        synthesis = synthesise(name, env)
    try:
        synth_cache.keep(entry_key, synthesis, read)
    except OSError as error:
        print(f"note: {name} is composed anew each time: {error}", file=sys.stderr)
    return synthesis


def synthesise(name: str, env: Environment) -> Synthesis:
    """Compose the pipeline `name`. Raises UsageError for an unknown name, CompositionFailed otherwise."""
    check_names([name])
    # Not at the top, like the session below: boto3 and the SDK take longer than a wrong name may.
    from pipelines.deploy.offline import offline

    with offline(env.region), _uncollected_import():
        module = f"{compositions.__name__}.{name.replace('-', '_')}"
        try:
            return synthesise_module(name, importlib.import_module(module), env)
        except InvalidEnvironment as error:
            raise CompositionFailed(listed(name, error.problems)) from error
        except CompositionFailed:
            raise
        except Exception as error:
            # A composition is code: anything can be wrong with it.
            if text := blamed(name, error):
                raise CompositionFailed(text) from error
            raise


def synthesise_module(name: str, composition: ModuleType, env: Environment) -> Synthesis:
    """Compose with a module's `compose`; call it inside `offline`."""
    from pipelines.deploy.places import recorded_places

    if not hasattr(composition, "compose"):
        raise CompositionFailed(f"{composition.__name__} has no function compose(env, session)")
    with recorded_places() as places:
        composed, document, assets = _compose(composition, env)
    if composed != name:
        raise CompositionFailed(
            f"{composition.__name__} composes a pipeline named '{composed}'; call it '{name}'"
        )
    summary = (composition.__doc__ or "").strip().partition("\n")[0]
    return Synthesis(
        name=env.named(name),
        description=summary,
        definition=canonical(_tracked(document, env, env.named(name))),
        assets=assets,
        places=places,
        parallelism=_parallelism(composition),
        source=_source(composition, env),
    )


def _compose(
    composition: ModuleType, env: Environment
) -> tuple[str, dict[str, Any], tuple[Asset, ...]]:
    """The name the composition gives itself, its document and its assets."""
    from pipelines.deploy.corrections import correct
    from pipelines.deploy.session import OfflineSession, without_side_effects

    session = OfflineSession(env)
    with without_side_effects():
        pipeline = composition.compose(env, session)
        if not hasattr(pipeline, "definition"):
            raise CompositionFailed(
                f"{composition.__name__}: compose must return a Pipeline but returned {pipeline!r}"
            )
        document: dict[str, Any] = json.loads(pipeline.definition())
    return pipeline.name, correct(document), session.assets


def _source(composition: ModuleType, env: Environment) -> str | None:
    from pipelines.deploy.offline import offline

    with offline(neutral.REGION):
        try:
            _, document, _ = _compose(composition, neutral.neutral(env))
        except Exception:  # noqa: BLE001
            return None  # it needs to know the environment, so there is nothing that is the same in all
    return neutral.source_digest(document)


def _tracked(document: dict[str, Any], env: Environment, name: str) -> dict[str, Any]:
    """Have SageMaker log executions to the environment's MLflow, unless the composition has chosen one."""
    if not env.mlflow.startswith("arn:"):
        return document
    config = {"MlflowResourceArn": env.mlflow, "MlflowExperimentName": name}
    return {"MlflowConfig": config, **document}


def _parallelism(composition: ModuleType) -> int | None:
    """How many steps may run at a time, as the module's MAX_PARALLEL_STEPS says; None without one."""
    most: object = getattr(composition, "MAX_PARALLEL_STEPS", None)
    if most is None or (isinstance(most, int) and not isinstance(most, bool) and most >= 1):
        return most
    raise CompositionFailed(
        f"{composition.__name__}: MAX_PARALLEL_STEPS must be a whole number from 1 but is {most!r}"
    )


@contextmanager
def _uncollected_import() -> Iterator[None]:
    """Keep the garbage collector off the SDK's modules.

    They make objects by the hundred thousand that all live to the end; looking for garbage among them, while they
    are imported and once more at exit, took half of a command's time (3.3 s, without 1.7 s).
    """
    if "sagemaker" in sys.modules or not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
