// Sends one file by tus 1.0.0, and never gives up by itself: a lost line, a server that restarts or has no room
// is waited out, with growing pauses, and sending goes on behind the last byte that the server confirmed.
// (tus-js-client would do most of this, but it has no checksums and takes half of the first load.)

import { ApiError, problemFrom } from "./api";
import { sha256Base64 } from "./file_worker";

const kBase = "/api/v1/uploads";
const kVersion = { "Tus-Resumable": "1.0.0" };
const kFirstPiece = 256 << 10;
const kLargestPiece = 8 << 20;
const kQuickMs = 800; // a piece that took less may be followed by a larger one
const kSlowMs = 4000;
const kPieceWithinMs = 60_000;
const kFirstPauseMs = 1000;
const kLongestPauseMs = 30_000;

export interface Sending {
    file: Blob;
    name: string;
    hash: string; // SHA-256 in hexadecimal digits: bytes that the server has need not travel
    url: string | null; // where an earlier life of this page sent it to
    signal: AbortSignal;
    onBegun: (url: string) => void;
    onConfirmed: (bytes: number) => void;
    onPause: (error: ApiError | null) => void; // null: it goes on
}

/// Whether it may be different the next time: a line, a server that is away, busy, or has no room.
export function mayPass(error: unknown): error is ApiError {
    return error instanceof ApiError && !error.code.startsWith("quota_") && (error.status === 0 || error.status === 408 || error.status === 423 || error.status === 429 || error.status >= 460 && error.status !== 501);
}

export function pauseMs(tries: number, random = Math.random()): number {
    return Math.min(kFirstPauseMs * 2 ** tries, kLongestPauseMs) * (0.75 + random / 2);
}

/// Waits, or until the browser says that it has a connection again.
export function pause(ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
        const end = (): void => {
            window.clearTimeout(timer);
            window.removeEventListener("online", end);
            signal.removeEventListener("abort", end);
            if (signal.aborted) reject(new DOMException("stopped", "AbortError"));
            else resolve();
        };
        const timer = window.setTimeout(end, ms);
        window.addEventListener("online", end);
        signal.addEventListener("abort", end);
        if (signal.aborted) end();
    });
}

/// Does it again and again while what is wrong may pass.
export async function untilDone<T>(work: () => Promise<T>, signal: AbortSignal, onPause: Sending["onPause"]): Promise<T> {
    for (let tries = 0; ; tries += 1) {
        try {
            const result = await work();
            onPause(null);
            return result;
        } catch (error) {
            if (signal.aborted || !mayPass(error)) throw error;
            onPause(error);
            await pause(Math.max(pauseMs(tries), error.retryAfterSeconds > 60 ? 0 : error.retryAfterSeconds * 1000), signal);
        }
    }
}

async function ask(method: string, url: string, headers: Record<string, string>, signal: AbortSignal, body?: Blob): Promise<Response> {
    const within = new AbortController();
    const stop = (): void => within.abort();
    const timer = window.setTimeout(stop, kPieceWithinMs);
    signal.addEventListener("abort", stop);
    try {
        const response = await fetch(url, { method, headers: { ...kVersion, ...headers }, signal: within.signal, credentials: "same-origin", ...(body ? { body } : {}) });
        if (response.ok) return response;
        throw problemFrom(response.status, method === "HEAD" ? "" : await response.text(), response.headers.get("Retry-After"));
    } catch (error) {
        if (error instanceof ApiError) throw error;
        if (signal.aborted) throw new DOMException("stopped", "AbortError");
        throw new ApiError(0, "unreachable", "");
    } finally {
        window.clearTimeout(timer);
        signal.removeEventListener("abort", stop);
    }
}

function base64Of(text: string): string {
    return btoa(String.fromCharCode(...new TextEncoder().encode(text)));
}

/// Gives the upload up; what is already forgotten is all the same.
export async function discard(url: string): Promise<void> {
    await ask("DELETE", url, {}, new AbortController().signal).catch(() => undefined);
}

class Sender {
    private offset: number | null;
    private piece = kFirstPiece;

    constructor(private readonly sending: Sending, private url: string | null) {
        this.offset = url ? null : 0;
    }

    /// The next step: true once everything is confirmed.
    async step(): Promise<boolean> {
        const { file, signal } = this.sending;
        try {
            if (!this.url) await this.begin();
            else if (this.offset === null) await this.askOffset();
            else if (this.offset < file.size) await this.sendPiece(this.url, this.offset);
            return this.offset === file.size;
        } catch (error) {
            if (signal.aborted) throw error;
            this.offset = null; // the server knows
            this.piece = Math.max(kFirstPiece, this.piece >> 1);
            if (!(error instanceof ApiError) || (error.status !== 404 && error.status !== 409 && error.status !== 410)) throw error;
            if (error.status !== 409) this.url = null; // forgotten: from the beginning
            throw new ApiError(0, error.title, error.detail);
        }
    }

    at(): string {
        return this.url ?? "";
    }

    private async begin(): Promise<void> {
        const { file, name, hash, signal } = this.sending;
        const metadata = `filename ${base64Of(name)},sha256 ${base64Of(hash)}`;
        const response = await ask("POST", kBase, { "Upload-Length": String(file.size), "Upload-Metadata": metadata }, signal);
        this.url = new URL(response.headers.get("Location") ?? "", location.href).pathname;
        this.sending.onBegun(this.url);
        this.confirmed(response);
    }

    private async askOffset(): Promise<void> {
        const response = await ask("HEAD", this.url ?? "", {}, this.sending.signal);
        this.confirmed(response);
    }

    private async sendPiece(url: string, offset: number): Promise<void> {
        const { file, signal } = this.sending;
        const bytes = file.slice(offset, offset + this.piece);
        const checksum = await sha256Base64(bytes);
        const begun = performance.now();
        const response = await ask("PATCH", url, {
            "Content-Type": "application/offset+octet-stream", "Upload-Offset": String(offset), "Upload-Checksum": `sha256 ${checksum}`,
        }, signal, bytes);
        const took = performance.now() - begun;
        if (took < kQuickMs) this.piece = Math.min(this.piece * 2, kLargestPiece);
        if (took > kSlowMs) this.piece = Math.max(this.piece >> 1, kFirstPiece);
        this.confirmed(response);
    }

    private confirmed(response: Response): void {
        this.offset = Number(response.headers.get("Upload-Offset") ?? "0");
        this.sending.onConfirmed(this.offset);
    }
}

/// The id of the upload, once the server has all of it.
export async function sendFile(sending: Sending): Promise<string> {
    const sender = new Sender(sending, sending.url);
    while (!await untilDone(() => sender.step(), sending.signal, sending.onPause)) {
        // the next piece
    }
    return sender.at().slice(sender.at().lastIndexOf("/") + 1);
}
