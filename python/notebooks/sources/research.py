# %% [markdown]
# # Decoding as an experiment
#
# Three questions that a notebook answers in a few lines: what does a processor of one's own do to the distribution, how far
# from the most probable text is a beam search, and what does computing in 8 bits cost.

# %%
import numpy as np
import pandas as pd

from beamline import Engine, Processor

engine = Engine()

# %% [markdown]
# ## A processor of one's own
#
# A processor gets the tokens so far and a score for each token of the vocabulary, both as numpy arrays, and gives new scores.
# This one asks for a lipogram: a text without the letter *e*. It stands before the temperature, so truncations see what it left.

# %%
texts = [engine.tokenizer.decode(token) for token in range(len(engine.tokenizer))]
has_e = np.array(["e" in text.lower() for text in texts] + [False] * (engine.vocab_size - len(texts)))


def no_e(tokens, scores):
    return np.where(has_e, -np.inf, scores)


sampling = {"do_sample": True, "temperature": 0.8, "top_p": 0.9, "seed": 3, "max_new_tokens": 30}
engine.generate("A man", processors=[Processor(no_e, place="first", name="no_e")], **sampling)

# %% [markdown]
# How much does that cost? The log-probability of what was said, beside that of what would have been said without it.

# %%
free = engine.generate("A man", **sampling)
held = engine.generate("A man", processors=[Processor(no_e, place="first")], **sampling)
pd.DataFrame({"text": [free.text, held.text], "log p": [one.sequences[0].sum_logprob for one in (free, held)]})

# %% [markdown]
# Rows are there in full: at each step, how much probability had the tokens that the processor took away?

# %%
kept = engine.generate("A man", processors=[Processor(no_e, place="first")], output_logits=True, **sampling)
rows = kept.logits().astype(np.float64)
probabilities = np.exp(rows - rows.max(1, keepdims=True))
probabilities /= probabilities.sum(1, keepdims=True)
pd.DataFrame({"token": kept.sequences[0].tokens, "probability of tokens with e": probabilities[:, has_e].sum(1)}).head(
    10
)

# %% [markdown]
# ## How good are beams?
#
# A beam search keeps the best beginnings and may lose the best text. `exact_search` finds the most probable text of a length and
# proves it. So the gap can be measured.

# %%
prompts = ["She opened the door and", "Once upon a time", "The old man", "It was a dark night and"]
found = []
for prompt in prompts:
    exact = engine.generate(prompt, exact_search=True, num_beams=5, max_new_tokens=6)
    for beams in (1, 2, 5, 20):
        best = (
            engine.generate(prompt, num_beams=beams, length_penalty=0.0, max_new_tokens=6)
            if beams > 1
            else engine.generate(prompt, max_new_tokens=6)
        )
        found.append((prompt, beams, exact.sequences[0].sum_logprob - best.sequences[0].sum_logprob))
pd.DataFrame(found, columns=["prompt", "beams", "gap"]).pivot(index="prompt", columns="beams", values="gap").round(3)

# %% [markdown]
# The gap is in nats: 0 where the beam search found the most probable text.

# %%
exact.prompts[0]["certificate"]

# %% [markdown]
# ## What eight bits cost
#
# The weights of this model are stored in 8 bits (q8_0). Activations may be plain floats, or integers of 16 or 8 bits: the divergence
# (KL, in nats) of the next token's distribution from that of plain floats throughout, over the positions of a text.

# %%
text = (
    "It was a fine morning, and the old man went down to the sea. He had not slept, for the wind had been "
    "loud all night, and he thought of his brother, who had gone away when they were young."
)


def log_probabilities(engine):
    rows = engine.logits(text)[0].astype(np.float64)
    rows -= rows.max(1, keepdims=True)
    return rows - np.log(np.exp(rows).sum(1, keepdims=True))


reference = log_probabilities(Engine(dtype="f32"))
rows = []
for activations in ("f32", "i16", "i8"):
    other = log_probabilities(Engine(activations=activations))
    divergence = (np.exp(reference) * (reference - other)).sum(1)
    same = (reference.argmax(1) == other.argmax(1)).mean()
    rows.append((activations, f"{divergence.mean():.2e}", f"{divergence.max():.2e}", f"{100 * same:.1f} %"))
pd.DataFrame(rows, columns=["activations", "mean KL", "largest KL", "same best token"])

# %% [markdown]
# ## The proof of a run
#
# A run is kept with its options, seeds, tokens and log-probabilities, and compared bit for bit when it is run again: here, with the
# command `beamline replay`, or by anyone who has the file.

# %%
engine.replay(free)
