"""One step of training, measured the long way round: copies, hooks and gradients of everything.

Nothing here is shared with what it checks but the network: layers are found by the order in which
they are called, and both ways through an addition by asking autograd for each.
"""

from __future__ import annotations

import copy

import torch
from torch import nn

from resnet_core.train.chance import chance
from resnet_core.train.optimise import build_optimiser

ACTIVATED = (nn.ReLU, nn.Sigmoid, nn.Tanh)


def twin(training):
    """Copy network and optimiser as they stand."""
    network = copy.deepcopy(training.network)
    optimiser = build_optimiser(training.run.train, network)
    optimiser.load_state_dict(copy.deepcopy(training.optimiser.state_dict()))
    return network, optimiser


def norm(tensor):
    return tensor.detach().double().pow(2).sum().sqrt().item()


def layers_of(network, kind):
    """Give the layers of one kind on the longest path; those of shortcuts and gates are not."""
    aside = {
        part
        for unit in network.units
        for way in (unit.shortcut, unit.gate)
        if way is not None
        for part in way.modules()
    }
    return [part for part in network.modules() if isinstance(part, kind) and part not in aside]


def measure(training, images, labels, *, rate):
    """Do a step with a copy, and give all that ``PROBES`` names."""
    network, optimiser = twin(training)
    spec = network.spec
    chances = (training.run.train.seed, training.step + 1, "cpu")
    convolutions = layers_of(network, nn.Conv2d)
    bns = layers_of(network, nn.BatchNorm2d)
    weighted = [*convolutions, *layers_of(network, nn.Linear)]
    called = []
    for layer in responding(network) if bns else convolutions:
        layer.register_forward_hook(lambda *call: called.append(("response", call[2].detach())))
    for layer in activations(network):
        layer.register_forward_hook(lambda *call: called.append(("activation", call[2].detach())))
    before = [layer.weight.detach().clone() for layer in weighted]

    split = {}
    if spec.join == "residual":
        with chance(*chances):
            split = through_the_additions(network, images, labels)
    called.clear()
    for group in optimiser.param_groups:
        group["lr"] = rate
    optimiser.zero_grad()
    with chance(*chances):
        logits = network(images)
    nn.functional.cross_entropy(logits, labels).backward()
    gradients = [norm(layer.weight.grad) for layer in weighted]
    found = {
        "gradient": gradients,
        "relative-gradient": list(map(over, gradients, map(norm, before))),
    }
    if bns:
        found["scale-gradient"] = [norm(bn.weight.grad) for bn in bns]
        found["bias-gradient"] = [norm(layer.bias.grad) for layer in (*bns, weighted[-1])]
    elif spec.initialisation != "fixup":
        found["bias-gradient"] = [norm(layer.bias.grad) for layer in weighted]
    for kind in ("response", "activation"):
        signals = [signal.double() for name, signal in called if name == kind]
        pairs = [torch.std_mean(signal, correction=0) for signal in signals]
        found[f"{kind}-std"] = [std.item() for std, _ in pairs]
        found[f"{kind}-mean"] = [mean.item() for _, mean in pairs]
        if kind == "activation" and spec.activation == "relu":
            found["dead"] = [
                sum(not signal[:, channel].any() for channel in range(signal.shape[1]))
                / signal.shape[1]
                for signal in signals
            ]
    optimiser.step()
    found["update"] = [
        over(norm(old.double() - layer.weight.double()), norm(old))
        for old, layer in zip(before, weighted, strict=True)
    ]
    return found | split


def activations(network):
    spec = network.spec
    if spec.activation != "none":
        return layers_of(network, ACTIVATED)
    return [
        layer
        for name, layer in network.named_modules()
        if name.split(".")[-1].startswith("relu")
        or (
            name.endswith("after_addition")
            and isinstance(layer, nn.Identity)
            and spec.order in ("original", "bn-after-addition")
        )
    ]


def responding(network):
    """Give, in a network with BN, what each convolution's response is taken from."""
    match network.spec.order:
        case "pre-activation":
            return layers_of(network, nn.Conv2d)
        case "bn-after-addition":  # each branch: its BNs, and its last convolution
            found = [network.stem.bn]
            for unit in network.units:
                found += [part for part in unit.residual if isinstance(part, nn.BatchNorm2d)]
                found.append([part for part in unit.residual if isinstance(part, nn.Conv2d)][-1])
            return found
    return layers_of(network, nn.BatchNorm2d)


def through_the_additions(network, images, labels):
    """Ask autograd for ∂L/∂s, ∂L/∂x; each way's part by the chain rule, written out.

    With s = λ·(1 - g)·h + μ·g·F and z = W_g·x + b_g, where ∂g/∂z = g·(1 - g): the shortcut's part
    is ∂L/∂s · λ·(1 - g) through h, and ∂L/∂s · (μ·F - λ·h) · g·(1 - g) through z. Where the gate
    leaves F alone, μ·F drops out; without a gate, 1 - g and g are 1.
    """
    x = network.stem(images)
    steps = []
    for unit in network.units:
        z, g, shut, through = None, 1.0, 1.0, 1.0
        if unit.gate is not None:
            gate = unit.gate
            z = nn.functional.conv2d(x, gate.weight, gate.bias, gate.stride, gate.padding)
            g = torch.sigmoid(z)
            shut, through = 1 - g, g if unit.gates_branch else 1.0
        h = unit.shortcut(x)
        branch = unit.residual(x)
        lam, mu = unit.shortcut_scale, unit.branch_scale
        total = lam * shut * h + mu * through * branch
        steps.append((unit, x, h, branch, total, z, g, shut, through))
        x = unit.after_addition(total)
    loss = nn.functional.cross_entropy(network.head(x), labels)
    found = {"identity": [], "branch": [], "alignment": []}
    for unit, x, h, branch, total, z, g, shut, through in steps:
        arrived, whole = torch.autograd.grad(loss, (total, x), retain_graph=True)
        lam, mu = unit.shortcut_scale, unit.branch_scale
        one = back(h, x, arrived * lam * shut)
        other = back(branch, x, arrived * mu * through)
        if z is not None:
            weighed = mu * branch if unit.gates_branch else 0.0
            one = one + back(z, x, arrived * (weighed - lam * h) * g * (1 - g))
            found.setdefault("gate", []).append(g.double().mean().item())
        # ∂L/∂x is the sum of both: were there a third way, this would find it.
        torch.testing.assert_close(one + other, whole, rtol=1e-3, atol=1e-5 * norm(whole) + 1e-30)
        if isinstance(unit.shortcut, nn.Identity) and z is None:
            assert torch.equal(one, lam * arrived)
        found["identity"].append(norm(one))
        found["branch"].append(norm(other))
        product = (one.double() * other.double()).sum().item()
        found["alignment"].append(over(product, norm(one) * norm(other)))
    return found


def back(y, x, gradient):
    """Send a gradient of y back to x."""
    if y is x:
        return gradient
    return torch.autograd.grad(y, x, gradient, retain_graph=True)[0]


def over(part, whole):
    return (torch.tensor(part).double() / torch.tensor(whole).double()).item()
