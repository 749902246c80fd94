// Why a job waits, why it ended as it did, and what it said as it failed.

import type { JSX } from "preact";
import { hasFailed, type Job } from "../data/api";
import type { LogReader } from "../data/log_reader";
import { lastTrace } from "../lib/trace";
import { elapsedText } from "../lib/format";
import { say } from "../lib/words";
import { useSpeech } from "../text";
import { Notice } from "./notice";

/// Why it waits, as the lab itself explains it, with its place.
export function Waiting({ job }: { job: Job }): JSX.Element {
    const { t, language, locale } = useSpeech();
    return (
        <Notice kind="info" title={t.jobWhyWaits}>
            {say(job.reason_words, language, job.reason).split("\n").map((line) => <p key={line}>{line}</p>)}
            {job.place_in_line !== null && <p class="hint">{t.jobPlaceIs(job.place_in_line + 1)}</p>}
            {job.likely_start_ms !== undefined && <p class="hint">{t.jobLikely(elapsedText(job.likely_start_ms - Date.now(), locale))}</p>}
        </Notice>
    );
}

/// Why it ended as it did, where that is not plain success; and what the machine has to say about it.
export function Ending({ job, reader }: { job: Job; reader: LogReader }): JSX.Element | null {
    const { t, language } = useSpeech();
    const { outcome } = job;
    const bad = hasFailed(job);
    const cause = outcome ? t.causes[outcome.cause] : undefined; // none for a plain exit: its words say more
    const words = outcome?.error ? say(outcome.error_words, language, outcome.error) : bad ? say(job.reason_words, language, job.reason) : "";
    const notes = outcome?.notes ?? [];
    if (!bad && notes.length === 0) return null;
    return (
        <>
            {bad && (
                <Notice kind="bad" title={t.jobWhatHappened}>
                    {(cause || !words) && <p>{cause ?? t.stateText[job.state]}</p>}
                    {words && <pre class="words">{words}</pre>}
                    {job.state === "failed" && <Said job={job} reader={reader} />}
                </Notice>
            )}
            {notes.length > 0 && (
                <Notice kind="info" title={t.jobNotes}>
                    <ul>{notes.map((note, at) => <li key={at}>{say(outcome?.notes_words?.[at], language, note)}</li>)}</ul>
                </Notice>
            )}
        </>
    );
}

/// The end of the log as the program failed: its traceback, with the researcher's own line marked.
function Said({ job, reader }: { job: Job; reader: LogReader }): JSX.Element | null {
    const { t } = useSpeech();
    const trace = lastTrace(reader.lines.lines, job.runtime);
    if (!trace || trace.lines.length < 2) return null;
    return (
        <details open class="trace">
            <summary>{t.jobTrace}</summary>
            <pre class="words">{trace.lines.map((line, at) => (
                <div key={at} class={at === trace.own || (at === trace.own + 1 && trace.own >= 0) ? "trace-own" : ""}>{line || "\u200b"}</div>
            ))}</pre>
        </details>
    );
}
