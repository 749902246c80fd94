// Sends zips and tells how far each one is. XMLHttpRequest, because fetch cannot report how much of
// a body has been sent. The list outlives the Upload page, so that leaving it does not stop a send.

import { ApiError, problemFrom, type Job } from "./api";

export type UploadState = "waiting" | "sending" | "checking" | "accepted" | "refused" | "stopped";

export interface Upload {
    key: string;
    order: number; // those added first are sent first
    file: File;
    state: UploadState;
    sentBytes: number;
    bytesPerSecond: number;
    job: Job | null;
    error: ApiError | null;
}

const kAtOnce = 2;
const kSpeedWindowMs = 4000;

let uploads: Upload[] = [];
let added = 0;
const requests = new Map<string, XMLHttpRequest>();
const listeners = new Set<() => void>();

export function currentUploads(): readonly Upload[] {
    return uploads;
}

export function watchUploads(listener: () => void): () => void {
    listeners.add(listener);
    return () => listeners.delete(listener);
}

export function isBusy(upload: Upload): boolean {
    return upload.state === "waiting" || upload.state === "sending" || upload.state === "checking";
}

function change(key: string, fields: Partial<Upload>): void {
    uploads = uploads.map((upload) => (upload.key === key ? { ...upload, ...fields } : upload));
    for (const listener of listeners) listener();
}

function randomKey(): string {
    const bytes = crypto.getRandomValues(new Uint8Array(16)); // randomUUID needs HTTPS; this does not
    return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

export function addFiles(files: Iterable<File>): void {
    const news = Array.from(files, (file): Upload => ({
        key: randomKey(), order: (added += 1), file, state: "waiting", sentBytes: 0, bytesPerSecond: 0, job: null, error: null,
    }));
    uploads = [...news, ...uploads];
    for (const listener of listeners) listener();
    startMore();
}

/// Sends a refused or stopped file once more, under the same key: if the server did get it the
/// first time, the same job comes back.
export function sendAgain(key: string): void {
    change(key, { state: "waiting", sentBytes: 0, bytesPerSecond: 0, error: null });
    startMore();
}

export function stopUpload(key: string): void {
    requests.get(key)?.abort();
    change(key, { state: "stopped" });
    startMore();
}

export function forgetEnded(): void {
    uploads = uploads.filter(isBusy);
    for (const listener of listeners) listener();
}

function startMore(): void {
    while (requests.size < kAtOnce) {
        const next = uploads.filter((upload) => upload.state === "waiting").sort((a, b) => a.order - b.order)[0];
        if (!next) return;
        send(next);
    }
}

function send(upload: Upload): void {
    const request = new XMLHttpRequest();
    requests.set(upload.key, request);
    change(upload.key, { state: "sending" });
    const samples: { at: number; bytes: number }[] = [{ at: performance.now(), bytes: 0 }];
    request.upload.onprogress = (event) => {
        const now = performance.now();
        samples.push({ at: now, bytes: event.loaded });
        while (samples.length > 2 && now - samples[0]!.at > kSpeedWindowMs) samples.shift();
        const first = samples[0]!;
        const speed = now > first.at ? ((event.loaded - first.bytes) * 1000) / (now - first.at) : 0;
        change(upload.key, { sentBytes: event.loaded, bytesPerSecond: speed });
    };
    request.upload.onload = () => change(upload.key, { state: "checking", sentBytes: upload.file.size });
    request.onload = () => {
        if (request.status === 201 || request.status === 200) {
            settle(upload.key, { state: "accepted", sentBytes: upload.file.size, ...jobFrom(request.responseText) });
        } else {
            const error = problemFrom(request.status, request.responseText, request.getResponseHeader("Retry-After"));
            settle(upload.key, { state: "refused", error });
        }
    };
    request.onerror = () => settle(upload.key, { state: "refused", error: new ApiError(0, "unreachable", "") });
    request.onabort = () => settle(upload.key, { state: "stopped" });
    request.open("POST", "/api/v1/jobs");
    request.setRequestHeader("Content-Type", "application/zip");
    request.setRequestHeader("X-Filename", encodeURIComponent(upload.file.name));
    request.setRequestHeader("Idempotency-Key", upload.key);
    request.send(upload.file);
}

function jobFrom(body: string): Partial<Upload> {
    try {
        return { job: JSON.parse(body) as Job };
    } catch {
        return { state: "refused", error: new ApiError(0, "unreadable answer", "") };
    }
}

function settle(key: string, fields: Partial<Upload>): void {
    requests.delete(key);
    change(key, fields);
    startMore();
}
