// The names, types and shapes of the arrays in one file: a .npz (a zip of .npy files) or a .mat of MATLAB 5. A few bytes are read at each place that counts, whatever the size of the file. No page, no server.

import { describe, type Described, type Part } from "./describe";

/// Reads bytes of the file; fewer only at its end.
export type Peek = (offset: number, length: number) => Promise<Uint8Array>;

const kPartsMax = 12;
const kEndBytes = 22 + 65_535; // the end record of a zip and its longest comment
const kDirectoryBytes = 256 * 1024;
const kHeadBytes = 1024; // so much is read at each part

export const isArchive = (path: string): boolean => /\.(npz|mat)$/i.test(path);

/// The beginning of what is compressed in these bytes, which may be cut.
async function inflated(bytes: Uint8Array, format: "deflate" | "deflate-raw"): Promise<Uint8Array> {
    const reader = new Blob([bytes as Uint8Array<ArrayBuffer>]).stream().pipeThrough(new DecompressionStream(format)).getReader();
    const out: number[] = [];
    try {
        while (out.length < kHeadBytes) {
            const { done, value } = await reader.read();
            if (done) break;
            out.push(...value.subarray(0, kHeadBytes - out.length));
        }
        await reader.cancel();
    } catch {
        // the bytes end within what is compressed: what came before is good
    }
    return Uint8Array.from(out);
}

function viewOf(bytes: Uint8Array): DataView {
    return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

interface Member {
    name: string;
    packed: boolean;
    offset: number; // where its local header is
}

async function membersOf(size: number, peek: Peek): Promise<Member[]> {
    const from = Math.max(0, size - kEndBytes);
    const tail = await peek(from, size - from);
    const tailView = viewOf(tail);
    let end = tail.length - 22;
    while (end >= 0 && tailView.getUint32(end, true) !== 0x06054b50) end -= 1;
    if (end < 0) return [];
    const directoryAt = tailView.getUint32(end + 16, true);
    const directory = await peek(directoryAt, Math.min(tailView.getUint32(end + 12, true), kDirectoryBytes));
    const view = viewOf(directory);
    const members: Member[] = [];
    for (let at = 0; at + 46 <= directory.length && view.getUint32(at, true) === 0x02014b50;) {
        const nameLength = view.getUint16(at + 28, true);
        const name = new TextDecoder().decode(directory.subarray(at + 46, at + 46 + nameLength));
        members.push({ name, packed: view.getUint16(at + 10, true) === 8, offset: view.getUint32(at + 42, true) });
        at += 46 + nameLength + view.getUint16(at + 30, true) + view.getUint16(at + 32, true);
    }
    return members;
}

async function npz(size: number, peek: Peek): Promise<Described | null> {
    const members = await membersOf(size, peek);
    if (members.length === 0) return null;
    const parts: Part[] = [];
    for (const { name, packed, offset } of members.slice(0, kPartsMax)) {
        const bytes = await peek(offset, kHeadBytes);
        const view = viewOf(bytes);
        if (bytes.length < 30 || view.getUint32(0, true) !== 0x04034b50) return null;
        const body = bytes.subarray(30 + view.getUint16(26, true) + view.getUint16(28, true));
        const found = describe("a.npy", packed ? await inflated(body, "deflate-raw") : body);
        parts.push({ name: name.replace(/\.npy$/, ""), ...(found?.type ? { type: found.type } : {}), ...(found?.shape ? { shape: found.shape } : {}) });
    }
    return { kind: "NumPy", parts, more: members.length - parts.length };
}

const kClasses = ["", "cell", "struct", "object", "char", "sparse", "double", "single", "int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64"];

/// The matrix whose elements begin with these bytes.
function matrix(bytes: Uint8Array, little: boolean): Part | null {
    const view = viewOf(bytes);
    // A short element has its size in the upper half of its tag, and its bytes behind that.
    const element = (at: number): { from: number; length: number; next: number } => {
        const tag = view.getUint32(at, little);
        const short = tag >>> 16;
        if (short > 0) return { from: at + 4, length: short, next: at + 8 };
        const length = view.getUint32(at + 4, little);
        return { from: at + 8, length, next: at + 8 + Math.ceil(length / 8) * 8 };
    };
    const flags = element(0);
    const kind = view.getUint32(flags.from, little);
    const dimensions = element(flags.next);
    const shape = Array.from({ length: Math.min(8, dimensions.length / 4) }, (_, at) => view.getInt32(dimensions.from + at * 4, little));
    const name = element(dimensions.next);
    const type = kClasses[kind & 0xff];
    if (!type || shape.some((side) => side < 0)) return null;
    const said = (kind & 0x0200) !== 0 ? "logical" : (kind & 0x0800) !== 0 ? `complex ${type}` : type;
    return { name: new TextDecoder().decode(bytes.subarray(name.from, name.from + Math.min(name.length, 63))), type: said, shape };
}

async function mat5(size: number, peek: Peek): Promise<Described> {
    const order = await peek(126, 2);
    const little = order[0] === 0x49; // "IM"
    const parts: Part[] = [];
    let more = 0;
    for (let at = 128; at + 8 < size;) {
        const bytes = await peek(at, kHeadBytes);
        const view = viewOf(bytes);
        const kind = view.getUint32(0, little);
        const length = view.getUint32(4, little);
        if (parts.length === kPartsMax) {
            more = -1; // how many follow is not counted
            break;
        }
        const body = kind === 15 ? (await inflated(bytes.subarray(8, 8 + length), "deflate")).subarray(8) : bytes.subarray(8);
        const found = kind === 15 || kind === 14 ? matrix(body, little) : null;
        if (found && found.name) parts.push(found); // without a name it is what MATLAB keeps for itself
        at += 8 + length + (kind === 15 ? 0 : (8 - (length % 8)) % 8);
    }
    return { kind: "MATLAB 5", parts, more };
}

/// Reads what the file holds; null where it is not what its name says.
export async function describeInside(path: string, size: number, peek: Peek): Promise<Described | null> {
    try {
        if (/\.npz$/i.test(path)) return await npz(size, peek);
        const plain = describe(path, await peek(0, 128));
        return plain?.kind === "MATLAB 5" ? await mat5(size, peek) : plain;
    } catch (error) {
        if (error instanceof RangeError) return null; // it ends where more was said to be
        throw error;
    }
}
