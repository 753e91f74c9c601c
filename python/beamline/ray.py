"""Ray Data: a dataset of prompts in, the dataset with completions out, by actors that open the model once each.

>>> import ray, beamline, beamline.ray
>>> dataset = ray.data.from_items([{"id": 1, "text": "Once upon a time"}])
>>> complete = beamline.Generate(prompt="{text}", key="id", max_new_tokens=3)
>>> done = beamline.ray.generate(dataset, complete, workers=1)
>>> [(row["id"], row["text"]) for row in done.take_all()]
[(1, ', I was')]

``dataset.map_batches(beamline.Generate, fn_constructor_args=["builtin"], ...)`` does the same; what `generate` adds is what is easily
forgotten: blocks small enough for all actors, threads that fit the cores, retries.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from beamline.rows import Generate

if TYPE_CHECKING:
    import ray.data


class Worker:
    """What an actor is: `Generate` with the threads of the actor's cores."""

    def __init__(self, complete: Generate, cpus: int) -> None:
        self._complete = complete.on(cpus)

    def __call__(self, batch: Any) -> Any:
        """The batch with completions."""
        return self._complete(batch)


def generate(
    dataset: ray.data.Dataset,
    complete: Generate,
    *,
    workers: int | tuple[int, int] = 1,
    cpus: int = 1,
    batch_size: int = 64,
    rows_per_block: int | None = None,
    retries: int = 3,
    keep_order: bool = True,
) -> ray.data.Dataset:
    """Completes the rows of a dataset.

    An actor that dies, or a node that goes, costs its blocks: Ray gives them to another, and their rows come out as they would have.
    A row that cannot be completed has an ``error`` and stops nothing.

    Args:
        dataset: the rows.
        complete: what to do with them.
        workers: actors, each with a model of its own (mapped files are shared by the actors of a node); two numbers are the
            fewest and the most.
        cpus: cores of each actor, and its threads: 1 or more. Parts of a core are not taken: they can leave no node with a whole
            one for reading, and then Ray waits for ever without a word.
        batch_size: rows that are handed to an actor at a time.
        rows_per_block: rows of a block, which is what is done again when an actor dies; ``batch_size`` by default. Ray joins small
            files to one block, on which one actor works alone, so the dataset is always parted anew.
        retries: how often a block is tried again whose task raised, such as for want of memory; 0 for never. Processes that die are
            replaced without end, by Ray's own rule.
        keep_order: whether rows come out in the order in which they went in.

    Raises:
        ValueError: when a number is out of its range.
    """
    from ray.data import ActorPoolStrategy

    low, high = workers if isinstance(workers, tuple) else (workers, workers)
    sizes = {"workers": low, "cpus": cpus, "batch_size": batch_size}
    if rows_per_block is not None:
        sizes["rows_per_block"] = rows_per_block
    for name, value in sizes.items():
        if isinstance(value, bool) or not isinstance(value, int) or value < 1:
            raise ValueError(f"{name} must be an integer of 1 or more, got {value!r}")
    if high < low:
        raise ValueError(f"workers must be the fewest and the most, got {workers!r}")
    if isinstance(retries, bool) or not isinstance(retries, int) or retries < 0:
        raise ValueError(f"retries must be an integer of 0 or more, got {retries!r}")
    context = dataset.context
    context.retried_map_errors = retries > 0
    context.max_map_retries = retries
    context.actor_init_retry_on_errors = retries > 0
    if keep_order:
        context.execution_options.preserve_order = True
    parted = dataset.repartition(target_num_rows_per_block=rows_per_block or batch_size)
    return parted.map_batches(
        Worker,
        fn_constructor_args=[complete, cpus],
        batch_size=batch_size,
        batch_format="pyarrow",
        compute=ActorPoolStrategy(min_size=low, max_size=high) if low != high else ActorPoolStrategy(size=low),
        num_cpus=cpus,
    )
