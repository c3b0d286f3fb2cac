"""Options of selection: what reaches the command, and what goes together."""

import click
from click.testing import CliRunner

from tir.cli.options import budget_options, model_options
from tir.cli.selection import selection_options
from tir.models.options import LoadOptions
from tir.policy import Policy, Select


@click.command()
@model_options
@budget_options
@selection_options
@click.pass_context
def command(context: click.Context, /, **given: object) -> None:
    """Keeps what it is given."""
    context.obj.update(given)


def given(*arguments: str) -> dict[str, object]:
    found: dict[str, object] = {}
    done = CliRunner().invoke(command, arguments, obj=found, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return found


def test_the_reward_model_goes_where_the_model_goes() -> None:
    found = given("--reward", "org/rm", "--device", "cpu", "--dtype", "bfloat16", "--quantize",
                  "int8", "--concurrency", "7", "--trust-reward-code")  # fmt: skip
    assert found["reward"] == "org/rm"
    assert found["reward_options"] == LoadOptions(
        device="cpu", dtype="bfloat16", concurrency=7, trust_remote_code=True
    )
    options = found["options"]
    assert isinstance(options, LoadOptions)
    # Consent is for the reward model's code only.
    assert not options.trust_remote_code


def test_two_servers_are_two_servers() -> None:
    found = given("--endpoint", "http://a/v1", "--reward-endpoint", "http://b/v1")
    options, judging = found["options"], found["reward_options"]
    assert isinstance(options, LoadOptions)
    assert isinstance(judging, LoadOptions)
    assert (options.endpoint, judging.endpoint) == ("http://a/v1", "http://b/v1")
    assert found["reward"] == "auto"


def test_the_policy_is_completed() -> None:
    policy = given("--reward", "org/rm", "--select", "weighted", "--prune", "--wave", "4",
                   "--risk", "0.05", "-n", "8")["policy"]  # fmt: skip
    assert isinstance(policy, Policy)
    assert (policy.select, policy.prune, policy.wave) == (Select.WEIGHTED, True, 4)
    assert (policy.risk, policy.samples) == (0.05, 8)
