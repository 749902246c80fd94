// Work on whole files, in a worker of its own so that the page stays quick: hashes, and zips of folders. Bytes
// stream through; a file of any size needs little memory. Zips are stored, not deflated: the same folder gives
// the same bytes in every browser, so that a hash tells whether an upload is the one that was cut off.

import { sha256 } from "@noble/hashes/sha2.js";
import { makeZip } from "client-zip";
import type { FileAsked, FileTold } from "../data/file_worker";

const scope = self as unknown as {
    onmessage: ((event: MessageEvent<FileAsked>) => void) | null;
    postMessage: (message: FileTold) => void;
};
const kTellEveryBytes = 8 << 20;
const kJudgedBytesMax = 256 << 10;

async function hash(id: number, blob: Blob): Promise<Uint8Array> {
    const whole = sha256.create();
    const reader = blob.stream().getReader();
    let done = 0;
    let told = 0;
    for (;;) {
        const piece = await reader.read();
        if (piece.done) return whole.digest();
        whole.update(piece.value);
        done += piece.value.length;
        if (done - told >= kTellEveryBytes) {
            told = done;
            scope.postMessage({ id, done });
        }
    }
}

function hex(bytes: Uint8Array): string {
    return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function base64(bytes: Uint8Array): string {
    return btoa(String.fromCharCode(...bytes));
}

async function zip(id: number, files: { path: string; file: File }[]): Promise<Blob> {
    let done = 0;
    async function* inputs(): AsyncGenerator<{ name: string; lastModified: number; input: ReadableStream<Uint8Array> }> {
        for (const { path, file } of files) {
            yield { name: path, lastModified: file.lastModified, input: file.stream() };
            done += file.size;
            scope.postMessage({ id, done });
        }
    }
    return new Response(makeZip(inputs())).blob(); // browsers keep large ones on the disk
}

/// Only what the server reads to judge a bundle has its bytes: manifest, requirements, programs.
function outline(files: { path: string; file: File }[]): { path: string; file: File }[] {
    return files.map(({ path, file }) => {
        const judged = /\.(toml|txt|py|m|r)$/i.test(path) && file.size <= kJudgedBytesMax;
        return { path, file: judged ? file : new File([], file.name, { lastModified: file.lastModified }) };
    });
}

scope.onmessage = async ({ data }) => {
    try {
        if ("files" in data) {
            const files = data.kind === "zip" ? data.files : outline(data.files);
            scope.postMessage({ id: data.id, blob: await zip(data.id, files) });
        } else {
            const bytes = await hash(data.id, data.blob);
            scope.postMessage({ id: data.id, hash: data.kind === "hex" ? hex(bytes) : base64(bytes) });
        }
    } catch (error) { // a file that was moved or changed since it was chosen
        scope.postMessage({ id: data.id, failed: String(error) });
    }
};
