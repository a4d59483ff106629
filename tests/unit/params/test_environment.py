from __future__ import annotations

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from params.environment import DIRECTORY, Environment, InvalidEnvironment, branch, load, names

AWS = {
    "ARTIFACT_BUCKET": "team-artifacts",
    "SAGEMAKER_PIPELINE_ROLE_ARN": "arn:aws:iam::123456789012:role/Pipelines",
}
GOOD = """
region = "eu-west-1"
role_arn = "arn:aws:iam::123456789012:role/Pipelines"
bucket = "team-artifacts"
prefix = "models"
runtime = ""
[tags]
team = "prices"
[disabled_rules]
[parameters.tiny]
Uri = "s3://{bucket}/{prefix}/x.csv"
Rounds = 3
Rate = 0.5
Fast = true
"""


@pytest.fixture
def environment(tmp_path):
    def write_and_load(text, variables=None):
        (tmp_path / "test.toml").write_text(text)
        return load("test", directory=tmp_path, variables=variables or {})

    return write_and_load


def _shape(value):
    return {key: _shape(each) for key, each in value.items()} if isinstance(value, dict) else None


def test_every_environment_has_the_same_keys():
    files = [tomllib.loads(path.read_text()) for path in sorted(DIRECTORY.glob("*.toml"))]
    assert len(files) == 3
    assert all(_shape(each) == _shape(files[0]) for each in files)


@pytest.mark.parametrize("name", names())
def test_every_environment_loads(name):
    loaded = load(name, variables=AWS)
    assert (loaded.runtime is None) == (name != "local")
    assert loaded.parameters["house-price"]["InputDataUri"].startswith(f"s3://{loaded.bucket}/")


def test_values_become_an_environment(environment):
    assert environment(GOOD) == Environment(
        name="test",
        region="eu-west-1",
        role_arn="arn:aws:iam::123456789012:role/Pipelines",
        bucket="team-artifacts",
        prefix="models",
        runtime=None,
        tags={"team": "prices"},
        parameters={
            "tiny": {
                "Uri": "s3://team-artifacts/models/x.csv",
                "Rounds": 3,
                "Rate": 0.5,
                "Fast": True,
            }
        },
    )


def test_region_comes_from_the_process_environment_or_its_default():
    assert load("dev", variables=AWS).region == "us-east-1"
    assert load("dev", variables=AWS | {"AWS_REGION": "eu-west-1"}).region == "eu-west-1"


def test_every_unset_variable_is_named():
    with pytest.raises(InvalidEnvironment) as error:
        load("prod", variables={})
    assert [problem.split("variable ")[1].split(",")[0] for problem in error.value.problems] == [
        "SAGEMAKER_PIPELINE_ROLE_ARN",
        "ARTIFACT_BUCKET",
    ]


def test_an_unknown_environment_offers_the_near_miss():
    with pytest.raises(InvalidEnvironment, match=r"'prd' does not exist; did you mean 'prod'\?"):
        load("prd")


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ('region = "eu-west-1"', 'region = "Ireland"', "'region' must be an AWS region"),
        ("role/Pipelines", "user/Pipelines", "'role_arn' must be the ARN of a role"),
        ('"team-artifacts"', '"Team_Artifacts"', "'bucket' must be a bucket name"),
        ('"models"', '"/models"', "'prefix' must be an S3 key prefix"),
        ('runtime = ""', "runtime = 3", "'runtime' must be a directory"),
        ('prefix = "models"', "", "'prefix' is missing"),
        ('prefix = "models"', 'prefix = "m"\nprefx = "m"', "unknown setting 'prefx'; did you mean"),
        ('team = "prices"', "team = 3", "'tags.team' must be a text"),
        ('team = "prices"', '"aws:x" = "y"', "tag key 'aws:x'"),
        ("Rounds = 3", "Rounds = [3]", "'parameters.tiny.Rounds' must be a text, number"),
        ("Rounds = 3", '"a b" = 3', "a parameter name is"),
        ("[parameters.tiny]", "[parameters.tiny_one]", "not a pipeline name"),
        ("{prefix}/x", "{prefx}/x", "{prefx} stands for nothing; did you mean 'prefix'?"),
        ("Rounds = 3", "Rounds = ", "not TOML"),
        ('runtime = ""', 'runtime = ""\naccount = "12345"', "'account' must be the 12 digits"),
        (
            'runtime = ""',
            'runtime = ""\naccount = "210987654321"',
            "'role_arn' is of account 123456789012, but 'account' is 210987654321",
        ),
        ('runtime = ""', 'runtime = ""\nprofile = 3', "'profile' must be a profile"),
        ("[tags]", "jobs = 3\n[tags]", "'jobs' must be a table"),
        ("[disabled_rules]", "[disabled_rules]\n[jobs]\nspot = 1", "'jobs.spot' must be true"),
    ],
)
def test_each_mistake_is_named(environment, before, after, message):
    with pytest.raises(InvalidEnvironment) as error:
        environment(GOOD.replace(before, after))
    assert message in str(error.value)


def test_all_mistakes_are_reported_at_once(environment):
    with pytest.raises(InvalidEnvironment) as error:
        environment(
            GOOD.replace("eu-west-1", "x").replace("models", "/").replace("{bucket}", "{b}")
        )
    assert len(error.value.problems) == 2  # places are filled only once the settings are right


def test_a_tag_whose_variable_is_not_set_is_no_tag():
    assert sorted(load("dev", variables=AWS).tags) == ["environment", "project"]
    inside = load("dev", variables=AWS | {"SAGEMAKER_PROJECT_NAME": "prices"})
    assert inside.tags["sagemaker:project-name"] == "prices"


def test_an_account_and_lists_come_from_variables_too(environment):
    text = GOOD.replace('runtime = ""', 'runtime = ""\naccount = "${ACCOUNT:-}"') + """
[jobs]
subnets = ["${SUBNET}"]
security_group_ids = ["sg-0a1b2c3d"]
kms_key = ""
network_isolation = false
encrypt_traffic = false
spot = false
max_wait = 0
tag = false
"""
    loaded = environment(text, {"SUBNET": "subnet-0a1b2c3d", "ACCOUNT": "123456789012"})
    assert loaded.jobs.subnets == ("subnet-0a1b2c3d",)
    assert loaded.account == "123456789012"
    assert environment(text, {"SUBNET": "subnet-0a1b2c3d"}).account == ""


def test_a_branch_has_names_and_keys_of_its_own_but_reads_the_same_data(environment):
    plain = environment(GOOD)
    other = branch(plain, "feature-x")
    assert (other.named("tiny"), other.prefix) == ("tiny-feature-x", "models/feature-x")
    assert other.tags == {"team": "prices", "suffix": "feature-x"}
    assert (other.parameters, other.shared_prefix) == (plain.parameters, "models")
    assert branch(plain, "") == plain
    assert (plain.named("tiny"), plain.shared_prefix) == ("tiny", "models")


@pytest.mark.parametrize(
    "suffix", ["Feature", "a_b", "-a", "a-", "a--b", "a/b", "a" * 31, "ü", "a\n"]
)
def test_a_suffix_must_fit_names_and_keys(environment, suffix):
    with pytest.raises(InvalidEnvironment, match="lower-case letters and digits"):
        branch(environment(GOOD), suffix)


@given(st.text() | st.binary())
def test_any_file_is_an_environment_or_an_invalid_one(tmp_path_factory, content):
    directory = tmp_path_factory.mktemp("environments")
    data = content if isinstance(content, bytes) else content.encode("utf-8", "surrogatepass")
    (directory / "any.toml").write_bytes(data)
    with pytest.raises(InvalidEnvironment):
        load("any", directory=directory, variables={})


ARN = "arn:aws:sagemaker:eu-west-1:123456789012:mlflow-tracking-server/team"


@pytest.mark.parametrize("value", ["off", "local", ARN, ARN.replace("tracking-server", "app")])
def test_tracking_is_off_local_or_an_mlflow_in_sagemaker(environment, value):
    assert environment(f'mlflow = "{value}"\n{GOOD}').mlflow == value


def test_an_environment_that_says_nothing_of_tracking_has_none(environment):
    assert environment(GOOD).mlflow == "off"


@pytest.mark.parametrize("value", ["", "on", "http://localhost:5000", ARN.replace("mlflow-", "")])
def test_another_place_to_track_is_refused(environment, value):
    with pytest.raises(InvalidEnvironment, match="'mlflow' must be off, local, or the ARN"):
        environment(f'mlflow = "{value}"\n{GOOD}')


@pytest.mark.parametrize("name", names())
def test_every_environment_takes_tracking_from_the_process(name):
    assert load(name, variables=AWS).mlflow == "off"
    assert load(name, variables=AWS | {"SAGEMAKER_MLFLOW": "local"}).mlflow == "local"
