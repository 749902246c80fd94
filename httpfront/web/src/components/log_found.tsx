// Lines that the server found in the whole log, where the page shows only its end; and what stands around one of them.

import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { ApiError, readLogPart, searchLog, type Job, type LogFound, type LogHit } from "../data/api";
import { withoutColours } from "../lib/ansi";
import { useSpeech } from "../text";
import { Loading, Problem } from "./notice";

const kSettleMs = 400;
const kShown = 100;
const kAroundBytes = 4096;

export function LogFoundList({ job, text }: { job: Job; text: string }): JSX.Element | null {
    const { t, locale } = useSpeech();
    const [found, setFound] = useState<LogFound | null>(null);
    const [error, setError] = useState<ApiError | null>(null);
    const [open, setOpen] = useState<LogHit | null>(null);
    useEffect(() => {
        const abort = new AbortController();
        setFound(null);
        setError(null);
        const timer = window.setTimeout(() => {
            searchLog(job.id, job.attempt, text, abort.signal).then(setFound).catch((problem: unknown) => {
                if (!abort.signal.aborted) setError(problem instanceof ApiError ? problem : new ApiError(0, String(problem), ""));
            });
        }, kSettleMs);
        return () => {
            window.clearTimeout(timer);
            abort.abort();
        };
    }, [job.id, job.attempt, text]);
    if (error) return <Problem error={error} />;
    if (!found) return <Loading />;
    return (
        <div class="log-found" role="region" aria-label={t.logWhole}>
            <p class="hint" role="status">{t.logFoundIn(found.total.toLocaleString(locale), found.lines.toLocaleString(locale))}</p>
            {found.hits.length > 0 && (
                <ol>
                    {found.hits.slice(0, kShown).map((hit) => (
                        <li key={hit.line}>
                            <button type="button" aria-expanded={open?.line === hit.line} onClick={() => setOpen(open?.line === hit.line ? null : hit)}>
                                <span class="log-found-line">{hit.line.toLocaleString(locale)}</span><code>{withoutColours(hit.text)}</code>
                            </button>
                            {open?.line === hit.line && <Around job={job} hit={hit} />}
                        </li>
                    ))}
                </ol>
            )}
        </div>
    );
}

/// The log around a line, from whole lines on.
export function Around({ job, hit }: { job: Job; hit: LogHit }): JSX.Element {
    const [text, setText] = useState<string | null>(null);
    const [error, setError] = useState<ApiError | null>(null);
    useEffect(() => {
        const abort = new AbortController();
        const from = Math.max(0, hit.offset - kAroundBytes);
        readLogPart(job.id, job.attempt, from, hit.offset + kAroundBytes, abort.signal).then((bytes) => {
            const lines = withoutColours(new TextDecoder().decode(bytes)).split("\n");
            setText(lines.slice(from > 0 ? 1 : 0, -1).join("\n") || (lines[0] ?? ""));
        }).catch((problem: unknown) => {
            if (!abort.signal.aborted) setError(problem instanceof ApiError ? problem : new ApiError(0, String(problem), ""));
        });
        return () => abort.abort();
    }, [job.id, job.attempt, hit.offset]);
    if (error) return <Problem error={error} />;
    return text === null ? <Loading /> : <pre class="words log-around" tabIndex={0}>{text}</pre>;
}
