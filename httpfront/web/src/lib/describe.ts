// Reads what a data file of a signal lab holds out of its first bytes: .npy, .wav, .edf and .mat. No page, no
// server: bytes in, facts out. A file that is not what its name says gives null.

export interface Described {
    kind: string; // "NumPy", "WAV", "EDF", "MATLAB 5", "MATLAB 7.3 (HDF5)"
    type?: string; // type of each number
    shape?: number[];
    channels?: number;
    rate?: number; // samples a second
    seconds?: number;
    names?: string[]; // names of channels
    parts?: Part[]; // what a file of several arrays holds
    more?: number; // parts that are not told; -1: it is not known how many
}

export interface Part {
    name: string;
    type?: string;
    shape?: number[];
}

export const kDescribedBytes = 16 * 1024;

export function isDescribed(path: string): boolean {
    return /\.(npy|npz|wav|edf|mat)$/i.test(path);
}

function ascii(bytes: Uint8Array, from: number, length: number): string {
    return String.fromCharCode(...bytes.subarray(from, from + length));
}

function npy(bytes: Uint8Array, view: DataView): Described | null {
    if (ascii(bytes, 1, 5) !== "NUMPY") return null;
    const wide = (bytes[6] ?? 1) > 1;
    const length = wide ? view.getUint32(8, true) : view.getUint16(8, true);
    const header = ascii(bytes, wide ? 12 : 10, length);
    const type = /'descr':\s*'([^']*)'/.exec(header)?.[1];
    const shape = /'shape':\s*\(([^)]*)\)/.exec(header)?.[1];
    if (type === undefined || shape === undefined) return null;
    const kinds: Record<string, string> = { f: "float", i: "int", u: "uint", c: "complex", b: "bool" };
    const kind = kinds[type.charAt(1)];
    return {
        kind: "NumPy", shape: shape.split(",").map((each) => each.trim()).filter(Boolean).map(Number),
        type: kind === "bool" ? "bool" : kind ? `${kind}${Number(type.slice(2)) * 8}` : type,
    };
}

function wav(bytes: Uint8Array, view: DataView): Described | null {
    if (ascii(bytes, 0, 4) !== "RIFF" || ascii(bytes, 8, 4) !== "WAVE") return null;
    const found: Described = { kind: "WAV" };
    let frame = 0;
    for (let at = 12; at + 8 <= bytes.length;) {
        const name = ascii(bytes, at, 4);
        const size = view.getUint32(at + 4, true);
        if (name === "fmt " && at + 24 <= bytes.length) {
            found.channels = view.getUint16(at + 10, true);
            found.rate = view.getUint32(at + 12, true);
            frame = view.getUint16(at + 20, true);
            found.type = `${view.getUint16(at + 8, true) === 3 ? "float" : "int"}${view.getUint16(at + 22, true)}`;
        }
        if (name === "data") {
            if (frame > 0 && found.rate) found.seconds = size / frame / found.rate;
            return found;
        }
        at += 8 + size + (size % 2);
    }
    return found.channels ? found : null;
}

function edf(bytes: Uint8Array): Described | null {
    if (bytes.length < 256) return null;
    const number = (from: number, length: number): number => Number(ascii(bytes, from, length).trim());
    const channels = number(252, 4);
    const records = number(236, 8);
    const each = number(244, 8);
    if (!Number.isInteger(channels) || channels < 1 || channels > 4096 || !(each >= 0)) return null;
    const names = Array.from({ length: channels }, (_, at) => ascii(bytes, 256 + at * 16, 16).trim()).filter(Boolean);
    const samples = number(256 + channels * 216, 8);
    return {
        kind: "EDF", channels, names, ...(records > 0 ? { seconds: records * each } : {}),
        ...(each > 0 && samples > 0 ? { rate: samples / each } : {}),
    };
}

function mat(bytes: Uint8Array): Described | null {
    const text = ascii(bytes, 0, 20);
    if (text.startsWith("MATLAB 5.0")) return { kind: "MATLAB 5" };
    if (text.startsWith("MATLAB 7.3")) return { kind: "MATLAB 7.3 (HDF5)" };
    return null;
}

export function describe(path: string, bytes: Uint8Array): Described | null {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const ending = path.slice(path.lastIndexOf(".") + 1).toLowerCase();
    try {
        if (ending === "npy") return npy(bytes, view);
        if (ending === "wav") return wav(bytes, view);
        if (ending === "edf") return edf(bytes);
        return mat(bytes);
    } catch {
        return null; // it ends within its header
    }
}
