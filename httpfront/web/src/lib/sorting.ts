// The rows of a list of jobs in the order that its reader chose. Text alone.

import type { Job } from "../data/api";
import { plain } from "./tree";

export const kSorts = ["sent", "name", "state", "took", "size"] as const;
export type Sort = (typeof kSorts)[number];

/// A column and a direction: "name", or "-name" for the other way round. "-sent", the newest first, is how jobs come.
export interface Order {
    by: Sort;
    down: boolean;
}

export const kNewestFirst: Order = { by: "sent", down: true };

export function orderOf(text: string): Order {
    const down = text.startsWith("-");
    const by = kSorts.find((sort) => sort === (down ? text.slice(1) : text));
    return by ? { by, down } : kNewestFirst;
}

export function textOf({ by, down }: Order): string {
    return by === "sent" && down ? "" : (down ? "-" : "") + by;
}

/// One press on a column: names and states begin at A, times and sizes at the greatest; the second turns it round.
export function pressed(order: Order, by: Sort): Order {
    if (order.by === by) return { by, down: !order.down };
    return { by, down: by !== "name" && by !== "state" };
}

type Key = string | number | null;

function keyOf(job: Job, by: Sort): Key {
    switch (by) {
        case "sent": return job.submitted_ms;
        case "name": return plain(job.name || job.id);
        case "state": return job.state;
        case "took": return job.outcome ? job.outcome.wall_ms : null;
        case "size": return job.outcome ? job.outcome.output_bytes : null;
    }
}

/// Jobs that have no such number yet are last, whichever way; equals stay newest first.
export function sorted(jobs: readonly Job[], { by, down }: Order): Job[] {
    if (by === "sent" && down) return [...jobs];
    return jobs.map((job) => ({ job, key: keyOf(job, by) })).sort((a, b) => {
        if (a.key === null || b.key === null) return Number(a.key === null) - Number(b.key === null);
        const less = a.key < b.key ? -1 : a.key > b.key ? 1 : 0;
        return down ? -less : less;
    }).map(({ job }) => job);
}
