// The members of an array as the server tells them.

import type { Words } from "../lib/words";
import { askJson, type Job, type JobState } from "./api";

export interface Member {
    index: number;
    id: string;
    state: JobState;
    attempt: number;
    worker: string;
    reason: string;
    reason_words?: Words;
    started_ms: number;
    ended_ms: number;
    output_bytes: number | null;
}

export interface States {
    indices: number[];
    states: string; // a letter for each index
}

const kLetters: Record<string, JobState> = {
    q: "queued", a: "assigned", r: "running", s: "succeeded", f: "failed", c: "cancelled", t: "timed_out", l: "lost",
};

export function stateOf(letter: string): JobState {
    return kLetters[letter] ?? "queued";
}

/// «1-3,9» as its numbers.
export function indicesIn(text: string): number[] {
    const indices: number[] = [];
    for (const part of text.split(",")) {
        const [, first, last, step] = /^(\d+)(?:-(\d+))?(?::(\d+))?$/.exec(part) ?? [];
        if (first === undefined) continue;
        for (let index = Number(first); index <= Number(last ?? first); index += Number(step ?? 1)) indices.push(index);
    }
    return indices;
}

/// The id of a member: that of the array with the index as its last eight digits.
export function memberId(array: string, index: number): string {
    return array.slice(0, 24) + index.toString(16).padStart(8, "0");
}

export async function getStates(id: string, signal: AbortSignal): Promise<States> {
    const { indices, states } = await askJson<{ indices: string; states: string }>(`/jobs/${encodeURIComponent(id)}/states`, { signal });
    return { indices: indicesIn(indices), states };
}

export function listMembers(id: string, state: string, after: number | null, signal: AbortSignal): Promise<{ members: Member[]; next: number | null }> {
    const words = new URLSearchParams({ ...(state ? { state } : {}), ...(after === null ? {} : { after: String(after) }) });
    return askJson(`/jobs/${encodeURIComponent(id)}/members?${words.toString()}`, { signal });
}

/// The members that failed as an array of their own.
export function rerunFailed(id: string): Promise<Job> {
    return askJson(`/jobs/${encodeURIComponent(id)}/rerun`, {
        method: "POST", body: JSON.stringify({ only: "failed" }), headers: { "Content-Type": "application/json" },
    });
}

export function failedIn(job: Job): number {
    const counts = job.array?.counts;
    return counts ? counts.failed + counts.timed_out + counts.lost : 0;
}

export function endedIn(job: Job): number {
    const counts = job.array?.counts;
    return counts ? counts.succeeded + failedIn(job) + counts.cancelled : 0;
}
