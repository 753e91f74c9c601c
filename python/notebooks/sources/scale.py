# %% [markdown]
# # From one prompt to a table of them
#
# `Generate` completes the rows of a table: of pandas, pyarrow, polars, or a dict of arrays. Frameworks that run over many machines
# (Ray, Spark, Daft) call the same class, so what holds here holds there: docs/scale.md shows how.

# %%
import pandas as pd

from beamline import Engine, Generate

people = pd.DataFrame(
    {
        "id": [f"row-{number}" for number in range(8)],
        "who": ["a sailor", "a queen", "the old doctor", "two brothers", None, "a thief", "the judge", "a child"],
        "temperature": [0.7, 0.7, 1.2, 0.7, 0.7, 0.2, None, 0.9],
    }
)
complete = Generate(
    prompt="Once upon a time {who}", key="id", seed=11, do_sample=True, temperature=0.7, top_p=0.9, max_new_tokens=12
)
done = complete(people)
done

# %% [markdown]
# A row that cannot be completed has an `error`, and the others go on. A column that is called as a decoding option is an option
# of its row.
#
# ## The same rows, whatever is done to the table
#
# Each row draws by a seed made of the run's seed and of its key. So a row's text does not depend on the order of the rows, on how they are
# parted, on what runs beside them, or on which machine they come to: not in one bit of a log-probability.

# %%
shuffled = people.sample(frac=1.0, random_state=3)
parts = [complete(shuffled.iloc[start : start + 3]) for start in range(0, len(people), 3)]
again = pd.concat(parts).sort_values("id").reset_index(drop=True)
columns = ["id", "text", "sum_logprob", "error"]
again[columns].equals(done.sort_values("id").reset_index(drop=True)[columns])

# %% [markdown]
# ## What a worker gets
#
# A worker gets a few hundred bytes, and opens the model itself: once for each process, by mapping its file, so that the workers of a
# machine share its pages. An engine that is sent along is checked by its digest where it arrives.

# %%
import pickle

len(pickle.dumps(complete)), len(pickle.dumps(Engine.shared()))

# %%
copy = pickle.loads(pickle.dumps(Engine.shared()))
copy.digest() == Engine.shared().digest()
