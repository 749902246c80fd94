// The page's side of src/worker/files.ts: one worker, started when it is first needed.

export type FileAsked =
    | { id: number; kind: "hex" | "base64"; blob: Blob }
    | { id: number; kind: "zip" | "outline"; files: { path: string; file: File }[] };

export interface FileTold {
    id: number;
    done?: number; // bytes so far
    hash?: string;
    blob?: Blob;
    failed?: string;
}

/// The browser could not read a file: it was moved, changed or taken away after it was chosen.
export class UnreadableFile extends Error {}

interface Waiting {
    told: (message: FileTold) => void;
    progress: ((done: number) => void) | undefined;
    failed: (error: Error) => void;
}

let worker: Worker | null = null;
let asked = 0;
const waiting = new Map<number, Waiting>();

function start(): Worker {
    const address = document.querySelector<HTMLMetaElement>('meta[name="files-worker"]')?.content ?? "";
    const made = new Worker(address);
    made.onmessage = ({ data }: MessageEvent<FileTold>) => {
        const one = waiting.get(data.id);
        if (data.done !== undefined) {
            one?.progress?.(data.done);
            return;
        }
        waiting.delete(data.id);
        if (data.failed === undefined) one?.told(data);
        else one?.failed(new UnreadableFile(data.failed));
    };
    made.onerror = () => {
        for (const one of waiting.values()) one.failed(new UnreadableFile("the worker did not start"));
        waiting.clear();
        worker = null;
    };
    return made;
}

function ask(message: FileAsked, progress?: (done: number) => void): Promise<FileTold> {
    worker ??= start();
    const to = worker;
    return new Promise((told, failed) => {
        waiting.set(message.id, { told, failed, progress });
        to.postMessage(message);
    });
}

export async function sha256Hex(blob: Blob, progress?: (done: number) => void): Promise<string> {
    return (await ask({ id: (asked += 1), kind: "hex", blob }, progress)).hash ?? "";
}

export async function sha256Base64(blob: Blob): Promise<string> {
    return (await ask({ id: (asked += 1), kind: "base64", blob })).hash ?? "";
}

export async function zipOf(files: { path: string; file: File }[], progress?: (done: number) => void): Promise<Blob> {
    const { blob } = await ask({ id: (asked += 1), kind: "zip", files }, progress);
    if (!blob) throw new UnreadableFile("no zip came back");
    return blob;
}

/// A small zip with the folder's names and programs and the beginning of nothing else, by which the server judges.
export async function outlineOf(files: { path: string; file: File }[]): Promise<Blob> {
    const { blob } = await ask({ id: (asked += 1), kind: "outline", files });
    if (!blob) throw new UnreadableFile("no zip came back");
    return blob;
}
