// The jobs that this page sends, and those that an earlier life of it did not bring to an end. The list outlives
// the Upload page, so that leaving it stops nothing. A job is zipped if it is a folder, hashed, sent by tus
// (data/tus.ts), and made of what was sent.

import type { Chosen } from "../lib/dropped";
import { ApiError, makeJob, validateZip, type Asks, type Job } from "./api";
import { outlineOf, sha256Hex, UnreadableFile, zipOf } from "./file_worker";
import { forgetKept, interrupted, keep, type KeptUpload } from "./kept_uploads";
import { discard, sendFile, untilDone } from "./tus";

export type UploadState =
    | "waiting" | "preparing" | "sending" | "pausing" | "checking"
    | "accepted" | "refused" | "stopped" | "interrupted";

export interface Upload {
    key: string;
    order: number; // those added first are sent first
    name: string;
    size: number; // 0 for a folder that is not zipped yet
    chosen: Chosen | null; // null: the file must be asked for again
    asks: Asks;
    url: string | null;
    hash: string;
    state: UploadState;
    preparedBytes: number;
    sentBytes: number; // confirmed by the server
    bytesPerSecond: number;
    job: Job | null;
    error: ApiError | null; // why it was refused, or why it pauses
}

const kAtOnce = 2;
const kSpeedWindowMs = 6000;

let uploads: Upload[] = interrupted().map(fromKept);
let added = 0;
const running = new Map<string, AbortController>();
const listeners = new Set<() => void>();

export function currentUploads(): readonly Upload[] {
    return uploads;
}

export function watchUploads(listener: () => void): () => void {
    listeners.add(listener);
    return () => listeners.delete(listener);
}

export function isBusy(upload: Upload): boolean {
    return upload.state === "waiting" || upload.state === "preparing" || upload.state === "sending" || upload.state === "pausing" || upload.state === "checking";
}

function tell(): void {
    for (const listener of listeners) listener();
}

function change(key: string, fields: Partial<Upload>): void {
    uploads = uploads.map((upload) => (upload.key === key ? { ...upload, ...fields } : upload));
    tell();
}

function randomKey(): string {
    const bytes = crypto.getRandomValues(new Uint8Array(16)); // randomUUID needs HTTPS; this does not
    return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function fromKept(kept: KeptUpload): Upload {
    return {
        key: kept.key, order: 0, name: kept.name, size: kept.size, chosen: null, asks: kept.asks ?? { array: "", trial: false }, url: kept.url, hash: kept.hash, state: "interrupted",
        preparedBytes: 0, sentBytes: kept.confirmed, bytesPerSecond: 0, job: null, error: null,
    };
}

export function addChosen(chosen: Iterable<Chosen>, asks: Asks): void {
    const news = Array.from(chosen, (one): Upload => ({
        key: randomKey(), order: (added += 1), name: one.file ? one.name : `${one.name}.zip`, size: one.file?.size ?? 0, chosen: one,
        asks, url: null, hash: "", state: "waiting", preparedBytes: 0, sentBytes: 0, bytesPerSecond: 0, job: null, error: null,
    }));
    uploads = [...news, ...uploads];
    tell();
    startMore();
}

/// A refused or stopped one once more: what the server has of it need not travel again.
export function sendAgain(key: string): void {
    change(key, { state: "waiting", bytesPerSecond: 0, error: null });
    startMore();
}

export function stopUpload(key: string): void {
    change(key, { state: "stopped" });
    running.get(key)?.abort();
    startMore();
}

/// Gives an interrupted one up, here and on the server.
export function giveUp(key: string): void {
    const upload = uploads.find((one) => one.key === key);
    forgetKept(key);
    uploads = uploads.filter((one) => one.key !== key);
    tell();
    if (upload?.url) void discard(upload.url);
}

export function forgetEnded(): void {
    for (const upload of uploads) {
        if (!isBusy(upload) && upload.state !== "interrupted") forgetKept(upload.key);
    }
    uploads = uploads.filter((upload) => isBusy(upload) || upload.state === "interrupted");
    tell();
}

function startMore(): void {
    while (running.size < kAtOnce) {
        const next = uploads.filter((upload) => upload.state === "waiting").sort((a, b) => a.order - b.order)[0];
        if (!next) return;
        const stop = new AbortController();
        running.set(next.key, stop);
        send(next, stop.signal)
            .catch((error: unknown) => refuse(next.key, error, stop.signal))
            .finally(() => {
                running.delete(next.key);
                startMore();
            });
    }
}

function refuse(key: string, error: unknown, signal: AbortSignal): void {
    if (signal.aborted) return;
    const known = error instanceof ApiError ? error
        : new ApiError(-1, String(error), "", "", error instanceof UnreadableFile ? "file_changed" : "page_failed");
    if (known.status >= 400 && known.status < 500) forgetKept(key);
    change(key, { state: "refused", error: known });
}

async function send(upload: Upload, signal: AbortSignal): Promise<void> {
    const { key, chosen } = upload;
    if (!chosen) return;
    change(key, { state: "preparing", preparedBytes: 0 });
    const prepared = (bytes: number): void => change(key, { preparedBytes: bytes });
    const { files } = chosen;
    if (files) { // judged by its names first: who waits for gigabytes wants to know before they are zipped
        const outline = await outlineOf(files);
        await untilDone(() => validateZip(outline, upload.name, signal), signal, pauseOf(key, "preparing"));
    }
    const file = chosen.file ?? await zipOf(files ?? [], prepared);
    const hash = await sha256Hex(file, prepared);
    signal.throwIfAborted();
    change(key, { size: file.size, hash });
    const url = sameBefore(key, upload.name, file.size, hash) ?? upload.url;
    const id = await travel(upload, file, hash, url, signal);
    change(key, { state: "checking", sentBytes: file.size });
    const job = await untilDone(() => makeJob(id, asksOf(key), key, signal), signal, pauseOf(key, "checking"));
    forgetKept(key);
    change(key, { state: "accepted", job, error: null });
}

function asksOf(key: string): Asks {
    return uploads.find((one) => one.key === key)?.asks ?? { array: "", trial: false };
}

/// The address of an interrupted upload of the very same bytes, which this one then goes on with.
function sameBefore(key: string, name: string, size: number, hash: string): string | null {
    const other = uploads.find((one) => one.key !== key && one.state === "interrupted" && one.name === name && one.size === size && one.hash === hash);
    if (!other) return null;
    forgetKept(other.key);
    uploads = uploads.filter((one) => one !== other);
    change(key, { sentBytes: other.sentBytes, url: other.url, asks: other.asks }); // what was asked when it began
    return other.url;
}

function pauseOf(key: string, otherwise: UploadState): (error: ApiError | null) => void {
    return (error) => {
        const { state } = uploads.find((one) => one.key === key) ?? {};
        if (error) change(key, { state: "pausing", error, bytesPerSecond: 0 });
        else if (state === "pausing") change(key, { state: otherwise, error: null });
    };
}

async function travel(upload: Upload, file: Blob, hash: string, url: string | null, signal: AbortSignal): Promise<string> {
    const { key, name } = upload;
    change(key, { state: "sending" });
    const samples: { at: number; bytes: number }[] = [];
    let address = url ?? "";
    return sendFile({
        file, name, hash, url, signal,
        onBegun: (begun) => {
            address = begun;
            change(key, { url: begun });
        },
        onConfirmed: (bytes) => {
            const now = performance.now();
            samples.push({ at: now, bytes });
            while (samples.length > 2 && now - samples[0]!.at > kSpeedWindowMs) samples.shift();
            const first = samples[0]!;
            const speed = now > first.at && bytes > first.bytes ? ((bytes - first.bytes) * 1000) / (now - first.at) : 0;
            keep({ key, url: address, name, size: file.size, hash, confirmed: bytes, asks: asksOf(key) });
            change(key, { sentBytes: bytes, bytesPerSecond: speed });
        },
        onPause: pauseOf(key, "sending"),
    });
}
