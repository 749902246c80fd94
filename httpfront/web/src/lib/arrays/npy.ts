// The numbers of a .npy file, whole.

import type { Values } from "./hdf5";

export const kNpyBytesMax = 16 << 20;

type Reader = (view: DataView, at: number, little: boolean) => number;

const kReaders: Record<string, Reader> = {
    f4: (view, at, little) => view.getFloat32(at, little), f8: (view, at, little) => view.getFloat64(at, little),
    i1: (view, at) => view.getInt8(at), i2: (view, at, little) => view.getInt16(at, little), i4: (view, at, little) => view.getInt32(at, little),
    i8: (view, at, little) => Number(view.getBigInt64(at, little)), u1: (view, at) => view.getUint8(at), u2: (view, at, little) => view.getUint16(at, little),
    u4: (view, at, little) => view.getUint32(at, little), u8: (view, at, little) => Number(view.getBigUint64(at, little)), b1: (view, at) => view.getUint8(at),
};

/// The last index fastest, as the file says otherwise too; null: not such numbers, or not a whole file.
export function npyValues(bytes: Uint8Array): Values | null {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const ascii = (from: number, length: number): string => String.fromCharCode(...bytes.subarray(from, from + length));
    if (bytes.length < 12 || ascii(1, 5) !== "NUMPY") return null;
    const wide = (bytes[6] ?? 1) > 1;
    const begin = (wide ? 12 : 10) + (wide ? view.getUint32(8, true) : view.getUint16(8, true));
    const head = ascii(wide ? 12 : 10, begin - (wide ? 12 : 10));
    const [, order = "", type = ""] = /'descr':\s*'([<>|=])(\w+)'/.exec(head) ?? [];
    const sides = /'shape':\s*\(([^)]*)\)/.exec(head)?.[1];
    const read = kReaders[type];
    if (!read || sides === undefined) return null;
    const shape = sides.split(",").map((side) => side.trim()).filter(Boolean).map(Number);
    const count = shape.reduce((all, side) => all * side, 1);
    const width = Number(type.slice(1));
    if (begin + count * width > bytes.length) return null;
    const stored = Array.from({ length: count }, (_, at) => read(view, begin + at * width, order !== ">"));
    const [rows = 0, columns = 0] = shape;
    if (!/'fortran_order':\s*True/.test(head) || shape.length !== 2) return { shape, values: stored };
    return { shape, values: stored.map((_, at) => stored[(at % columns) * rows + Math.floor(at / columns)] ?? 0) };
}
