// The front's HTTP interface as this page uses it: types as the server answers them, one function a
// call. Every failure is an ApiError that carries the server's sentence.

import type { Words } from "../lib/words";
import { reportFound, reportLost } from "./connection";

export type JobState =
    | "queued" | "assigned" | "running"
    | "succeeded" | "failed" | "cancelled" | "timed_out" | "lost";

export const kStates: readonly JobState[] = [
    "queued", "assigned", "running", "succeeded", "failed", "cancelled", "timed_out", "lost",
];

export interface Outcome {
    status: string;
    cause: string;
    exit_code: number;
    signal: number;
    error: string;
    notes: string[];
    error_words?: Words;
    notes_words?: Words[];
    wall_ms: number;
    cpu_ms: number;
    peak_memory_bytes: number;
    output_bytes: number | null;
}

export interface EarlierAttempt extends Outcome {
    attempt: number;
    worker: string;
    started_ms: number;
    ended_ms: number;
}

export interface Job {
    id: string;
    name: string;
    owner: string;
    state: JobState;
    attempt: number;
    runtime: string;
    worker: string;
    reason: string;
    reason_words?: Words;
    submitted_ms: number;
    started_ms: number;
    ended_ms: number;
    bundle_bytes: number;
    deleted_ms: number; // since when it is in no list; 0: it is
    gone_ms: number; // when all that is kept of it goes; 0: it stays
    asked?: { cpus: number; gpus: number; memory_bytes: number; time_limit_ms: number; max_attempts: number }; // 0: no limit of its own
    place_in_line: number | null; // how many are before it
    trial?: boolean;
    member?: { array: string | null; index: number; size: number } | null;
    array?: { size: number; missing: number; counts: Record<JobState, number>; min: number | null; max: number | null; count: number | null } | null;
    likely_start_ms?: number; // where it waits for its turn alone, and the line was seen to move
    outcome: Outcome | null;
    attempts?: EarlierAttempt[]; // those before the current one that reported; only of a job that was asked for alone
    mended?: string[];
    mended_words?: Words[];
}

export interface OutputFile {
    path: string;
    size_bytes: number;
}

export interface QueueNumbers {
    queued: number;
    running: number;
    ended: number;
}

export interface Layout {
    runtime: string;
    entry: string;
    name: string;
    mended: string[];
}

/// The wishes of a person beside the zip.
export interface Asks {
    array: string; // indices; empty: what nias.toml says
    trial: boolean;
}

export interface JobsQuery {
    state?: string;
    q?: string;
    limit?: number;
    before?: string;
    owner?: string; // for administrators: "*" for everybody's
    deleted?: "true"; // those that are deleted and can be brought back, in place of the others
}

const kBase = "/api/v1";

/// Told to the window when a request found that nobody is signed in any more.
export const kSignedOut = "nias:signed-out";

/// A refusal in the server's words (RFC 9457), or status 0 when it could not be reached.
export class ApiError extends Error {
    readonly atMs = Date.now();

    constructor(
        readonly status: number,
        readonly title: string,
        readonly detail: string,
        readonly entry: string = "",
        readonly code: string = "",
        readonly retryAfterSeconds: number = 0,
        readonly words: Words = [],
    ) {
        super(detail || title);
    }
}

export function hasEnded(job: Pick<Job, "state">): boolean {
    return job.state !== "queued" && job.state !== "assigned" && job.state !== "running";
}

export function hasFailed(job: Job): boolean {
    return job.state === "failed" || job.state === "timed_out" || job.state === "lost";
}

export function problemFrom(status: number, body: string, retryAfter: string | null): ApiError {
    let title = `HTTP ${status}`;
    let detail = "";
    let entry = "";
    let code = "";
    let words: Words = [];
    try {
        const value: unknown = JSON.parse(body);
        if (typeof value === "object" && value !== null) {
            const problem = value as Record<string, unknown>;
            if (typeof problem["title"] === "string") title = problem["title"];
            if (typeof problem["detail"] === "string") detail = problem["detail"];
            if (typeof problem["code"] === "string") code = problem["code"];
            if (typeof problem["entry"] === "string") entry = problem["entry"];
            if (Array.isArray(problem["words"])) words = problem["words"] as Words;
        }
    } catch {
        // not a problem document (a proxy's page, say): the status has to do
    }
    return new ApiError(status, title, detail, entry, code, Number(retryAfter ?? "0") || 0, words);
}

export async function ask(path: string, init: RequestInit = {}): Promise<Response> {
    let response: Response;
    try {
        response = await fetch(kBase + path, { credentials: "same-origin", ...init });
    } catch (error) {
        if (error instanceof DOMException && error.name === "AbortError") throw error;
        reportLost();
        throw new ApiError(0, "unreachable", "");
    }
    reportFound();
    if (!response.ok) {
        const problem = problemFrom(response.status, await response.text(), response.headers.get("Retry-After"));
        if (problem.code === "sign_in") window.dispatchEvent(new Event(kSignedOut));
        throw problem;
    }
    return response;
}

export async function askJson<T>(path: string, init: RequestInit = {}): Promise<T> {
    return (await (await ask(path, init)).json()) as T;
}

function withSignal(signal: AbortSignal | undefined): RequestInit {
    return signal ? { signal } : {};
}

export function listJobs(query: JobsQuery, signal?: AbortSignal): Promise<{ jobs: Job[]; next: string | null }> {
    const parameters = new URLSearchParams();
    for (const [key, value] of Object.entries(query)) {
        if (value !== undefined && value !== "") parameters.set(key, String(value));
    }
    const text = parameters.toString();
    return askJson(`/jobs${text ? `?${text}` : ""}`, withSignal(signal));
}

export function getJob(id: string, signal?: AbortSignal): Promise<Job> {
    return askJson(`/jobs/${encodeURIComponent(id)}`, withSignal(signal));
}

/// Makes the job of an upload that has come whole; the same key again is the same job.
export function makeJob(upload: string, asks: Asks, key: string, signal: AbortSignal): Promise<Job> {
    const { array, trial } = asks;
    return askJson("/jobs", {
        method: "POST", body: JSON.stringify({ upload, ...(array ? { array } : {}), ...(trial ? { trial } : {}) }), headers: { "Content-Type": "application/json", "Idempotency-Key": key }, signal,
    });
}

/// The server's verdict on a zip; nothing is kept. Refused: an ApiError.
export function validateZip(zip: Blob, name: string, signal: AbortSignal): Promise<{ layout: Layout }> {
    return askJson("/jobs/validate", {
        method: "POST", body: zip, headers: { "Content-Type": "application/zip", "X-Filename": encodeURIComponent(name) }, signal,
    });
}

/// The same zip as a job of its own, with other limits where they are named.
export function rerunJob(id: string, limits: { memory_bytes?: number; time_limit_ms?: number }): Promise<Job> {
    return askJson(`/jobs/${encodeURIComponent(id)}/rerun`, {
        method: "POST", body: JSON.stringify(limits), headers: { "Content-Type": "application/json" },
    });
}

export function cancelJob(id: string): Promise<Job> {
    return askJson(`/jobs/${encodeURIComponent(id)}/cancel`, { method: "POST" });
}

export async function listFiles(id: string, signal?: AbortSignal): Promise<OutputFile[]> {
    const answer = await askJson<{ files: OutputFile[] }>(`/jobs/${encodeURIComponent(id)}/files`, withSignal(signal));
    return answer.files;
}

/// A figure or table that a running job shows.
export interface LiveFile extends OutputFile {
    changed_unix_ms: number;
}

export async function listLive(id: string, signal?: AbortSignal): Promise<LiveFile[]> {
    const answer = await askJson<{ files: LiveFile[] }>(`/jobs/${encodeURIComponent(id)}/live`, withSignal(signal));
    return answer.files;
}

export function liveUrl(id: string, file: LiveFile): string {
    const path = file.path.split("/").map(encodeURIComponent).join("/");
    return `${kBase}/jobs/${encodeURIComponent(id)}/live/${path}`;
}

export function getQueue(signal?: AbortSignal): Promise<QueueNumbers> {
    return askJson("/queue", withSignal(signal));
}

export function fileUrl(id: string, path: string): string {
    return `${kBase}/jobs/${encodeURIComponent(id)}/files/${path.split("/").map(encodeURIComponent).join("/")}`;
}

export function bundleUrl(id: string): string {
    return `${kBase}/jobs/${encodeURIComponent(id)}/bundle`;
}

const kInOneZip = 200; // jobs

/// Addresses of the outputs of these jobs: of one its zip, of more one zip for as many as go into one.
export function outputUrls(ids: readonly string[]): string[] {
    if (ids.length === 1) return ids.map(outputUrl);
    const urls: string[] = [];
    for (let from = 0; from < ids.length; from += kInOneZip) urls.push(`${kBase}/jobs.zip?ids=${ids.slice(from, from + kInOneZip).join(",")}`);
    return urls;
}

export function outputUrl(id: string): string {
    return `${kBase}/jobs/${encodeURIComponent(id)}/output`;
}

/// One piece of a log: its bytes, where they begin, and how long the log was when asked.
export interface LogPiece {
    bytes: Uint8Array<ArrayBuffer>;
    offset: number;
    size: number;
}

export async function readLog(id: string, attempt: number, offset: number, signal?: AbortSignal): Promise<LogPiece> {
    const query = `attempt=${attempt}&offset=${offset}`;
    const response = await ask(`/jobs/${encodeURIComponent(id)}/log?${query}`, withSignal(signal));
    const bytes = new Uint8Array(await response.arrayBuffer());
    const size = Number(response.headers.get("X-Log-Size") ?? offset + bytes.length);
    return { bytes, offset, size };
}

export interface LogHit {
    line: number; // from 1
    offset: number; // where the line begins
    text: string; // its beginning
}

export interface LogFound {
    lines: number; // all that the log has
    total: number; // lines that hold the text
    hits: LogHit[]; // the first of them
}

/// The lines of the whole log that hold a text, looked for by the server.
export function searchLog(id: string, attempt: number, text: string, signal?: AbortSignal): Promise<LogFound> {
    return askJson(`/jobs/${encodeURIComponent(id)}/log?${new URLSearchParams({ attempt: String(attempt), search: text }).toString()}`, withSignal(signal));
}

/// Bytes of a log from one place to another.
export async function readLogPart(id: string, attempt: number, from: number, to: number, signal?: AbortSignal): Promise<Uint8Array> {
    const response = await ask(`/jobs/${encodeURIComponent(id)}/log?attempt=${attempt}`, { headers: { Range: `bytes=${from}-${to - 1}` }, ...withSignal(signal) });
    return new Uint8Array(await response.arrayBuffer());
}

/// Bytes of a file; fewer at its end, none past it.
export async function readRange(url: string, offset: number, length: number, signal?: AbortSignal): Promise<Uint8Array> {
    if (length <= 0) return new Uint8Array();
    const response = await fetch(url, { headers: { Range: `bytes=${offset}-${offset + length - 1}` }, ...withSignal(signal) });
    if (response.status === 416) return new Uint8Array();
    if (response.status !== 206) throw problemFrom(response.status, "", null);
    return new Uint8Array(await response.arrayBuffer());
}

/// The beginning of a text file: about `limit` bytes, whatever its size; the rest is not fetched.
export async function readHead(url: string, limit: number, signal?: AbortSignal): Promise<{ text: string; whole: boolean }> {
    const response = await fetch(url, withSignal(signal));
    if (!response.ok || !response.body) throw problemFrom(response.status, "", null);
    const reader = response.body.getReader();
    const decoder = new TextDecoder();
    let text = "";
    let read = 0;
    let whole = false;
    while (read < limit && !whole) {
        const { done, value } = await reader.read();
        whole = done;
        if (value) {
            read += value.length;
            text += decoder.decode(value, { stream: true });
        }
    }
    if (!whole) await reader.cancel();
    return { text, whole };
}

/// The first bytes of a file, whatever its size; the rest is not fetched.
export async function readFirst(url: string, limit: number, signal?: AbortSignal): Promise<Uint8Array> {
    const response = await fetch(url, withSignal(signal));
    if (!response.ok || !response.body) throw problemFrom(response.status, "", null);
    const reader = response.body.getReader();
    const bytes = new Uint8Array(limit);
    let read = 0;
    while (read < limit) {
        const { done, value } = await reader.read();
        if (done) return bytes.subarray(0, read);
        const part = value.subarray(0, limit - read);
        bytes.set(part, read);
        read += part.length;
    }
    await reader.cancel();
    return bytes;
}
