"""What does a network do, layer by layer? Read off any module, on the meta device.

One meta image is sent through the network while a dispatch mode watches every operation: shapes,
multiply-adds (by PyTorch's own ``flop_registry``) and receptive fields come from what is executed,
so that no second definition could disagree with the first.

The convention, everywhere in this project: multiply-adds are those of convolution and linear layers
for one image, what He 2015 calls FLOPs. Matrix products of attention are counted apart. Additions,
BN, activations, learned scalars and pooling count nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import flop_registry
from torch.utils.weak import WeakTensorKeyDictionary

aten = torch.ops.aten

LAYER_PRODUCTS = frozenset({aten.convolution, aten._convolution, aten.mm, aten.addmm})
"""Operations of convolution and linear layers; every other product belongs to attention."""

IDLE = (nn.Identity, nn.Flatten, nn.Dropout, nn.Dropout2d)
"""Modules that compute nothing when a network is evaluated."""

NORMALISATIONS = (_BatchNorm, nn.LayerNorm, nn.GroupNorm)

Shape = tuple[int, ...]
Field = tuple[int, int]
"""Height and width in pixels of the image."""
Parameters = tuple[int, int, int]
"""Weights, biases, normalisation."""


@dataclass(frozen=True)
class Layer:
    """One call of one module.

    Attributes:
        name: Its path in the network, such as ``stages.0.1.branch.conv1``.
        kind: Its class, such as ``Conv2d``.
        input_shape: Of its first input, without the batch.
        output_shape: Of its output, without the batch; empty when only training uses it.
        weights: Parameters that multiply, the scale of a branch among them, normalisation's not
            counted; all three kinds are 0 when the module has had a row before.
        biases: Parameters that are added, Fixup's among them, normalisation's not counted.
        normalisation: Scales and shifts of BN, layer or group normalisation.
        multiply_adds: Of its convolution or linear layer, one image.
        attention: Multiply-adds of attention's matrix products, one image.
        receptive_field: Height and width of the part of the image that one output number depends
            on, were the image large enough, through the shortcuts too (the widest path counts);
            None for the whole image, and after attention.
    """

    name: str
    kind: str
    input_shape: Shape
    output_shape: Shape
    weights: int
    biases: int
    normalisation: int
    multiply_adds: int
    attention: int
    receptive_field: Field | None

    @property
    def parameters(self) -> int:
        """All it can learn."""
        return self.weights + self.biases + self.normalisation

    @property
    def activations(self) -> int:
        """Numbers it gives, one image."""
        size = 1
        for length in self.output_shape:
            size *= length
        return size


def read_module(network: nn.Module, image: Tensor) -> list[Layer]:
    """List what a network's modules do with one meta image of shape (1, C, H, W), in order.

    A module has a row if it is a leaf, or has parameters or products of its own; a row a call.

    Raises:
        RuntimeError: The network refuses the image, in PyTorch's words.
    """
    reader = _Reader(network, image)
    was_training = {module: module.training for module in network.modules()}
    try:
        with torch.no_grad(), reader.listening(), reader:
            network.eval()(image)
    finally:
        for module, training in was_training.items():
            module.training = training
    return reader.layers()


@dataclass
class _Call:
    """A module at work: what its own operations did, those of its children not counted."""

    module: nn.Module
    input_shape: Shape
    output_shape: Shape = ()
    multiply_adds: int = 0
    attention: int = 0
    receptive_field: Field | None = None


@dataclass(frozen=True)
class _Reach:
    """How far one number of a tensor sees, and how far apart neighbours' centres are."""

    field: Field
    jump: Field


class _Reader(TorchDispatchMode):
    """Watches every operation of one pass."""

    def __init__(self, network: nn.Module, image: Tensor) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._network = network
        self._names = {module: name for name, module in network.named_modules()}
        self._calls: list[_Call] = []
        self._open: list[_Call] = []
        # What a tensor sees of the image; None: the whole of it. Parameters are not in it.
        self._reach = WeakTensorKeyDictionary()
        self._reach[image] = _Reach((1, 1), (1, 1))

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Hear of each module's call while this is open."""
        handles = []
        for module in self._network.modules():
            handles += [
                module.register_forward_pre_hook(self._begin),
                module.register_forward_hook(self._end),
            ]
        try:
            yield
        finally:
            for handle in handles:
                handle.remove()

    def _begin(self, module: nn.Module, inputs: tuple[Any, ...]) -> None:
        call = _Call(module, _shape(inputs))
        self._calls.append(call)
        self._open.append(call)

    def _end(self, module: nn.Module, inputs: tuple[Any, ...], output: Any) -> None:
        call = self._open.pop()
        call.output_shape = _shape((output,))
        tensor = _first_tensor((output,))
        reach = self._reach.get(tensor) if tensor is not None else None
        call.receptive_field = reach.field if reach is not None else None

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        kwargs = kwargs or {}
        packet = func._overloadpacket
        if packet == aten.native_batch_norm and args[0].is_meta:
            # PyTorch derives these shapes by forty operations: half the time of all the reading.
            image = args[0]
            output = (torch.empty_like(image), image.new_empty(0), image.new_empty(0))
        else:
            output = func(*args, **kwargs)
        if packet in flop_registry and self._open:
            # It counts a multiplication and an addition as two.
            products = flop_registry[packet](*args, **kwargs, out_val=output) // 2
            if packet in LAYER_PRODUCTS:
                self._open[-1].multiply_adds += products
            else:
                self._open[-1].attention += products
        self._follow(packet, args, output)
        return output

    def _follow(self, packet: Any, args: tuple[Any, ...], output: Any) -> None:
        found = [self._reach[tensor] for tensor in _tensors(args) if tensor in self._reach]
        if not found:
            return  # nothing of the image: parameters among themselves
        after = _widest(found)
        if after is not None and packet in FOLLOWERS:
            after = FOLLOWERS[packet](after, args)
        for tensor in _tensors(output):
            flat = tensor.shape == (1, tensor.numel())
            self._reach[tensor] = None if flat else after

    def layers(self) -> list[Layer]:
        """Give a row to each call that has something to say."""
        owned = self._owned()
        rows = []
        for call in self._calls:
            parameters = owned.pop(call.module, (0, 0, 0))
            works = not list(call.module.children()) and not isinstance(call.module, IDLE)
            if works or any((*parameters, call.multiply_adds, call.attention)):
                rows.append(self._row(call, parameters))
        # Such as heads that only training uses.
        rows += [self._row(_Call(module, ()), row) for module, row in owned.items() if any(row)]
        return rows

    def _owned(self) -> dict[nn.Module, Parameters]:
        """Say which parameters each module answers for, each parameter once.

        Attention uses the weights of modules inside it without calling them: they are its own.
        """
        called = {call.module: call for call in self._calls}
        at = {name: module for module, name in self._names.items()}
        owned: dict[nn.Module, Parameters] = {}
        seen: set[int] = set()
        for name, module in at.items():
            own = {key: p for key, p in module.named_parameters(recurse=False) if id(p) not in seen}
            seen |= {id(parameter) for parameter in own.values()}
            owner = module
            if own and module not in called:
                parents = (at[name.rsplit(".", k)[0]] for k in range(1, name.count(".") + 1))
                parent = next((one for one in parents if one in called), None)
                if parent is not None and called[parent].multiply_adds:
                    owner = parent
            before = owned.get(owner, (0, 0, 0))
            split = _split(module, own)
            owned[owner] = (before[0] + split[0], before[1] + split[1], before[2] + split[2])
        return owned

    def _row(self, call: _Call, parameters: Parameters) -> Layer:
        weights, biases, normalisation = parameters
        return Layer(
            name=self._names[call.module],
            kind=type(call.module).__name__,
            input_shape=call.input_shape,
            output_shape=call.output_shape,
            weights=weights,
            biases=biases,
            normalisation=normalisation,
            multiply_adds=call.multiply_adds,
            attention=call.attention,
            receptive_field=call.receptive_field,
        )


def _split(module: nn.Module, own: Mapping[str, nn.Parameter]) -> Parameters:
    weights = biases = normalisation = 0
    for name, parameter in own.items():
        if isinstance(module, NORMALISATIONS):
            normalisation += parameter.numel()
        elif name.endswith(("bias", "shift")):
            biases += parameter.numel()
        else:
            weights += parameter.numel()
    return weights, biases, normalisation


def _tensors(values: Any) -> list[Tensor]:
    if isinstance(values, Tensor):
        return [values]
    if isinstance(values, (list, tuple)):
        return [tensor for value in values for tensor in _tensors(value)]
    return []


def _widest(reaches: Sequence[_Reach | None]) -> _Reach | None:
    known = [reach for reach in reaches if reach is not None]
    if len(known) < len(reaches):
        return None
    return _Reach(
        (max(r.field[0] for r in known), max(r.field[1] for r in known)),
        (max(r.jump[0] for r in known), max(r.jump[1] for r in known)),
    )


def _first_tensor(values: tuple[Any, ...]) -> Tensor | None:
    found = _tensors(values)
    return found[0] if found else None


def _shape(values: tuple[Any, ...]) -> Shape:
    tensor = _first_tensor(values)
    return tuple(tensor.shape[1:]) if tensor is not None else ()


def _pair(value: Sequence[int]) -> Field:
    return (value[0], value[-1])


def _window(
    reach: _Reach, kernel: Sequence[int], stride: Sequence[int], dilation: Sequence[int]
) -> _Reach:
    (kh, kw), (sh, sw), (dh, dw) = _pair(kernel), _pair(stride), _pair(dilation)
    (fh, fw), (jh, jw) = reach.field, reach.jump
    return _Reach((fh + (kh - 1) * dh * jh, fw + (kw - 1) * dw * jw), (jh * sh, jw * sw))


def _convolution(reach: _Reach, args: tuple[Any, ...]) -> _Reach | None:
    _, weight, _, stride, _, dilation, *_ = args
    return _window(reach, weight.shape[2:], stride, dilation)


def _max_pool(reach: _Reach, args: tuple[Any, ...]) -> _Reach | None:
    kernel = args[1]
    stride = args[2] if len(args) > 2 and args[2] else kernel
    return _window(reach, kernel, stride, args[4] if len(args) > 4 else (1, 1))


def _average_pool(reach: _Reach, args: tuple[Any, ...]) -> _Reach | None:
    kernel = args[1]
    stride = args[2] if len(args) > 2 and args[2] else kernel
    return _window(reach, kernel, stride, (1, 1))


def _slice(reach: _Reach, args: tuple[Any, ...]) -> _Reach | None:
    step = args[4] if len(args) > 4 else 1
    if args[0].dim() != 4 or args[1] not in (2, 3):
        return reach
    (jh, jw) = reach.jump
    return _Reach(reach.field, (jh * step, jw) if args[1] == 2 else (jh, jw * step))


def _whole(reach: _Reach, args: tuple[Any, ...]) -> _Reach | None:
    return None


FOLLOWERS: Mapping[Any, Callable[[_Reach, tuple[Any, ...]], _Reach | None]] = MappingProxyType(
    {
        aten.convolution: _convolution,
        aten.max_pool2d_with_indices: _max_pool,
        aten.avg_pool2d: _average_pool,
        aten.slice: _slice,
        aten.mean: _whole,
        aten._adaptive_avg_pool2d: _whole,
        aten.adaptive_max_pool2d: _whole,
        aten.bmm: _whole,
        aten.baddbmm: _whole,
    }
)
"""What operations do to a receptive field; all others give the widest of their inputs'."""
