"""The endpoint's parts, without a server: budgets, addresses and keys, stop strings, waits, and
what is read of replies that are none."""

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from itertools import pairwise
from pathlib import Path

import openai
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tir.errors import BadInput
from tir.models.base import Halt
from tir.models.endpoint.address import NO_KEY, Address
from tir.models.endpoint.budget import Bill, Budget, Prices, Purse
from tir.models.endpoint.failure import Dropped, Failure, is_passing, is_too_long, retry_after
from tir.models.endpoint.patience import Patience
from tir.models.endpoint.reply import Fragment, read
from tir.models.endpoint.reward import scores
from tir.models.endpoint.stoptext import StopText
from tir.models.endpoint.taken import Taken

ROOT = Path(__file__).parent.parent
SECRET = "sk-secret"


@pytest.mark.parametrize(
    ("text", "tokens"), [("200", 200), ("200k", 200_000), ("1.5M", 1_500_000), (" 3 k ", 3_000)]
)
def test_a_budget_of_tokens(text: str, tokens: int) -> None:
    assert Budget.parse(text) == Budget(tokens=tokens)


def test_a_budget_of_money_needs_prices() -> None:
    prices = Prices.parse("2.50/10")
    assert prices == Prices(prompt=2.5, cached=2.5, generated=10.0)
    assert Prices.parse("2/0.5/10").cached == 0.5
    assert Budget.parse("$2.50", prices) == Budget(money=2.5, prices=prices)
    with pytest.raises(ValueError, match="needs prices"):
        Budget.parse("$2.50")


@pytest.mark.parametrize("text", ["", "0", "-3", "many", "1e9", "$", "nan", "200kk"])
def test_what_is_no_budget(text: str) -> None:
    with pytest.raises(ValueError, match="is no budget"):
        Budget.parse(text)


@pytest.mark.parametrize("text", ["", "1", "1/2/3/4", "a/b", "-1/2", "nan/1", "inf/1"])
def test_what_is_no_price(text: str) -> None:
    with pytest.raises(ValueError, match="is no price"):
        Prices.parse(text)


def test_a_purse_knows_what_was_billed_and_what_the_server_said() -> None:
    purse = Purse(Budget(money=1.0, prices=Prices(prompt=1000.0, cached=100.0, generated=4000.0)))
    bill = Bill(purse, prompt=500)
    bill.more(7)
    assert (purse.tokens, purse.is_empty) == (507, False)
    bill.settle(prompt=400, cached=300, generated=10)
    assert (purse.prompt, purse.cached, purse.generated) == (400, 300, 10)
    assert purse.money == pytest.approx(0.1 + 0.03 + 0.04)
    Bill(purse, prompt=1000)
    assert purse.is_empty


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("http://localhost:8000", "http://localhost:8000/v1"),
        ("http://localhost:8000/v1/", "http://localhost:8000/v1"),
        ("https://example.com/compatible-mode/v1", "https://example.com/compatible-mode/v1"),
    ],
)
def test_an_address_is_that_of_the_api(text: str, url: str) -> None:
    assert Address.parse(text, {}) == Address(url, NO_KEY)


@pytest.mark.parametrize(
    "text", ["", "localhost:8000", "ftp://x", "http://", "http://x:99999", "http://me:pw@x/v1"]
)
def test_what_is_no_address(text: str) -> None:
    with pytest.raises(BadInput) as caught:
        Address.parse(text, {})
    assert "pw" not in str(caught.value)
    assert len(str(caught.value).splitlines()) == 3


def key(url: str, **environment: str) -> str:
    return Address.parse(url, environment).key.secret


def test_openai_s_key_goes_to_openai_and_to_whom_its_variables_name() -> None:
    assert key("https://api.openai.com/v1", OPENAI_API_KEY=SECRET) == SECRET
    assert key("http://elsewhere/v1", OPENAI_API_KEY=SECRET) == NO_KEY.secret
    assert key("https://notopenai.com/v1", OPENAI_API_KEY=SECRET) == NO_KEY.secret
    there = {"OPENAI_API_KEY": SECRET, "OPENAI_BASE_URL": "http://gpu:8000/v1"}
    assert key("http://gpu:8000/v1", **there) == SECRET
    assert key("http://elsewhere/v1", TIR_API_KEY=SECRET) == SECRET


def test_a_key_is_never_shown() -> None:
    address = Address.parse("http://x", {"TIR_API_KEY": SECRET})
    assert SECRET not in f"{address!r} {address} {address.key!r} {address.key}"
    said = Failure(address, "m").clean(f"bad key {SECRET}\x1b[2J\nnext")
    assert said == "bad key [key] [2J next"


@given(st.text("ab`o\n", max_size=40), st.lists(st.integers(0, 40)), st.data())
def test_a_stop_string_ends_the_text_however_it_comes(
    text: str, cuts: list[int], data: st.DataObject
) -> None:
    stops = tuple(data.draw(st.lists(st.text("ab`o\n", min_size=1, max_size=5), max_size=3)))
    watch, given_out = StopText(stops), ""
    places = sorted({0, len(text), *(cut for cut in cuts if cut <= len(text))})
    for begin, end in pairwise(places):
        given_out += watch.feed(text[begin:end])
    ends = [text.find(stop) + len(stop) for stop in stops if stop in text]
    # Character by character, what a model says ends with the first stop string completed.
    assert given_out == (text[: min(ends)] if ends else text)
    assert watch.is_complete is bool(ends)


@given(st.text("ab .\n(1", max_size=30), st.integers(1, 5))
def test_what_is_handed_out_is_never_taken_back_and_nothing_is_lost(text: str, size: int) -> None:
    taken, out = Taken.of(()), ""
    for begin in range(0, len(text), size):
        taken.take(Fragment(text=text[begin : begin + size]))
        out += taken.give()
        assert text.startswith(out)
    taken.take(Fragment(finish="stop"))
    assert out + taken.give() == text
    assert taken.halt is Halt.EOS


def test_a_text_goes_on_from_where_tokens_end() -> None:
    taken = Taken.of(())
    taken.take(Fragment(text="I compute the expr"))
    assert taken.give() == "I compute the"
    taken.rewind(())
    assert taken.text == "I compute the"
    taken.take(Fragment(text=" expression."))
    assert taken.give() == " expression"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                "choices delta message text content usage prompt_tokens tool_calls function index "
                "finish_reason stop_reason token_ids prompt_tokens_details cached_tokens".split()
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(JSON)
def test_any_json_is_a_fragment_or_no_chunk(chunk: object) -> None:
    try:
        part = read(chunk)
    except Dropped:
        return
    assert isinstance(part.text, str)
    assert all(isinstance(call.arguments, str) for call in part.calls)
    assert part.counted is None or 0 <= part.counted.cached <= part.counted.prompt


@given(JSON)
def test_any_json_is_scores_or_none(data: object) -> None:
    try:
        found = scores(data)
    except ValueError:
        return
    assert found
    assert all(isinstance(number, float) for number in found)


HTTP = sys.modules[openai.DefaultHttpxClient.__mro__[1].__module__.split(".")[0]]
"""The library that this version of the client is built on."""


def refusal(
    status: int, message: str = "no", headers: dict[str, str] | None = None
) -> openai.APIStatusError:
    """An error as the client raises it."""
    reply = HTTP.Response(
        status,
        headers=headers,
        json={"error": {"message": message}},
        request=HTTP.Request("POST", "http://x/v1/completions"),
    )
    with openai.OpenAI(api_key="x") as client:
        return client._make_status_error_from_response(reply)


@pytest.mark.parametrize("status", [408, 409, 429, 500, 502, 503, 529])
def test_what_passes_is_waited_for(status: int) -> None:
    assert is_passing(refusal(status))


@pytest.mark.parametrize("status", [400, 401, 403, 404, 422])
def test_what_does_not_pass_is_not(status: int) -> None:
    assert not is_passing(refusal(status))


def test_an_empty_account_does_not_fill_by_waiting() -> None:
    assert not is_passing(refusal(429, "You exceeded your current quota: insufficient_quota"))


@pytest.mark.parametrize(
    "words",
    [
        "This model's maximum context length is 4096 tokens. However, you requested 5000.",  # vLLM
        "the request exceeds the available context size, try increasing it",  # llama.cpp
        "Input is too long for the context window",
        "Requested token count exceeds the model's maximum context length",  # SGLang
    ],
)
def test_words_for_a_prompt_that_is_too_long(words: str) -> None:
    assert is_too_long(refusal(400, words))
    assert not is_too_long(refusal(500, words))


def test_waits_grow_are_jittered_and_end() -> None:
    patience = Patience(attempts=5, base=1.0, longest=3.0)
    error = refusal(500)
    for failures, most in ((1, 1.0), (2, 2.0), (3, 3.0), (4, 3.0)):
        waits = [patience.wait(failures, error) or 0.0 for _ in range(50)]
        assert 0 <= min(waits) < max(waits) <= most
    assert patience.wait(5, error) is None
    assert patience.wait(1, refusal(400)) is None


def test_the_server_s_word_on_waiting_goes() -> None:
    patience = Patience(base=0.5)
    assert 7.0 <= (patience.wait(1, refusal(429, headers={"Retry-After": "7"})) or 0) <= 7.5
    assert patience.wait(1, refusal(429, headers={"Retry-After": "86400"})) is None
    date = format_datetime(datetime.now(UTC) + timedelta(seconds=30))
    assert 25 < (retry_after(refusal(503, headers={"Retry-After": date})) or 0) <= 30
    assert retry_after(refusal(503, headers={"Retry-After": "soon"})) is None


def test_importing_the_engine_loads_no_client() -> None:
    code = "import sys, tir, tir.models.options, tir.cli; assert 'openai' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)
