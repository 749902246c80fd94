// Bytes and jobs that users keep, as the server counts them.

import { askJson } from "./api";

export interface Amounts {
    bytes: number;
    jobs: number;
    alive: number; // those that have not ended
}

export interface Usage {
    used: Amounts;
    bounds: Amounts; // 0: none
    keep_days: number; // 0: jobs stay
    users?: (Amounts & { name: string })[]; // for administrators, as the next
    everybody?: { bytes: number; bound: number };
}

export function getUsage(signal: AbortSignal): Promise<Usage> {
    return askJson("/usage", { signal });
}
