// The keys of these pages, for hands that stay on the keyboard: / j k u and ?. Whoever is disturbed by them (a voice
// that types, say) switches them off in the help that ? shows.

import { navigate } from "./router";

const kStored = "nias.keys";

export function keysAreOn(): boolean {
    try {
        return localStorage.getItem(kStored) !== "off";
    } catch {
        return true;
    }
}

export function setKeys(on: boolean): void {
    try {
        if (on) localStorage.removeItem(kStored);
        else localStorage.setItem(kStored, "off");
    } catch {
        // storage switched off: they stay on
    }
}

function isTyping(target: EventTarget | null): boolean {
    return target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName)
        && !(target instanceof HTMLInputElement && target.type === "checkbox"));
}

/// The first link to a job of each row that the page lists.
function rowLinks(): HTMLAnchorElement[] {
    return Array.from(document.querySelectorAll<HTMLElement>("main li, main tr"), (row) => row.querySelector<HTMLAnchorElement>('a[href^="/jobs/"]'))
        .filter((link): link is HTMLAnchorElement => link !== null && link.getClientRects().length > 0);
}

function step(by: 1 | -1): void {
    const links = rowLinks();
    const at = links.findIndex((link) => link === document.activeElement);
    const next = links[at < 0 ? (by > 0 ? 0 : links.length - 1) : Math.min(links.length - 1, Math.max(0, at + by))];
    next?.focus();
    next?.scrollIntoView({ block: "nearest" });
}

function search(): void {
    const field = document.querySelector<HTMLInputElement>('main input[type="search"]');
    if (field) return field.focus();
    navigate("/results");
    const watch = new MutationObserver(() => {
        const found = document.querySelector<HTMLInputElement>('main input[type="search"]');
        if (!found) return;
        watch.disconnect();
        found.focus();
    });
    watch.observe(document.body, { childList: true, subtree: true });
    window.setTimeout(() => watch.disconnect(), 5000);
}

/// Listens until the returned function is called; `help` shows the keys.
export function listenToKeys(help: () => void): () => void {
    const pressed = (event: KeyboardEvent): void => {
        if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
        if (document.querySelector("dialog[open]") || !(keysAreOn() || event.key === "?")) return;
        const act: Record<string, () => void> = {
            "/": search, "j": () => step(1), "k": () => step(-1), "?": help,
            "u": () => navigate(location.pathname.startsWith("/jobs/") ? "/results" : "/"),
        };
        const found = act[event.key];
        if (!found) return;
        event.preventDefault();
        found();
    };
    document.addEventListener("keydown", pressed);
    return () => document.removeEventListener("keydown", pressed);
}
