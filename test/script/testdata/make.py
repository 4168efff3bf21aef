#!/usr/bin/env python3
"""Writes the small binary files that the script tests read.

    python3 -m venv venv && venv/bin/pip install h5py numpy
    venv/bin/python make.py [FOLDER]

All files are written gzipped with no name and no time inside, so that the same
versions of h5py and numpy give the same bytes.
"""

import gzip
import io
import os
import struct
import sys
import zlib

import h5py
import numpy as np

FOLDER = sys.argv[1] if len(sys.argv) > 1 else os.path.dirname(os.path.abspath(__file__))
TEXT = h5py.string_dtype()


def save(name, data):
    with open(os.path.join(FOLDER, name + ".gz"), "wb") as raw:
        with gzip.GzipFile("", "wb", 9, raw, mtime=0) as z:
            z.write(data)


def h5(fill):
    """The bytes of an HDF5 file; no times are kept in it."""
    mem = io.BytesIO()
    with h5py.File(mem, "w", track_order=False) as f:
        fill(f)
    return mem.getvalue()


def neuron(n, typ="LIF", **more):
    """Parameters of n neurons with a time constant of 10 steps of 1e-4 s."""
    v = {"type": typ, "tau": [1e-3] * n, "r": [10.0] * n, "v_leak": [0.0] * n, "v_threshold": [1.0] * n}
    v.update(more)
    return {k: x for k, x in v.items() if x is not None}


def chain():
    """input(4) -> fc -> lif(3) -> output: the network that all cases vary."""
    w = (np.arange(12).reshape(3, 4) - 4) / 8
    nodes = {
        "input": {"type": "Input", "shape": [4]},
        "fc": {"type": "Linear", "weight": w},
        "lif": neuron(3),
        "output": {"type": "Output", "shape": [3]},
    }
    return nodes, [("input", "fc"), ("fc", "lif"), ("lif", "output")]


def write_graph(g, nodes, edges):
    g.create_dataset("type", data="NIRGraph", dtype=TEXT)
    if edges is not None:
        g.create_dataset("edges", data=np.array(edges, dtype=object).reshape(-1, 2), dtype=TEXT)
    all_nodes = g.create_group("nodes")
    for name, fields in nodes.items():
        n = all_nodes.create_group(name)
        if callable(fields):
            fields(n)
            continue
        for key, value in fields.items():
            if isinstance(value, str):
                n.create_dataset(key, data=value, dtype=TEXT)
            elif key == "shape":
                n.create_dataset(key, data=np.array(value, dtype="i8"))
            elif isinstance(value, np.ndarray) and value.dtype.itemsize == 1:
                n.create_dataset(key, data=value, compression="gzip", compression_opts=9, shuffle=True)
            else:
                n.create_dataset(key, data=np.array(value, dtype="f4"))


def net(name, nodes, edges, version="1.0.8"):
    def fill(f):
        if version:
            f.create_dataset("version", data=version, dtype=TEXT)
        write_graph(f.create_group("node"), nodes, edges)

    save(name + ".nir", h5(fill))


def vary(name, change):
    nodes, edges = chain()
    edges = change(nodes, edges) or edges
    net(name, nodes, edges)


def recurrent(into_weight):
    """A recurrent layer, wired as it should be or as one exporter did."""
    nodes, _ = chain()
    nodes["rec"] = {"type": "Linear", "weight": np.eye(3) / 2}
    entry = "rec" if into_weight else "lif"
    return nodes, [("input", "fc"), ("fc", entry), ("lif", "rec"), ("rec", "lif"), ("lif", "output")]


def wide(n_in, n, w):
    nodes = {
        "input": {"type": "Input", "shape": [n_in]},
        "fc": {"type": "Linear", "weight": w},
        "lif": neuron(n),
        "output": {"type": "Output", "shape": [n]},
    }
    return nodes, [("input", "fc"), ("fc", "lif"), ("lif", "output")]


def networks():
    net("chain", *chain())
    net("no_version", *chain(), version=None)
    net("recurrent", *recurrent(False))
    net("recurrent_miswired", *recurrent(True))
    vary("unknown_type", lambda n, e: n["lif"].update(type="Izhikevich"))
    vary("nan_weight", lambda n, e: n["fc"]["weight"].__setitem__((1, 2), np.nan))
    vary("inf_weight", lambda n, e: n["fc"]["weight"].__setitem__((0, 3), np.inf))
    vary("no_weight", lambda n, e: n["fc"].__delitem__("weight"))
    vary("flat_weight", lambda n, e: n["fc"].update(weight=np.arange(12.0)))
    vary("no_shape", lambda n, e: n["input"].__delitem__("shape"))
    net("no_edges", chain()[0], [])
    net("edges_missing", chain()[0], None)
    vary("no_threshold", lambda n, e: n["lif"].__delitem__("v_threshold"))
    vary("short_tau", lambda n, e: n["lif"].update(tau=[1e-3] * 2))
    vary("tau_zero", lambda n, e: n["lif"].update(tau=[1e-3, 0, 1e-3]))
    vary("tau_negative", lambda n, e: n["lif"].update(tau=[1e-3, 1e-3, -1e-3]))
    vary("bad_bias", lambda n, e: n["fc"].update(type="Affine", bias=[0.0] * 4))
    vary("wide_matrix", lambda n, e: n["fc"].update(weight=np.zeros((3, 5))))
    vary("dangling", lambda n, e: e + [("lif", "lif7")])
    vary("twice", lambda n, e: e + [("fc", "lif")])
    vary("orphan", lambda n, e: n.update(spare=neuron(3)))
    vary("into_input", lambda n, e: e + [("lif", "input")])
    vary("infinite_delay", lambda n, e: n.update(late={"type": "Delay", "delay": [np.inf] * 3})
         or [("input", "fc"), ("fc", "late"), ("late", "lif"), ("lif", "output")])
    vary("loop", lambda n, e: n.update(s1={"type": "Scale", "scale": [0.5] * 4}, s2={"type": "Scale", "scale": [0.5] * 4})
         or e + [("input", "s1"), ("s1", "s2"), ("s2", "s1"), ("s2", "fc")])
    vary("text_tau", lambda n, e: n["lif"].update(tau="fast"))
    vary("huge_shape", lambda n, e: n["input"].update(shape=[1 << 40]))
    vary("negative_shape", lambda n, e: n["input"].update(shape=[-4]))
    net("one_node", {"lif": neuron(3)}, None)
    net("empty_graph", {}, [])
    net("many_neurons", *wide(4, 1100 * 128, np.zeros((1100 * 128, 4), "i1")))
    few = np.zeros((1200, 5000), "i1")
    few[:, :] = 1
    net("many_axons", *wide(5000, 1200, few))
    save("nirdata.nir", h5(lambda f: f.create_group("nodes")))
    save("no_node.nir", h5(lambda f: f.create_dataset("version", data="1.0.8", dtype=TEXT)))


def nest(depth):
    def fill(f):
        f.create_dataset("version", data="1.0.8", dtype=TEXT)
        g = f.create_group("node")
        for _ in range(depth):
            g.create_dataset("type", data="NIRGraph", dtype=TEXT)
            g.create_dataset("edges", data=np.array([("a", "b")], dtype=object), dtype=TEXT)
            g = g.create_group("nodes").create_group("a")

    return h5(fill)


def slash_name(data):
    """A node name with a slash, which no writer makes: lif0 -> li/0."""
    assert data.count(b"li_0\0") >= 1
    return data.replace(b"li_0\0", b"li/0\0")


def containers():
    save("deep_graphs.nir", nest(40))
    save("deep_groups.h5", h5(lambda f: f.create_group("/".join(["g"] * 400))))

    def cycle(f):
        write_graph(f.create_group("node"), *chain())
        f["node/nodes/again"] = f["node/nodes"]

    save("cycle.nir", h5(cycle))

    def soft(f):
        write_graph(f.create_group("node"), *chain())
        f["node/nodes/away"] = h5py.ExternalLink("other.h5", "/x")

    save("external.nir", h5(soft))

    def big(n):
        n.create_dataset("type", data="Linear", dtype=TEXT)
        n.create_dataset("weight", shape=(1 << 20, 1 << 20), dtype="f4", chunks=(64, 64), compression="gzip")

    nodes, edges = chain()
    nodes["fc"] = big
    net("huge_dims", nodes, edges)

    def chunk(n):
        n.create_dataset("type", data="Linear", dtype=TEXT)
        n.create_dataset("weight", shape=(30000, 30000), dtype="f4", chunks=(30000, 30000), compression="gzip")

    nodes, edges = chain()
    nodes["fc"] = chunk
    net("huge_chunk", nodes, edges)
    nodes, edges = chain()
    nodes["li_0"] = nodes.pop("lif")
    edges = [("input", "fc"), ("fc", "li_0"), ("li_0", "output")]

    def fill(f):
        f.create_dataset("version", data="1.0.8", dtype=TEXT)
        write_graph(f.create_group("node"), nodes, edges)

    save("slash_name.nir", slash_name(h5(fill)))


def idx(dims, data, kind=8):
    return struct.pack(">BBBB", 0, 0, kind, len(dims)) + b"".join(struct.pack(">I", d) for d in dims) + data


def npz(**arrays):
    mem = io.BytesIO()
    np.savez(mem, **arrays)
    return mem.getvalue()


def sets():
    rng = np.random.default_rng(7)
    x, y = rng.integers(0, 17, (6, 64), dtype="u1"), np.arange(6, dtype="u1") % 3
    save("six-images-idx3-ubyte", idx((6, 8, 8), x.tobytes()))
    save("six-labels-idx1-ubyte", idx((6,), y.tobytes()))
    save("five-labels-idx1-ubyte", idx((5,), y[:5].tobytes()))
    save("hostile-images-idx3-ubyte", idx((0xFFFFFFFF, 0xFFFF, 0xFFFF), b"\1\2\3"))
    save("float-images-idx3-ubyte", idx((1, 8, 8), bytes(64), kind=13))
    save("six.npz", npz(x=x, y=y))
    save("no_y.npz", npz(x=x))
    save("few_y.npz", npz(x=x, y=y[:4]))
    save("text_x.npz", npz(x=np.array(["a", "b"]), y=y[:2]))
    save("negative_x.npz", npz(x=x.astype("i2") - 20, y=y))
    save("spikes.npz", npz(x=rng.integers(0, 2, (6, 4, 4), dtype="u1"), y=y))
    head = b"\x93NUMPY\1\0" + struct.pack("<H", 118) + b"{'descr': '|u1', 'fortran_order': False, 'shape': (99999999999999, 64), }".ljust(117) + b"\n"
    mem = io.BytesIO()
    import zipfile
    with zipfile.ZipFile(mem, "w") as z:
        z.writestr(zipfile.ZipInfo("x.npy"), head + bytes(64))
        z.writestr(zipfile.ZipInfo("y.npy"), head + bytes(64))
    save("hostile.npz", mem.getvalue())


def bomb():
    """csv.gz of one row of 128 MiB: a few hundred bytes after a second gzip."""
    z = zlib.compressobj(9, zlib.DEFLATED, 31)
    block = b"0," * (1 << 23)
    out = [z.compress(block) for _ in range(8)]
    out.append(z.flush())
    save("bomb.csv.gz", b"".join(out))


def main():
    networks()
    containers()
    sets()
    bomb()


main()
