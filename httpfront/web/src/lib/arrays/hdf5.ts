// Reads the tree of a file of HDF5 (and so of a .mat of MATLAB 7.3, or of netCDF 4), and the numbers of one dataset. Only the
// bytes that are looked at are fetched. No page, no server.

import { Dataset, File as Hdf5File, Group } from "jsfive";
import type { Peek } from "../inside";
import { SparseBuffer } from "./sparse";

export const kFileBytesMax = 256 << 20; // the server reads a member of a zip from its beginning
export const kFetchedMax = 48 << 20; // for one look at a file
export const kValuesMax = 1_000_000;
const kNodesMax = 400;
const kDepthMax = 16;
const kWholeUpTo = 1 << 20; // a small file comes at once
const kSignature = [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a];

export interface Node {
    path: string; // "eeg/signal"
    name: string;
    depth: number;
    group: boolean;
    type: string; // "float64", "text", "" where it is not known
    shape: number[];
    units: string;
    values: boolean; // its numbers can be read
}

export interface Tree {
    nodes: Node[];
    more: boolean; // there are others that are not told
}

export interface Values {
    shape: number[];
    values: ArrayLike<number>;
}

export class TooLarge extends Error {
    constructor() {
        super("too large");
    }
}

/// Where the file of HDF5 begins: MATLAB puts a text of its own before it. Nothing: it is none.
async function beginOf(size: number, peek: Peek): Promise<number | null> {
    for (let at = 0; at + 8 <= size && at <= 1 << 20; at = at === 0 ? 512 : at * 2) {
        const bytes = await peek(at, 8);
        if (kSignature.every((byte, index) => bytes[index] === byte)) return at;
    }
    return null;
}

/// Runs `look` on the file as often as it takes until all is there that it reads.
async function looked<T>(size: number, peek: Peek, look: (file: Hdf5File) => T): Promise<T | null> {
    const begin = await beginOf(size, peek);
    if (begin === null) return null;
    if (size > kFileBytesMax) throw new TooLarge();
    const buffer = new SparseBuffer(size - begin);
    const fill = (): Promise<boolean> => buffer.fill((from, length) => peek(begin + from, length));
    if (size <= kWholeUpTo) buffer.want(0, buffer.byteLength);
    for (;;) {
        if (buffer.fetched > kFetchedMax) throw new TooLarge();
        await fill();
        let found: T | undefined;
        let problem: unknown = null;
        try {
            found = look(new Hdf5File(buffer, ""));
        } catch (error) {
            problem = error;
        }
        if (buffer.misses()) continue; // also where the reader took the want of bytes for an answer
        if (problem !== null) throw problem instanceof Error ? problem : new Error(String(problem));
        return found as T;
    }
}

const kKinds: Record<string, string> = { f: "float", i: "int", u: "uint" };

function typeOf(dtype: unknown): string {
    if (Array.isArray(dtype)) return String(dtype[0]).includes("STRING") ? "text" : String(dtype[0]).toLowerCase();
    const [, kind = "", bytes = ""] = /^[<>=|!@]?([a-zA-Z])(\d*)$/.exec(String(dtype)) ?? [];
    if (kind === "S") return "text";
    return kKinds[kind] ? `${kKinds[kind]}${Number(bytes) * 8}` : "";
}

/// A property that the reader may not know how to read.
function tried<T>(read: () => T, otherwise: T): T {
    try {
        return read();
    } catch {
        return otherwise;
    }
}

function textOf(value: unknown): string {
    const one: unknown = Array.isArray(value) ? value[0] : value;
    return typeof one === "string" ? one.replace(/\0+$/, "").trim() : "";
}

function datasetNode(dataset: Dataset, path: string, depth: number): Node {
    const attributes = tried(() => dataset.attrs as Record<string, unknown>, {});
    const matlab = textOf(attributes["MATLAB_class"]);
    const type = tried(() => typeOf(dataset.dtype), "");
    const shape = tried(() => Array.from(dataset.shape as ArrayLike<number>, Number), []);
    const units = Object.entries(attributes).find(([name]) => /^(units?|unidades?)$/i.test(name))?.[1];
    const count = shape.reduce((all, side) => all * side, 1);
    return {
        path, name: path.slice(path.lastIndexOf("/") + 1), depth, group: false, type: matlab === "char" ? "text" : matlab && matlab !== "double" ? matlab : type,
        shape: matlab ? [...shape].reverse() : shape, // MATLAB counts the other way round
        units: textOf(units), values: /^(float|u?int)/.test(type) && matlab !== "char" && count > 1 && count <= kValuesMax,
    };
}

function treeOf(file: Hdf5File): Tree {
    const nodes: Node[] = [];
    let more = false;
    const walk = (group: Group, path: string, depth: number): void => {
        for (const name of group.keys.filter((each: string) => !each.startsWith("#"))) { // MATLAB's own
            if (nodes.length >= kNodesMax || depth > kDepthMax) {
                more = true;
                return;
            }
            const here = path === "" ? name : `${path}/${name}`;
            const child = tried(() => group.get(name) as unknown, null);
            if (child instanceof Group) {
                nodes.push({ path: here, name, depth, group: true, type: "", shape: [], units: "", values: false });
                walk(child, here, depth + 1);
            } else if (child instanceof Dataset) {
                nodes.push(datasetNode(child, here, depth));
            } else {
                nodes.push({ path: here, name, depth, group: false, type: "", shape: [], units: "", values: false });
            }
        }
    };
    walk(file, "", 0);
    return { nodes, more };
}

/// The tree of the file; null where it is no HDF5. Throws TooLarge, and Error where it is broken.
export function readTree(size: number, peek: Peek): Promise<Tree | null> {
    return looked(size, peek, treeOf);
}

/// The numbers of a dataset, the last index fastest.
export function readValues(size: number, peek: Peek, path: string): Promise<Values | null> {
    return looked(size, peek, (file) => {
        const dataset = file.get(path) as Dataset;
        return { shape: Array.from(dataset.shape as ArrayLike<number>, Number), values: dataset.value as ArrayLike<number> };
    });
}
