"""Questions outside every family, so that the model learns to say that it does not know.

A small model that has only ever seen its own families answers every question with one of them.
These questions are unlike any family, or like one but for the decisive word.
"""

from collections.abc import Callable
from random import Random

from problems.families.words import NAMES
from tir.mini.syllabus import SYLLABUS, UNTAUGHT

_FOREIGN = (
    "How many degrees are in the angle between the hands of a clock at @a:@b?",
    "What is the smallest positive angle whose sine equals the sine of @a degrees?",
    "Find the value of sin(@a) + cos(@b) in degrees.",
    "Compute log_2(@a) + log_3(@b).",
    "What is the real part of the complex number (@a + @bi)^2?",
    "Let z = @a - @bi. Find the absolute value of z.",
    "Find the number of zeros at the end of @a!.",
    "How many vertical asymptotes does the graph of y = @a/(x^2 + x - @b) have?",
    "Convert @a from base ten to base @b.",
    "What is the tens digit of the product @a times @b?",
    "A cube has edges of length @a. What is its volume?",
    "The volume of a sphere is @a pi. What is its surface area?",
    "Find the area of a regular hexagon with side length @a.",
    "The angles of a triangle are in the ratio @a:@b:3. Find the largest angle.",
    "What is the greatest prime factor of @a?",
    "What is the smallest prime factor of @a?",
    "How many prime numbers are there between @a and @b?",
    "How many even divisors does @a have?",
    "What is the sum of the odd divisors of @a?",
    "What is the units digit of @a^@b?",
    "What is the product of the digits of @a?",
    "Find the inverse of @a modulo @b.",
    "Find the remainder when the polynomial x^3 + @ax + 1 is divided by x - @b.",
    "Factor x^2 + @ax + @b completely.",
    "Complete the square for x^2 + @ax + @b.",
    "Find the vertex of the parabola y = x^2 - @ax + @b.",
    "Find the domain of the function f(x) = sqrt(x - @a) / (x - @b).",
    "Find the inverse function of f(x) = @ax + @b.",
    "Find the equation of the line through (@a, @b) with slope 2.",
    "What is the slope of the line through (1, @a) and (3, @b)?",
    "Find the midpoint of the segment from (@a, 1) to (3, @b).",
    "What is the center of the circle x^2 + y^2 - @ax + @by = 0?",
    "Solve |x - @a| = @b.",
    "Solve the equation sqrt(x + @a) = @b.",
    "Solve 2^x = @a.",
    "How many real solutions does x^4 + @ax^2 + @b = 0 have?",
    "Find all complex numbers z with z^2 = @a + @bi.",
    "Simplify sqrt(@a) + sqrt(@b).",
    "Rationalize the denominator of @a/sqrt(@b).",
    "Round @a.37 to the nearest whole number.",
    "Express 0.@a as a fraction in lowest terms.",
    "Find the sum of the infinite geometric series with first term @a and ratio 1/@b.",
    "What is the mode of @a, @b, @a, 7?",
    "Three dice are rolled. What is the probability that the sum is @a?",
    "A card is drawn from a deck. What is the probability that it is a red king or a @a?",
    "What is the expected value of the sum of @a dice?",
    "In how many ways can @a people sit around a round table?",
    "How many diagonals does a polygon with @a sides have?",
    "Find the trace of the matrix [[@a, 1], [2, @b]].",
    "Find the inverse of the matrix [[@a, 1], [2, @b]].",
    "Find the eigenvalues of the matrix [[@a, 1], [2, @b]].",
    "Find the second derivative of @ax^3 + @bx.",
    "Find the maximum of f(x) = -x^2 + @ax + @b.",
    "Find the derivative of sin(@ax).",
    "Evaluate the integral of e^(@ax) from 0 to @b.",
    "Find the area between y = x^2 and y = @ax.",
    "If @a workers need @b days, how many days do 3 workers need?",
    "A pipe fills a tank in @a hours, another in @b hours. How long do both need together?",
    "@who is @a years old. In @b years @you will be twice as old as @who. How old is @you?",
    "@who reads @a pages a day. How many weeks does a book of @b pages take?",
    "@who earns $@a per hour and works @b hours a week. How much does @who earn in a year?",
    "@who has @a stamps and gives half of them to @you, then loses @b. How many are left?",
    "@who has twice as many cards as @you. Together they have @a. How many does @you have?",
    "@who runs @a laps of @b meters each and then walks home. How many meters does @who run?",
    "There are @a rows with @b seats each. If 17 seats are taken, how many seats are free?",
    "A recipe for @a people needs @b eggs. How many eggs are needed for 12 people?",
    "A jacket costs $@a after a discount of @b%. What was the original price?",
    "A loan of $@a grows at @b% per year. What is it worth after 3 years?",
    "A train leaves at @a o'clock at @b km/h. When does a faster train at 90 km/h catch it?",
    "The average of @a numbers is @b. What is their sum?",
    "The sum of three consecutive integers is @a. What is the largest?",
    "Two numbers differ by @a and their product is @b. What are they?",
    "A rectangle has area @a and one side @b. What is its perimeter?",
    "A square has perimeter @a. What is its area?",
    "A circle has area @a pi. What is its radius?",
    "The hypotenuse of a right triangle is @a and one leg is @b. Find the other leg.",
    "Write @a in Roman numerals.",
    "What is the capital of France?",
    "Translate this sentence into German.",
    "Prove that the square root of @a is irrational.",
    "Hello, how are you today?",
    "Tell me a joke about the number @a.",
    "x",
    "@a",
)
_MORE = (
    " Then add @a to the result.",
    " Then subtract @a and take the square root.",
    " What is twice that number?",
    " Round the result to the nearest hundred.",
    " Give the last digit only.",
    " How many digits does it have?",
    " What is half of it?",
)
_SUBJECTS = (
    "farmer baker teacher gardener painter driver cook tailor runner shop factory library".split()
)
_OBJECTS = (
    "eggs pages flowers bottles miles boxes coins tiles sheep letters cookies fish bricks".split()
)
_VERBS = "makes sells loses finds paints carries eats packs collects breaks gives keeps".split()
_TIMES = "every day|each week|in an hour|every morning|a month|on Sunday|each evening".split("|")
_ENDINGS = (
    "How many @o are there after @a days?",
    "How many @o are left at the end of the week?",
    "How much more does the first one have than the second?",
    "What fraction of the @o is that?",
    "How many does that make per person?",
    "How long will the @o last?",
)


def _foreign(rng: Random) -> str:
    return rng.choice(_FOREIGN)


def _untaught(rng: Random) -> str:
    return rng.choice(UNTAUGHT).exercise(rng).question


def _story(rng: Random) -> str:
    sentences = [
        f"{rng.choice(('The', 'A'))} {rng.choice(_SUBJECTS)} {rng.choice(_VERBS)} @{rng.choice('ab')} "
        f"{rng.choice(_OBJECTS)} {rng.choice(_TIMES)}."
        for _ in range(rng.randint(1, 3))
    ]
    return " ".join([*sentences, rng.choice(_ENDINGS)]).replace("@o", rng.choice(_OBJECTS))


def _extended(rng: Random) -> str:
    return rng.choice(SYLLABUS).exercise(rng).question + rng.choice(_MORE)


def _joined(rng: Random) -> str:
    one, two = (rng.choice(SYLLABUS).exercise(rng).question for _ in range(2))
    return f"{one} {rng.choice(('Also, ', 'And then: ', 'Add this to the result: ', ''))}{two}"


_KINDS: tuple[Callable[[Random], str], ...] = (
    *(_foreign, _foreign, _foreign),
    *(_untaught, _untaught, _story, _extended, _joined),
)


def unknown(rng: Random) -> str:
    """A question that the model should decline."""
    text = rng.choice(_KINDS)(rng)
    for slot in ("@a", "@b"):
        text = text.replace(slot, str(rng.randint(2, rng.choice((12, 99, 999)))))
    for slot in ("@who", "@you"):
        text = text.replace(slot, rng.choice(NAMES))
    return text
