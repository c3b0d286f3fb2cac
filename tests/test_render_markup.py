"""Text of models and questions as HTML: read as they meant it, harmless whatever it says."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pages import TEXT, harmless

from tir.render.markup import answer, code, inline, markup

ATTACKS = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "</details></template></p></script>",
    "<!--",
    "]]>",
    "[x](javascript:alert(1))",
    "&lt;b&gt;",
    "\x1b[2J",
    "\x000\x00",
    "\u202e21",
    "\ud800",
)
PIECES = (
    *ATTACKS, "**", "$", "$$", "\\(", "\\)", "\\[", "\\]", "```", "`", "\n", "\n\n", "# ", "- ",
    "1. ", "  ", "\\boxed{", "}", r"\frac{1}{2}", "x^2", "word", "---", r"\text{", r"\href{",
)  # fmt: skip


@pytest.mark.parametrize("draw", [markup, inline, answer, code])
@pytest.mark.parametrize("attack", ATTACKS)
def test_no_text_brings_an_element_of_its_own(draw: object, attack: str) -> None:
    assert callable(draw)
    plain = harmless(draw(attack), TEXT)
    assert plain.text.strip() or attack == "\x000\x00"
    harmless(draw(f"**a {attack}** `{attack}` ${attack}$ \\[{attack}\\]\n- {attack}\n"), TEXT)


@given(st.lists(st.sampled_from(PIECES) | st.text(max_size=5), max_size=20).map("".join))
@example("\x000\x00")
@example("```\n</pre>\n```")
@example("1. a\n- b\n  c\n2) d")
@settings(deadline=None, max_examples=300)
def test_whatever_the_text_it_is_well_nested_and_of_the_list(text: str) -> None:
    for draw in (markup, inline, answer):
        harmless(draw(text), TEXT)


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("a\nb\n\nc", "<p>a<br>b</p><p>c</p>"),
        ("### Step **1**", "<p><strong>Step 1</strong></p>"),
        ("**a** b", "<p><strong>a</strong> b</p>"),
        ("2**3 and 4**2", "<p>2**3 and 4**2</p>"),
        ("- a\n- b", "<ul><li>a</li><li>b</li></ul>"),
        ("3. a\n\n4. b\nc", '<ol start="3"><li>a</li><li>b</li></ol><p>c</p>'),
        ("use `a<b`", "<p>use <code>a&lt;b</code></p>"),
        (
            "```python\nx = 1\n```",
            '<pre class="tir-code"><code>x = 1\n</code></pre>',
        ),
        ("it costs $5 or $7", "<p>it costs $5 or $7</p>"),
        ("so $x$.", "<p>so <math><mi>x</mi></math>.</p>"),
        ("**so $x$**", "<p><strong>so <math><mi>x</mi></math></strong></p>"),
        (
            "so\n\\[x\\]\nthen\nand",
            '<p>so<math display="block"><mi>x</mi></math>then<br>and</p>',
        ),
        (r"\[x\]", '<p><math display="block"><mi>x</mi></math></p>'),
        (r"$\frac$", r'<p><code class="tir-tex">$\frac$</code></p>'),
    ],
)
def test_markdown_of_models(text: str, html: str) -> None:
    assert markup(text) == html


def test_within_a_line_nothing_breaks_it() -> None:
    drawn = inline("a\n\n\\[x\\]\n```\ncode\n```\n- b")
    assert "<p" not in drawn
    assert "display" not in drawn
    assert "\n" not in drawn


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("42", "<math><mn>42</mn></math>"),
        (r"\frac12", "<math><mfrac><mn>1</mn><mn>2</mn></mfrac></math>"),
        (
            r"\frac12, 3",
            "<math><mfrac><mn>1</mn><mn>2</mn></mfrac><mo>,</mo><mn>3</mn></math>",
        ),
        ("Evelyn", "Evelyn"),
        ("x = 3 or x = 5", "x = 3 or x = 5"),
        (r"the ratio $\frac12$", "the ratio <math><mfrac><mn>1</mn><mn>2</mn></mfrac></math>"),
        ("1441 km", "1441 km"),
        ("12 km/h", "12 km/h"),
        ("ab", "<math><mi>a</mi><mi>b</mi></math>"),
        ("", ""),
        ("{", '<code class="tir-tex">{</code>'),
        (
            "{3}",
            '<math><mo stretchy="false">{</mo><mn>3</mn><mo stretchy="false">}</mo></math>',
        ),
        ("{x}^{2}", "<math><msup><mi>x</mi><mn>2</mn></msup></math>"),
    ],
)
def test_answers_are_mathematics_or_words(text: str, html: str) -> None:
    assert answer(text) == html
