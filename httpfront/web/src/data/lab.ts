// The lab itself as the server tells it: its machines, and orders to them.

import type { Words } from "../lib/words";
import { askJson, type Job } from "./api";

export type MachineState = "ready" | "suspect" | "paused" | "draining" | "silent" | "lost" | "stopped" | "revoked" | "refused";
export type Order = "pause" | "drain" | "resume";

export interface Machine {
    name: string;
    host: string;
    address: string; // empty: on the server's own machine
    state: MachineState;
    since_ms: number; // by the server's clock, as now_ms
    reason: string;
    reason_words: Words;
    slots: number;
    held: number;
    running: number;
    cpus: number;
    gpus: number;
    load_percent: number; // 100 is one processor
    memory_bytes: number;
    runtimes: string[];
    version: string;
    labels: string[];
    labels_words: Words[];
    clock_off_ms: number;
    own: OwnJob[]; // one's own jobs there; on a server without accounts all
}

/// A job that a machine has; an array is one, with how many of its members are there.
export interface OwnJob {
    id: string;
    name: string;
    held: number;
    running: number;
}

export interface Machines {
    machines: Machine[];
    now_ms: number;
}

export const kSpans = ["hour", "day", "week"] as const;
export type Span = (typeof kSpans)[number];

/// Lists of one length, oldest first; steps in which nobody looked are left out.
export interface History {
    step_s: number;
    at_s: number[];
    total: number[];
    ready: number[];
    unacknowledged: number[];
}

export interface Waiting {
    jobs: Job[]; // one's own, an array once, the first in line first
    own: number; // all that waits of one's own, each member of an array
    more: number; // one's own jobs past those of `jobs`
    others: number;
}

export function getHistory(span: Span, signal?: AbortSignal): Promise<History> {
    return askJson(`/queue/history?span=${span}`, signal ? { signal } : {});
}

export function getWaiting(signal?: AbortSignal): Promise<Waiting> {
    return askJson("/queue/waiting", signal ? { signal } : {});
}

export function isGone(machine: Machine): boolean {
    return machine.state === "lost" || machine.state === "stopped" || machine.state === "revoked" || machine.state === "refused";
}

export interface Limits {
    max_upload_bytes: number;
    defaults: { text: string; text_words: Words; machines: string[] }[];
}

export function getLimits(signal?: AbortSignal): Promise<Limits> {
    return askJson("/limits", signal ? { signal } : {});
}

export function listMachines(signal?: AbortSignal): Promise<Machines> {
    return askJson("/machines", signal ? { signal } : {});
}

export function orderMachine(name: string, order: Order, reason: string): Promise<{ name: string; text: string; text_words: Words }> {
    return askJson(`/machines/${encodeURIComponent(name)}/${order}`, {
        method: "POST", body: JSON.stringify(reason ? { reason } : {}), headers: { "Content-Type": "application/json" },
    });
}
