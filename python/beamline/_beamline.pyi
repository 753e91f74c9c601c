"""The native part of the package: made by python/stubs, not by hand."""

from collections.abc import Sequence
from typing import Any, Final, SupportsFloat, SupportsIndex, TypeAlias, final

import numpy as np
import numpy.typing as npt

__all__ = [
    "Completion",
    "Engine",
    "Figure",
    "GenerationError",
    "ModelError",
    "Outlook",
    "Run",
    "Tokenizer",
    "Tree",
    "__version__",
    "attention",
    "check_options",
    "compare",
    "contrast",
    "embeddings",
    "explain",
    "figure",
    "inspect",
    "option_specs",
    "plot_arguments",
    "report",
    "row_seed",
    "run_files",
    "run_many",
    "score",
    "search_tree",
    "topic_names",
    "verify",
]

_Ints: TypeAlias = npt.NDArray[np.int64]
_Floats: TypeAlias = npt.NDArray[np.float64]
_Rows: TypeAlias = npt.NDArray[np.float32]

class ModelError(RuntimeError):
    """A model that cannot be found, downloaded or read."""

class GenerationError(RuntimeError):
    """A generation that failed while it ran."""

__version__: Final[str]

@final
class Completion:
    """
    Completions of prompts.
    """
    def bundle(self, /) -> str:
        """
        What is needed to run it again and to compare bit for bit, as JSON.
        """
    def columns(self, /, sequence: SupportsIndex) -> tuple[_Ints, _Floats, _Floats, _Ints, _Floats]:
        """
        The numbers of a sequence's tokens.
        """
    def json(self, /) -> str:
        """
        All of it as JSON, as the command has it.
        """
    def outline(self, /) -> str:
        """
        All of it but the tokens' numbers, as JSON.
        """
    def path(self, /, sequence: SupportsIndex) -> _Ints:
        """
        The nodes of a sequence: the prompt's, then one for each token.
        """
    def rows(self, /, prompt: SupportsIndex) -> list[tuple[_Ints, _Ints, _Rows | None, _Rows | None]]:
        """
        The rows that were kept of a prompt, step by step. They are given away, without a copy: a second call gives none.
        """
    def token_texts(self, /, sequence: SupportsIndex) -> list[str]:
        """
        The texts of a sequence's tokens.
        """

@final
class Engine:
    """
    A model with its tokenizer, ready to generate.
    """
    def __new__(
        cls,
        /,
        model: str,
        dtype: str | None = None,
        activations: str | None = None,
        threads: SupportsIndex | None = None,
        pre: str | None = None,
        mapped: bool = True,
    ) -> Engine: ...
    def chat_prompt(
        self, /, conversation_json: str, template: str | None = None, day: SupportsIndex | None = None
    ) -> tuple[str, list[int], list[int]]:
        """
        A conversation as the model reads it: text, token ids, and the end tokens of an answer. `template` is the source of
        one, in place of the model's own; `day` is the day that templates may write, counted from 1970-01-01, in place of today.
        """
    @property
    def chat_templates(self, /) -> list[str]:
        """
        The names of the chat templates.
        """
    @property
    def context(self, /) -> int:
        """
        The most tokens of a text.
        """
    def defaults(self, /) -> str:
        """
        The model's own defaults, as JSON: each option with its value and where it came from.
        """
    def digest(self, /, files: bool = False) -> tuple[str | None, str]:
        """
        What tells this model from others: of the tokens of a fixed text and of a few logits, to the bit. With `files` also the
        SHA-256 of all its files, which are read for it.
        """
    def effective(self, /, options_json: str) -> str:
        """
        Every option that these mean, with its value and where it came from, as JSON.
        """
    def info(self, /) -> str:
        """
        What was loaded, as JSON: name, architecture, parameters, dtype, and the model's sizes.
        """
    def logits(self, /, texts: Sequence[Sequence[SupportsIndex]], last_only: bool = False) -> list[_Rows]:
        """
        Logits `[n, vocab]` of texts given as token ids: the row that follows each token, or the last one alone.
        """
    @property
    def model(self, /) -> str:
        """
        The model, as it was asked for.
        """
    def run(
        self,
        /,
        prompts: Sequence[str | Sequence[SupportsIndex]],
        options_json: str,
        processors: Sequence[tuple[str, str, Any]],
        rules: Sequence[Any],
        strategy: Any | None,
        keep_logits: bool = False,
        keep_scores: bool = False,
    ) -> Run:
        """
        Starts a search for each prompt.
        """
    @property
    def threads(self, /) -> int:
        """
        The number of threads.
        """
    @property
    def tokenizer(self, /) -> Tokenizer:
        """
        The tokenizer.
        """
    @property
    def vocab_size(self, /) -> int:
        """
        Tokens in the vocabulary of the model, padding among them.
        """
    @property
    def warnings(self, /) -> list[str]:
        """
        What a user should hear about the model's files.
        """

@final
class Figure:
    """
    A figure, to be drawn in any size.
    """
    def csv(self, /) -> str:
        """
        The numbers behind it, as CSV.
        """
    def html(self, /, width: SupportsIndex = 800, height: SupportsIndex = 500, dark: bool = False) -> str:
        """
        As a page of HTML that needs no network.
        """
    def json(self, /) -> str:
        """
        The numbers behind it, as JSON.
        """
    def png(self, /, width: SupportsIndex = 800, height: SupportsIndex = 500, dark: bool = False) -> tuple[bytes, str]:
        """
        As PNG, and the characters for which no font was found.
        """
    def svg(self, /, width: SupportsIndex = 800, height: SupportsIndex = 500, dark: bool = False) -> str:
        """
        As SVG.
        """

@final
class Outlook:
    """
    What may follow one node: the model's logits, and what the processors made of them.
    """
    @property
    def hidden(self, /) -> _Rows:
        """
        The model's last hidden states `[n, width]` of the tokens fed since the node's nearest ancestor was looked beyond;
        `[0, 0]` unless the strategy asks for them.
        """
    @property
    def logits(self, /) -> _Rows:
        """
        The model's own logits, `[vocab]`.
        """
    @property
    def logprobs(self, /) -> _Floats:
        """
        Log-probabilities of the tokens among what the processors left, `[vocab]`, in nats.
        """
    @property
    def node(self, /) -> int:
        """
        The node that is looked beyond; 0 is the prompt.
        """
    @property
    def scores(self, /) -> _Rows:
        """
        What the processors made of them, `[vocab]`; minus infinity for tokens that they removed.
        """
    @property
    def sequence(self, /) -> int:
        """
        The sequence that asked for it.
        """

@final
class Run:
    """
    Searches of one or more prompts.
    """
    def completion(self, /) -> Completion:
        """
        What has come out so far. Rows that were kept go with it.
        """
    def finish(self, /) -> None:
        """
        Takes all searches to their ends.
        """
    @property
    def is_done(self, /) -> bool:
        """
        Whether nothing is left to be done.
        """
    def news(self, /) -> list[tuple[int, int, str, list[int], str | None, str | None]]:
        """
        What has come since the last time, in order of prompts and sequences.
        """
    def step(self, /) -> bool:
        """
        Takes all searches a step on; False when all are done.
        """
    @property
    def streams(self, /) -> bool:
        """
        Whether texts come token by token: those of a beam search come when it ends.
        """

@final
class Tokenizer:
    """
    A model's tokenizer.
    """
    def __len__(self, /) -> int: ...
    @property
    def begin(self, /) -> int | None:
        """
        The token with which an empty prompt begins.
        """
    def decode(self, /, ids: Sequence[SupportsIndex], skip_special_tokens: bool = False) -> str:
        """
        The text of token ids.
        """
    def encode(self, /, text: str, as_written: bool = False) -> _Ints:
        """
        The token ids of a text: with the model's own begin token where its tokenizer adds one, unless `as_written`.
        """
    def encode_batch(self, /, texts: Sequence[str]) -> list[_Ints]:
        """
        The token ids of several texts.
        """
    def id_of(self, /, text: str) -> int:
        """
        The id of a token whose bytes are exactly this text.
        """
    def is_special(self, /, id: SupportsIndex) -> bool:
        """
        Whether a token is special.
        """
    def token_bytes(self, /, id: SupportsIndex) -> bytes:
        """
        The bytes of a token.
        """
    def token_text(self, /, id: SupportsIndex) -> str:
        """
        The bytes of a token as text; U+FFFD where they are part of a character.
        """
    @property
    def warnings(self, /) -> list[str]:
        """
        What was made of the model's files in another way than they have it.
        """

@final
class Tree:
    """
    A tree of tokens over one prompt; nodes are numbered as they grow, and 0 is the prompt.

    It is a copy of the search's own tree: what is grown here is grown there when the call returns.
    """
    def __len__(self, /) -> int:
        """
        The number of nodes, the prompt among them.
        """
    def depth(self, /, node: SupportsIndex) -> int:
        """
        How many tokens lie between the prompt and a node, its own among them.
        """
    def extend(self, /, outlook: Outlook, token: SupportsIndex) -> int:
        """
        Adds `token` below the node of an outlook, with its log-probability among what the processors left.
        """
    def finish(self, /, node: SupportsIndex) -> None:
        """
        Ends the sequence at a node.
        """
    def finished(self, /, node: SupportsIndex) -> str | None:
        """
        Why the sequence ended at a node (`eos`, `stop`, `length` or `time`); None while it goes on.
        """
    def grow(
        self,
        /,
        parent: SupportsIndex,
        token: SupportsIndex,
        logprob: SupportsFloat | SupportsIndex,
        score: SupportsFloat | SupportsIndex | None = None,
    ) -> int:
        """
        Adds `token` below `parent`, with its log-probability and the score of the path that it ends (the parent's score and
        `logprob` where none is given); gives the new node. The sequence ends there where the rules to stop say so.
        """
    def parent(self, /, node: SupportsIndex) -> int | None:
        """
        The node that a node follows; None for the prompt.
        """
    def score(self, /, node: SupportsIndex) -> float:
        """
        The score of the path to a node.
        """
    def tokens(self, /, node: SupportsIndex) -> _Ints:
        """
        The new tokens from the prompt to a node, its own last.
        """

def attention(
    engine: Engine, prompt: str | Sequence[SupportsIndex], layer: SupportsIndex, head: SupportsIndex | None = None
) -> str:
    """
    How much each token of a prompt looks at each before it.
    """

def check_options(options_json: str) -> None:
    """
    Refuses options that are unknown, or out of their ranges, without a model.
    """

def compare(
    engine: Engine,
    prompt: str | Sequence[SupportsIndex],
    variants: Sequence[str],
    options_json: str,
    seeds: SupportsIndex,
) -> str:
    """
    Several strategies side by side, as the command `compare` has them.
    """

def contrast(
    engine: Engine, a: str | Sequence[SupportsIndex], b: str | Sequence[SupportsIndex], prefix: str | None = None
) -> str:
    """
    What makes one text more probable than another after the same prefix.
    """

def embeddings(engine: Engine, prompt: str | Sequence[SupportsIndex]) -> str:
    """
    A prompt's token embeddings, positions, and their sum.
    """

def explain(topic: str) -> tuple[str, list[tuple[str, str]]]:
    """
    A page on a processor or a strategy: its headings and their texts.
    """

def figure(engine: Engine, prompt: str | Sequence[SupportsIndex], request_json: str, options_json: str) -> Figure:
    """
    Draws what a request says: an object with a kind, and what that kind takes.
    """

def inspect(
    engine: Engine,
    prompt: str | Sequence[SupportsIndex],
    options_json: str,
    steps: SupportsIndex,
    top: SupportsIndex,
    stages: bool,
) -> str:
    """
    The best candidates of each step, as the command `inspect` has them.
    """

def option_specs() -> str:
    """
    Every decoding option, as JSON: its name, its range and default in words, and what it does.
    """

def plot_arguments() -> list[str]:
    """
    What kinds of pictures take, beside decoding options.
    """

def report(
    engine: Engine, completion: Completion, width: SupportsIndex = 800, height: SupportsIndex = 500, dark: bool = False
) -> str:
    """
    A completion as a page of HTML, with the pictures of its first prompt and with what runs it again.
    """

def row_seed(seed: SupportsIndex, key: str | None = None, number: SupportsIndex = 0) -> int:
    """
    The seed of a row, of the run's and of its key, or of its number where it has no key.
    """

def run_files(engine: Engine, asked_json: str, options_json: str, watch: Any) -> str:
    """
    Completes the rows of a file, and writes them to another: what the command `batch` does, by the same journal, so that either
    goes on where the other was ended. `watch` is called with a line of JSON: `{"note": ...}`, or how far the run is. What the run came
    to is given as JSON.
    """

def run_many(
    engine: Engine,
    options_json: str,
    rows: Sequence[tuple[str | Sequence[SupportsIndex], str | None, str | None]],
    together: SupportsIndex = 64,
    first: SupportsIndex = 0,
) -> list[Any]:
    """
    Completes rows, so many of them together: for each, in order, the tokens of its prompt and its sequences, or the kind of its error
    (`usage`, `run`) and a line about it. A row draws by a seed of its own, of the run's (`seed` among its options) and of its key, or of
    its number from `first` on where it has none.
    """

def score(
    engine: Engine, texts: Sequence[str | Sequence[SupportsIndex]], prefix: str | Sequence[SupportsIndex] | None = None
) -> list[str]:
    """
    How probable texts are, after a prefix where there is one; a report for each.
    """

def search_tree(engine: Engine, prompt: str | Sequence[SupportsIndex], options_json: str) -> str:
    """
    Every candidate that a search considered, and its fate.
    """

def topic_names() -> list[str]:
    """
    The names of all pages.
    """

def verify(engine: Engine, bundle_json: str) -> str:
    """
    Runs a bundle's generation again, and compares it bit for bit.
    """
