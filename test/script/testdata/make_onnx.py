#!/usr/bin/env python3
"""Writes the small ONNX files that the script tests read, gzipped.

    python3 -m venv venv && venv/bin/pip install onnx numpy
    venv/bin/python make_onnx.py [FOLDER]
"""

import gzip
import os
import sys

import numpy as np
from onnx import TensorProto, helper, numpy_helper

FOLDER = sys.argv[1] if len(sys.argv) > 1 else os.path.dirname(os.path.abspath(__file__))
RANDOM = np.random.RandomState(0)
node = helper.make_node


def weights(*shape):
    return (RANDOM.randint(-8, 9, shape) / 8).astype(np.float32)


def model(nodes, inits, inputs, outputs):
    """A network from x to y."""
    graph = helper.make_graph(
        nodes, "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["batch"] + inputs)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["batch", outputs])],
        [numpy_helper.from_array(v, k) for k, v in inits.items()])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8, producer_name="hillock test")


def save(name, m):
    with open(os.path.join(FOLDER, name + ".gz"), "wb") as raw:
        with gzip.GzipFile("", "wb", 9, raw, mtime=0) as z:
            z.write(m.SerializeToString())


save("lstm.onnx", model(
    [node("Relu", ["x"], ["a"], name="relu1"), node("LSTM", ["a", "w", "r"], ["y"], name="lstm1", hidden_size=2)],
    dict(w=weights(1, 8, 4), r=weights(1, 8, 2)), [3, 4], 2))

dense = [node("Flatten", ["x"], ["a"], name="flat"), node("Gemm", ["a", "w", "b"], ["y"], name="fc", transB=1)]
save("bad_weights.onnx", model(dense, dict(w=weights(3, 13), b=weights(3)), [3, 4], 3))

external = model(dense, dict(w=weights(3, 12), b=weights(3)), [3, 4], 3)
tensor = external.graph.initializer[0]
tensor.ClearField("raw_data")
tensor.data_location = TensorProto.EXTERNAL
entry = tensor.external_data.add()
entry.key, entry.value = "location", "weights.bin"
save("external.onnx", external)

save("small.onnx", model(
    [node("Conv", ["x", "k"], ["c"], name="conv", strides=[2, 2], pads=[1, 1, 1, 1]), node("Relu", ["c"], ["r"], name="relu"),
     node("AveragePool", ["r"], ["p"], name="pool", kernel_shape=[2, 2], strides=[2, 2]), node("Flatten", ["p"], ["f"], name="flat"),
     node("MatMul", ["f", "w"], ["m"], name="fc"), node("Add", ["m", "b"], ["a"], name="bias"),
     node("Softmax", ["a"], ["y"], name="probabilities")],
    dict(k=weights(2, 1, 3, 3), w=weights(8, 3), b=weights(3)), [1, 8, 8], 3))

save("domain.onnx", model(
    [node("Relu", ["x"], ["a"], name="relu1"), node("FusedGemm", ["a", "w"], ["y"], name="fg", domain="com.microsoft")],
    dict(w=weights(4, 3)), [4], 3))
