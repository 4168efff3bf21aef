"""W1, W2 and W3 for other simulators, from the hashes of test/bench/hash.go."""
import numpy as np

U = np.uint64


def draw(stream, k):
    """Number k, from 1, of the splitmix64 stream."""
    with np.errstate(over="ignore"):
        z = U(stream) + np.asarray(k, dtype=U) * U(0x9E3779B97F4A7C15)
        z = (z ^ (z >> U(30))) * U(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> U(27))) * U(0x94D049BB133111EB)
        return z ^ (z >> U(31))


def below(x, n):
    return ((x >> U(11)) % U(n)).astype(np.int64)


def high(x, n):
    return ((x >> U(40)) % U(n)).astype(np.int64)


def recurrent(n, pre, post, weight):
    i = np.arange(1, n + 1)
    return dict(n=n, keep_u=3072, keep_v=3968, refract=2, threshold=64000, bias=2400 + below(draw(102, i), 1801),
                start=below(draw(103, i), 64000), pre=pre, post=post, weight=weight)


def w1():
    lists = np.arange(16384 * 4)
    neuron, way = np.repeat(lists // 4, 32), np.repeat(lists % 4, 32)
    k = np.tile(np.arange(32), len(lists))
    x = draw(101, np.arange(len(k)) + 1)
    core = (neuron // 1024 + np.array([0, 1, 4, 9])[way]) % 16
    return recurrent(16384, neuron, core * 1024 + 32 * k + below(x, 32), high(x, 17) - 8)


def w3():
    pair = np.flatnonzero(below(draw(301, np.arange(1, 4096 * 4096 + 1)), 10) == 0)
    pre, post = np.divmod(pair, 4096)
    return recurrent(4096, pre, post, np.where(pre < 3277, 4, -16))


def w2():
    """The three layers are one group of 394 neurons; inputs are (tick, pixel)."""
    sizes = [784, 256, 128, 10]
    layers = [high(draw(200 + l, np.arange(1, a * b + 1)), 67).reshape(a, b) - 32 for l, (a, b) in enumerate(zip(sizes, sizes[1:]))]
    x = draw(210, np.arange(1, 100 * 784 + 1)).reshape(100, 1, 784)
    level = np.where(high(x, 5) == 0, below(x, 256), 0)
    k = np.arange(64).reshape(1, 64, 1)
    tick, pixel = np.nonzero(((k + 1) * level // 256 > k * level // 256).reshape(6400, 784))
    return dict(n=394, keep_u=2048, keep_v=3900, refract=1, threshold=256000, layers=layers, tick=tick, pixel=pixel)


WORKS = dict(W1=w1, W2=w2, W3=w3)
