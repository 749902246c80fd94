// Uploads that outlive the page: which file goes to which address of the server, in the browser's storage. A
// reloaded page cannot read the file again by itself; it asks for it, and knows it by name, size and hash.

import type { Asks } from "./api";

export interface KeptUpload {
    key: string;
    url: string; // address of the upload on the server
    name: string;
    size: number;
    hash: string;
    confirmed: number;
    asks?: Asks; // what was asked beside the zip
    tab: string; // the tab that sends it
    aliveMs: number; // when that tab last said so
}

const kStorage = "nias.uploads";
const kTab = "nias.tab";
const kMost = 50;
const kForgottenAfterMs = 24 * 3600 * 1000; // the server forgets it too
const kAliveForMs = 20_000;

let tab = "";

function thisTab(): string {
    if (tab) return tab;
    try {
        tab = sessionStorage.getItem(kTab) ?? ""; // survives a reload, and is another's in another tab
        if (!tab) {
            tab = Array.from(crypto.getRandomValues(new Uint8Array(8)), (byte) => byte.toString(16)).join("");
            sessionStorage.setItem(kTab, tab);
        }
    } catch {
        tab = "alone";
    }
    return tab;
}

function isKept(value: unknown): value is KeptUpload {
    const one = value as Partial<KeptUpload> | null;
    return typeof one === "object" && one !== null && typeof one.key === "string" && typeof one.name === "string"
        && typeof one.hash === "string" && typeof one.size === "number" && typeof one.confirmed === "number"
        && (one.asks === undefined || (typeof one.asks?.array === "string" && typeof one.asks.trial === "boolean"))
        && typeof one.aliveMs === "number" && typeof one.tab === "string"
        && typeof one.url === "string" && /^\/api\/v1\/uploads\/[0-9a-f]{32}$/.test(one.url);
}

function readAll(): KeptUpload[] {
    try {
        const value: unknown = JSON.parse(localStorage.getItem(kStorage) ?? "[]");
        return Array.isArray(value) ? value.filter(isKept).filter((one) => Date.now() - one.aliveMs < kForgottenAfterMs) : [];
    } catch {
        return []; // storage is switched off, or holds something else
    }
}

function writeAll(all: KeptUpload[]): void {
    try {
        localStorage.setItem(kStorage, JSON.stringify(all.slice(-kMost)));
    } catch {
        // then a reload begins again from the first byte
    }
}

export function keep(upload: Omit<KeptUpload, "tab" | "aliveMs">): void {
    writeAll([...readAll().filter((one) => one.key !== upload.key), { ...upload, tab: thisTab(), aliveMs: Date.now() }]);
}

export function forgetKept(key: string): void {
    writeAll(readAll().filter((one) => one.key !== key));
}

/// Uploads that no page sends any more: this tab's of before its reload, and those of tabs that fell silent.
export function interrupted(): KeptUpload[] {
    const now = Date.now();
    return readAll().filter((one) => one.tab === thisTab() || now - one.aliveMs > kAliveForMs);
}
