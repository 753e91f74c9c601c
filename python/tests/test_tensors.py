"""Tensors of beamline's own: alone, and beside torch's where torch is there."""

import warnings

import numpy as np
import pytest

import beamline.torch as own
import beamline.torch.nn.functional as F
from beamline import notices


@pytest.fixture(scope="module")
def torch():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return pytest.importorskip("torch", reason="SKIPPED: torch is not there to compare with")


DATA = [
    [[25906, 8702, 7801, 8084]],
    [1.0, 2, 3],
    [0.5, 0.25],
    [1e-8, 1.0],
    [[1.5, float("nan")], [float("inf"), -3]],
    [True, False],
    3,
    2.5,
    [],
    [[]],
    [1e10, 1.0],
    [100000.0, 2.5],
    list(range(3000)),
    [[i * j * 0.37 for i in range(50)] for j in range(40)],
    [[[1, 2], [3, 4]], [[5, 6], [7, 8]]],
    [float("-inf"), -1.25, 3.0],
]


@pytest.mark.parametrize("data", DATA, ids=range(len(DATA)))
def test_tensors_print_as_torchs(torch, data):
    assert repr(own.tensor(data)) == repr(torch.tensor(data))


@pytest.mark.parametrize("name", ["float16", "float64", "int32", "uint8"])
def test_types_print_as_torchs(torch, name):
    assert repr(own.tensor([1, 2], dtype=getattr(own, name))) == repr(torch.tensor([1, 2], dtype=getattr(torch, name)))
    assert repr(getattr(own, name)) == repr(getattr(torch, name))


def test_what_is_printed_where_torch_is_not():
    assert repr(own.tensor([[25906, 8702]])) == "tensor([[25906,  8702]])"
    assert repr(own.tensor([0.5, -0.25])) == "tensor([ 0.5000, -0.2500])"
    assert repr(own.tensor([[1, 2]]).shape) == "torch.Size([1, 2])"
    assert f"{own.tensor(0.125):.2f} {own.tensor(7):3d} {own.tensor([1])}" == "0.12   7 tensor([1])"


CALLS = [
    lambda t: t.tensor([1, 2]) / 2,
    lambda t: t.tensor([1, 2]) * 0.5,
    lambda t: t.tensor(3.0) * 2,
    lambda t: 1 - t.tensor([0.1, 0.2]),
    lambda t: t.tensor([1, 2], dtype=t.float64) * t.tensor(0.1),
    lambda t: t.tensor([1, 2]) + t.tensor(0.5, dtype=t.float64),
    lambda t: t.tensor([1.0, 2.0]) * t.tensor(2, dtype=t.float64),
    lambda t: t.tensor([True, False]) + 1,
    lambda t: 2 ** t.tensor([1, 2]),
    lambda t: 1.0 / t.tensor([1, 4]),
    lambda t: t.tensor([7, 8]) // 2,
    lambda t: -t.tensor([7, 8]) % 3,
    lambda t: t.tensor([1, 2]) == 2,
    lambda t: t.tensor([1.0, 2]) >= t.tensor([1.5, 1.5]),
    lambda t: ~(t.tensor([1, 2]) == 2) | t.tensor([False, True]),
    lambda t: t.tensor([[3, 1, 2]]).argsort(descending=True),
    lambda t: t.argsort(t.tensor([0.3, 0.1, 0.2]), dim=-1),
    lambda t: t.tensor([[3.0, 1, 2]]).max(dim=-1).indices,
    lambda t: t.tensor([3.0, 1, 2]).max(),
    lambda t: t.argmax(t.tensor([[1.0, 3.0], [4.0, 2.0]]), dim=-1),
    lambda t: t.argmax(t.tensor([[1.0, 3.0], [4.0, 2.0]])),
    lambda t: t.tensor([[1.0, 2]]).sum(),
    lambda t: t.sum(t.tensor([[1, 2], [3, 4]]), dim=1, keepdim=True),
    lambda t: t.tensor([1, 2, 3]).float().mean(),
    lambda t: t.tensor([0.1, 0.2]).cumsum(-1),
    lambda t: t.gather(t.tensor([[[1.0, 2], [3, 4]]]), 2, t.tensor([[[0], [1]]])).squeeze(-1),
    lambda t: t.gather(t.tensor([[1, 2], [3, 4]]), 0, t.tensor([[1, 0]])),
    lambda t: t.tensor([5, 6, 7])[None, 0, None],
    lambda t: t.tensor([[5, 6, 7]])[:, 1:],
    lambda t: t.tensor([5, 6, 7])[t.tensor(1)],
    lambda t: t.tensor([5, 6, 7])[t.tensor([True, False, True])],
    lambda t: t.tensor([[5, 6, 7]])[0, -1],
    lambda t: t.topk(t.tensor([0.5, 0.1, 0.9]), 2).indices,
    lambda t: t.sort(t.tensor([0.5, 0.1, 0.9]), descending=True).values,
    lambda t: t.tensor([1.0, 2]).masked_fill(t.tensor([True, False]), float("-inf")),
    lambda t: t.arange(3),
    lambda t: t.arange(0.0, 1.0, 0.25),
    lambda t: t.cat([t.tensor([[1]]), t.tensor([[2]])], dim=1),
    lambda t: t.stack([t.tensor([1, 2]), t.tensor([3, 4])]),
    lambda t: t.where(t.tensor([True, False]), t.tensor([1.0, 2.0]), t.tensor([3.0, 4.0])),
    lambda t: t.tensor([1, 2, 3]).expand(2, -1),
    lambda t: t.tensor([[1], [2]]).repeat(2, 2),
    lambda t: t.tensor([1, 2]).repeat_interleave(2),
    lambda t: t.tensor([[1, 2], [3, 4]]).transpose(0, 1).reshape(-1),
    lambda t: t.tensor([1, 2]).unsqueeze(0).squeeze(0),
    lambda t: t.exp(t.tensor(1.0)),
    lambda t: t.log(t.tensor([1, 2])),
    lambda t: t.full((2,), 7),
    lambda t: t.zeros(2, 2),
    lambda t: t.ones_like(t.tensor([1, 2])),
    lambda t: t.tensor([1.0, 2.0]) @ t.tensor([3.0, 4.0]),
    lambda t: t.softmax(t.tensor([[1.0, 2.0, float("-inf")]]), dim=-1),
    lambda t: t.log_softmax(t.tensor([1.0, 2.0, 4.0]), dim=-1),
    lambda t: t.tensor([1.0, 5.0]).clamp(max=2.0),
    lambda t: t.tensor([t.tensor(1), t.tensor(2)]),
    lambda t: t.any(t.tensor([[True, False]]), dim=0),
]


@pytest.mark.parametrize("call", CALLS, ids=range(len(CALLS)))
def test_operations_give_torchs_numbers_and_types(torch, call):
    ours, theirs = call(own), call(torch).numpy()
    assert isinstance(ours, own.Tensor)
    assert (ours.numpy().dtype, ours.numpy().shape) == (theirs.dtype, theirs.shape)
    np.testing.assert_allclose(ours.numpy(), theirs, rtol=1e-6)


def test_notebooks_lines_work():
    logits = own.tensor([[[0.1, 2.0, 0.3], [3.0, 0.2, 0.1]]])
    labels = own.tensor([[1, 0]])
    logp = own.gather(F.log_softmax(logits, dim=-1), 2, labels.unsqueeze(2)).squeeze(-1)
    assert logp.shape == (1, 2)
    assert own.sum(logp[:, 1:]).cpu().numpy() == pytest.approx(-0.1099, abs=1e-3)
    probs = own.softmax(logits[0, -1, :], dim=-1)
    order = own.argsort(probs, dim=-1, descending=True)
    assert order.tolist() == [0, 1, 2]
    assert own.cat([labels, order[None, 0, None]], dim=-1).tolist() == [[1, 0, 0]]
    assert [entry.item() for entry in labels[0]] == [1, 0]
    assert 100 * probs[order[0]].cpu().numpy() > 80
    assert int(order[1]) == 1
    assert list(range(3))[order[0]] == 0
    assert len(labels[0]) == 2
    assert labels.to("cpu").dtype is own.long
    assert bool((labels == 1).any())
    device = "cuda" if own.cuda.is_available() else "cpu"
    assert own.tensor([1]).to(device).device == own.device("cpu")


def test_draws_are_torchs_seed_for_seed(torch):
    for seed in (0, 1, 5489, 2**33 + 5, -3):
        torch.manual_seed(seed)
        own.manual_seed(seed)
        for shape in ((7,), (3, 50), (2, 5000)):
            theirs, ours = torch.rand(*shape), own.rand(*shape)
            np.testing.assert_array_equal(ours.numpy(), theirs.numpy())
            weights = theirs.softmax(-1)
            copied = own.tensor(weights.numpy())
            for count, again in ((1, False), (4, False), (9, True)):
                drawn = own.multinomial(copied, count, replacement=again)
                np.testing.assert_array_equal(
                    drawn.numpy(), torch.multinomial(weights, count, replacement=again).numpy()
                )


def test_draws_are_those_that_torch_gives_for_seed_0():
    own.manual_seed(0)
    assert own.rand(3).tolist() == [0.49625658988952637, 0.7682217955589294, 0.08847743272781372]
    own.manual_seed(0)
    assert own.default_generator.exponentials(3) == pytest.approx(
        [3.508326292037964, 1.2303847074508667, 0.615044116973877]
    )
    own.manual_seed(0)
    assert own.multinomial(own.ones(10), 4).tolist() == [6, 9, 7, 2]
    assert own.multinomial(own.ones(10), 4, replacement=True).tolist() == [4, 1, 3, 6]


def test_a_stream_goes_on_from_where_it_was():
    generator = own.Generator().manual_seed(7)
    assert generator.is_fresh()
    first = own.multinomial(own.ones(50), 10, generator=generator).tolist()
    state = generator.get_state()
    second = own.multinomial(own.ones(50), 10, generator=generator).tolist()
    assert first != second
    assert not generator.is_fresh()
    generator.set_state(state)
    assert own.multinomial(own.ones(50), 10, generator=generator).tolist() == second
    assert generator.initial_seed() == 7
    with pytest.raises(ValueError, match="a seed must be in"):
        own.manual_seed(2**64)


@pytest.mark.parametrize(
    ("weights", "count"), [([0.5, -1.0], 1), ([0.0, 0.0], 1), ([float("nan"), 1.0], 1), ([1.0, 1.0], 3), ([1.0], 0)]
)
def test_weights_that_cannot_be_drawn_from_are_refused(weights, count):
    with pytest.raises(RuntimeError):
        own.multinomial(own.tensor(weights), count)


def test_losses_are_torchs(torch):
    rng = np.random.default_rng(0)
    logits, target = rng.normal(size=(5, 9)).astype(np.float32), np.array([1, 2, -100, 4, 5])
    for reduction in ("mean", "sum", "none"):
        theirs = torch.nn.functional.cross_entropy(torch.tensor(logits), torch.tensor(target), reduction=reduction)
        ours = F.cross_entropy(own.tensor(logits), own.tensor(target), reduction=reduction)
        np.testing.assert_allclose(ours.numpy(), theirs.numpy(), rtol=1e-5)
    with pytest.raises(ValueError, match="reduction"):
        F.cross_entropy(own.tensor(logits), own.tensor(target), reduction="most")


@pytest.mark.parametrize(
    "call",
    [
        lambda: own.compile,
        lambda: own.nn.Linear,
        lambda: F.gelu,
        lambda: own.tensor([1]).backward,
        lambda: own.optim,
    ],
)
def test_what_is_not_here_names_torch(call):
    with pytest.raises(AttributeError, match="torch itself"):
        call()


def test_gradients_are_refused_and_contexts_without_them_pass():
    with pytest.raises(NotImplementedError, match="import torch itself"):
        own.tensor([1.0], requires_grad=True)
    with pytest.raises(NotImplementedError, match="import torch itself"):
        own.enable_grad()

    @own.no_grad()
    def one():
        return 1

    @own.no_grad
    def two():
        return 2

    with own.inference_mode(), own.no_grad():
        assert (one(), two(), own.is_grad_enabled()) == (1, 2, False)


def test_errors_are_as_clear_as_torchs():
    with pytest.raises(RuntimeError, match="ambiguous"):
        bool(own.tensor([1, 2]))
    with pytest.raises(TypeError, match="iteration"):
        iter(own.tensor(1))
    with pytest.raises(TypeError, match="index"):
        [1, 2][own.tensor(1.0)]
    with pytest.raises(TypeError, match="complex64"):
        own.tensor(np.zeros(2, np.complex64))
    with pytest.raises(RuntimeError, match="floats alone"):
        own.tensor([1, 2]).mean()
    notices.forget()
    with pytest.warns(UserWarning, match="device cuda"):
        own.tensor([1]).to("cuda")


def test_tensors_of_torch_are_not_mistaken_for_own(torch):
    with pytest.raises(TypeError, match="torch's own functions"):
        own.softmax(torch.zeros(2), dim=0)
