// Messages in the page: a problem in words, an empty place that says what to do, a wait.

import type { ComponentChildren, JSX } from "preact";
import type { ApiError } from "../data/api";
import { useConnection } from "../data/connection";
import { say } from "../lib/words";
import { useSpeech, type Speech } from "../text";
import { Icon } from "./icon";

/// The server's sentence when there is one; else one of ours by the status.
export function sentenceFor(error: ApiError, { t, language }: Speech): string {
    if (error.code === "file_changed") return t.fileChanged; // the browser's own words for it are in English
    if (error.status === 503) return t.errorBusy(error.retryAfterSeconds || 5);
    if (error.code === "disk_full") return t.errorDisk;
    if (error.detail) return say(error.words, language, error.detail);
    if (error.status === 0) return t.errorUnreachable;
    if (error.status === 413) return t.errorTooLarge;
    return t.errorOther(error.status);
}

interface NoticeProps {
    kind: "bad" | "info";
    title?: string;
    children: ComponentChildren;
}

export function Notice({ kind, title, children }: NoticeProps): JSX.Element {
    return (
        <div class={`notice notice-${kind}`} role={kind === "bad" ? "alert" : "note"}>
            <Icon name={kind === "bad" ? "alert" : "note"} />
            <div>{title && <strong class="notice-title">{title}</strong>}{children}</div>
        </div>
    );
}

export function Problem({ error }: { error: ApiError }): JSX.Element | null {
    const speech = useSpeech();
    const { lostMs, foundMs } = useConnection();
    // The bar says it while it is so, and afterwards it is over.
    if (error.status === 0 && error.title === "unreachable" && (lostMs > 0 || foundMs >= error.atMs)) return null;
    return <Notice kind="bad"><p>{sentenceFor(error, speech)}</p></Notice>;
}

interface EmptyProps {
    title: string;
    text: string;
    wholePage?: boolean; // there is no other heading
    children?: ComponentChildren;
}

export function Empty({ title, text, wholePage = false, children }: EmptyProps): JSX.Element {
    const Title = wholePage ? "h1" : "h3";
    return (
        <div class="empty">
            <svg viewBox="0 0 120 60" width="120" height="60" aria-hidden="true" class="empty-art">
                <path d="M2 42h24l6-10 8 18 12-44 10 46 7-16 6 6h43" />
            </svg>
            <Title>{title}</Title>
            <p>{text}</p>
            {children}
        </div>
    );
}

export function Loading(): JSX.Element {
    const { t } = useSpeech();
    return <p class="loading" role="status"><span class="spinner" aria-hidden="true" />{t.loading}</p>;
}
