import { canonicalPoints } from '../../domain/learning/canonical-surface.js';
import { tensorShapes, type NetworkModel } from '../../domain/learning/network.js';
import { paddedPoints } from '../../connectors/predictor/tensor/network-input.js';

/**
 * The networks of a model as one ONNX graph (IR 8, opset 17): inputs `surface` [n, 1, 14, 14] and `scalars` [n, k], output `sum` [n, 1], the sum
 * of the raw outputs. Written by hand because the protobuf of a graph is smaller than any package that writes it
 * (field numbers: https://github.com/onnx/onnx/blob/main/onnx/onnx.proto3).
 */
export function onnxNetworks({ shape, networks }: Pick<NetworkModel, 'shape' | 'networks'>): Uint8Array {
  const half = canonicalPoints / 2;
  const nodes: Buffer[] = [];
  const constants: Buffer[] = [];
  const node = (type: string, inputs: string[], output: string, attributes: Buffer[] = []): string => {
    const parts = [...inputs.map((name) => text(1, name)), text(2, output), text(4, type), ...attributes.map((it) => bytes(5, it))];
    nodes.push(bytes(1, Buffer.concat(parts)));
    return output;
  };
  const constant = (name: string, dims: number[], values: Float32Array | BigInt64Array): string => {
    const type = values instanceof Float32Array ? 1 : 7;
    const raw = Buffer.from(values.buffer, values.byteOffset, values.byteLength);
    constants.push(bytes(5, Buffer.concat([...dims.map((size) => varint(1, size)), varint(2, type), text(8, name), bytes(9, raw)])));
    return name;
  };
  const integers = (name: string, values: number[]): string =>
    constant(name, [values.length], BigInt64Array.from(values.map((value) => BigInt(value))));

  integers('zero', [0]);
  integers('one', [1]);
  integers('last', [half - 1]);
  integers('end', [half]);
  integers('rows', [2]);
  integers('columns', [3]);
  const sums = networks.map((flat, index) => {
    const name = (label: string): string => `${label}${index}`;
    let offset = 0;
    const [k1 = '', b1 = '', k2 = '', b2 = '', w3 = '', b3 = '', w4 = '', b4 = '', w5 = '', b5 = ''] = tensorShapes(shape).map(
      (sizes, place) => {
        const length = sizes.reduce((product, size) => product * size, 1);
        const values = flat.slice(offset, (offset += length));
        const kernel = sizes.length === 4 ? outputsFirst(values, sizes as [number, number, number, number]) : { values, sizes };
        return constant(name(`t${place}_`), kernel.sizes, Float32Array.from(kernel.values));
      },
    );
    const fine = node('Relu', [node('Conv', ['surface', k1, b1], name('c1_'))], name('r1_'));
    const pooled = node('AveragePool', [fine], name('p'), [list('kernel_shape', [2, 2]), list('strides', [2, 2])]);
    const rim = (input: string, axis: 'rows' | 'columns'): string => {
      const before = node('Slice', [input, 'last', 'end', axis], name(`before_${axis}`));
      const after = node('Slice', [input, 'zero', 'one', axis], name(`after_${axis}`));
      return node('Concat', [before, input, after], name(`rim_${axis}`), [integer('axis', axis === 'rows' ? 2 : 3)]);
    };
    const coarse = node('Relu', [node('Conv', [rim(rim(pooled, 'rows'), 'columns'), k2, b2], name('c2_'))], name('r2_'));
    const picture = node('ReduceMean', [coarse], name('m'), [list('axes', [2, 3]), integer('keepdims', 0)]);
    const side = node('Relu', [node('Gemm', ['scalars', w3, b3], name('g3_'))], name('r3_'));
    const both = node('Concat', [picture, side], name('b'), [integer('axis', 1)]);
    const joint = node('Relu', [node('Gemm', [both, w4, b4], name('g4_'))], name('r4_'));
    return node('Gemm', [joint, w5, b5], name('o'));
  });
  node('Sum', sums, 'sum');
  const graph = Buffer.concat([
    ...nodes,
    text(2, 'networks'),
    ...constants,
    bytes(11, tensorType('surface', ['n', 1, paddedPoints, paddedPoints])),
    bytes(11, tensorType('scalars', ['n', shape.scalars])),
    bytes(12, tensorType('sum', ['n', 1])),
  ]);
  return Buffer.concat([varint(1, 8), bytes(7, graph), bytes(8, varint(2, 17))]);
}

/** [height, width, in, out] becomes [out, in, height, width]. */
function outputsFirst(values: readonly number[], [h, w, c, o]: [number, number, number, number]) {
  const turned = Array.from({ length: values.length }, (_, place) => {
    const [x, y, from, to] = [place % w, Math.floor(place / w) % h, Math.floor(place / (w * h)) % c, Math.floor(place / (w * h * c))];
    return values[((y * w + x) * c + from) * o + to] ?? 0;
  });
  return { values: turned, sizes: [o, c, h, w] };
}

function tensorType(name: string, sizes: (string | number)[]): Buffer {
  const dims = sizes.map((size) => bytes(1, typeof size === 'number' ? varint(1, size) : text(2, size)));
  return Buffer.concat([text(1, name), bytes(2, bytes(1, Buffer.concat([varint(1, 1), bytes(2, Buffer.concat(dims))])))]);
}

function integer(name: string, value: number): Buffer {
  return Buffer.concat([text(1, name), varint(3, value), varint(20, 2)]);
}

function list(name: string, values: readonly number[]): Buffer {
  return Buffer.concat([text(1, name), ...values.map((value) => varint(8, value)), varint(20, 7)]);
}

function text(field: number, value: string): Buffer {
  return bytes(field, Buffer.from(value));
}

function bytes(field: number, value: Buffer): Buffer {
  return Buffer.concat([base128(field * 8 + 2), base128(value.length), value]);
}

function varint(field: number, value: number): Buffer {
  return Buffer.concat([base128(field * 8), base128(value)]);
}

/** Seven bits a byte, lowest first; the top bit says that more follow. */
function base128(value: number): Buffer {
  const found: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return Buffer.from([...found, rest]);
    found.push((rest % 128) + 128);
  }
}
