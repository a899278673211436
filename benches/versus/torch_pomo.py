"""POMO on the TSP in plain PyTorch, batched the standard way: the peer of `policy.py` and `card.py`, which run it.

    benches/versus/.venv/bin/python benches/versus/torch_pomo.py train 50 64 4 3 256 64 2

Multi-start attention model (Kwon et al., POMO, 2020): encoder with instance norm, query = first + last, masked glimpse,
pointer on raw embeddings, 10 tanh; autoregressive rollout inside autograd, shared-baseline REINFORCE, Adam.
"""

from __future__ import annotations

import argparse
import time

import torch
from torch import nn

NUMBERS = {
    "n": "nodes",
    "width": "of an embedding",
    "heads": "of the attention",
    "layers": "of the encoder",
    "hidden": "width of the feed-forward block",
    "batch": "instances at a time",
    "repeat": "repetitions; the best counts",
}


class Layer(nn.Module):
    """A layer of the encoder: attention and a feed-forward block, each added to its input and normed; [batch, n, width]."""

    def __init__(self, width: int, heads: int, hidden: int) -> None:
        super().__init__()
        self.heads = heads
        self.qkv, self.out = nn.Linear(width, 3 * width, bias=False), nn.Linear(width, width)
        self.ff1, self.ff2 = nn.Linear(width, hidden), nn.Linear(hidden, width)
        self.norm1, self.norm2 = nn.InstanceNorm1d(width, affine=True), nn.InstanceNorm1d(width, affine=True)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """The nodes' next embeddings [batch, n, width]."""
        b, n, d = x.shape
        q, k, v = (t.view(b, n, self.heads, d // self.heads).transpose(1, 2) for t in self.qkv(x).chunk(3, -1))
        mixed = nn.functional.scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(b, n, d)
        x = self.norm1((x + self.out(mixed)).transpose(1, 2)).transpose(1, 2)
        return self.norm2((x + self.ff2(nn.functional.relu(self.ff1(x)))).transpose(1, 2)).transpose(1, 2)


class Pomo(nn.Module):
    """The attention model."""

    def __init__(self, width: int, heads: int, layers: int, hidden: int) -> None:
        super().__init__()
        self.width, self.heads = width, heads
        self.embed = nn.Linear(2, width)
        self.layers = nn.ModuleList(Layer(width, heads, hidden) for _ in range(layers))
        self.first, self.last, self.key, self.value = (nn.Linear(width, width, bias=False) for _ in range(4))
        self.out = nn.Linear(width, width)

    def split(self, x: torch.Tensor) -> torch.Tensor:
        """Heads apart: [batch, n, width] -> [batch, heads, n, width / heads]."""
        return x.view(x.shape[0], -1, self.heads, self.width // self.heads).transpose(1, 2)

    def forward(self, points: torch.Tensor, sample: bool) -> tuple[torch.Tensor, torch.Tensor]:
        """Lengths and log-probabilities of a tour from every start [batch, n]."""
        b, n, _ = points.shape
        x = self.embed(points)
        for layer in self.layers:
            x = layer(x)
        key, value, first, last = self.split(self.key(x)), self.split(self.value(x)), self.first(x), self.last(x)
        rows, lanes = torch.arange(b)[:, None].expand(b, n), torch.arange(n)[None].expand(b, n)
        node, mask = lanes, torch.zeros(b, n, n)
        mask[rows, lanes, node] = float("-inf")
        tour, log_probs = [node], []
        for _ in range(n - 1):
            query = self.split(first + last[rows, node])
            heads = nn.functional.scaled_dot_product_attention(query, key, value, attn_mask=mask[:, None])
            glimpse = self.out(heads.transpose(1, 2).reshape(b, n, self.width))
            score = glimpse @ x.transpose(1, 2) / self.width**0.5
            shares = nn.functional.softmax(10 * torch.tanh(score) + mask, -1)
            node = torch.multinomial(shares.view(b * n, n), 1).view(b, n) if sample else shares.argmax(-1)
            log_probs.append(shares[rows, lanes, node].clamp_min(1e-12).log())
            tour.append(node)
            mask = mask.clone()
            mask[rows, lanes, node] = float("-inf")
        order = torch.stack(tour, -1)
        path = points[:, None].expand(b, n, n, 2).gather(2, order[..., None].expand(-1, -1, -1, 2))
        return (path - path.roll(-1, 2)).norm(dim=-1).sum(-1), torch.stack(log_probs, -1).sum(-1)


def now(on_card: bool) -> float:
    """CPU seconds, or seconds once the card has done what it was given."""
    if on_card:
        torch.cuda.synchronize()
        return time.perf_counter()
    return time.process_time()


def main() -> None:
    """Prints the speed of the best repetition; the first one warms up."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["train", "infer"], help="steps of training, or greedy constructions")
    for name, text in NUMBERS.items():
        parser.add_argument(name, type=int, help=text)
    parser.add_argument("--device", default="cpu", help="cpu: per CPU second of one thread; cuda: per second")
    args = parser.parse_args()
    on_card = args.device != "cpu"
    torch.set_num_threads(1)
    torch.set_default_device(args.device)
    torch.manual_seed(1)
    model = Pomo(args.width, args.heads, args.layers, args.hidden)
    optimiser = torch.optim.Adam(model.parameters(), lr=1e-4, weight_decay=1e-6)
    best = float("inf")
    for _ in range(args.repeat + 1):
        points = torch.rand(args.batch, args.n, 2)
        begin = now(on_card)
        if args.what == "train":
            length, log_prob = model(points, True)
            advantage = length - length.mean(1, keepdim=True)
            optimiser.zero_grad()
            (advantage.detach() * log_prob).mean().backward()
            optimiser.step()
        else:
            with torch.no_grad():
                model(points, False)
        best = min(best, now(on_card) - begin)
    print(f"{args.batch / best:.1f} instances per {'second' if on_card else 'CPU second'}")


if __name__ == "__main__":
    main()
