// The attempts of a job that ran more than once: where each ran, when, how it ended and why, and what it printed.

import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { ApiError, getJob, hasEnded, type EarlierAttempt, type Job, type JobState } from "../../data/api";
import { logUrl, readLogTail } from "../../data/attempts";
import { durationText, momentText } from "../../lib/format";
import { withoutColours } from "../../lib/ansi";
import { say, type Words } from "../../lib/words";
import { useSpeech, type Speech } from "../../text";
import { useCourseWords } from "../../text/course";
import { Icon } from "../icon";
import { Loading, Problem } from "../notice";
import { StateBadge } from "../state";

const kTailBytes = 32 * 1024;

interface Attempt {
    number: number;
    state: JobState;
    worker: string;
    started_ms: number; // 0: it is not known
    ended_ms: number;
    why: string;
}

/// Why each lost attempt was, as the job's history tells it: it has no outcome.
function lossesOf(job: Job, { language }: Speech): Map<number, string> {
    const losses = new Map<number, string>();
    const words: Words = [...(job.reason_words ?? []), ...(job.outcome?.error_words ?? [])];
    for (const part of words) {
        if (typeof part === "string" || part.code !== "attempt") continue;
        const why = part.params["why"];
        const number = Number(part.params["number"]);
        if (!losses.has(number)) losses.set(number, typeof why === "string" ? why : say(why, language, ""));
    }
    return losses;
}

const kStates: Record<string, JobState> = { succeeded: "succeeded", failed: "failed", cancelled: "cancelled", timed_out: "timed_out", could_not_run: "failed" };

function attemptsOf(job: Job, earlier: readonly EarlierAttempt[], speech: Speech): Attempt[] {
    const losses = lossesOf(job, speech);
    const told = new Map(earlier.map((one) => [one.attempt, one]));
    const before = Array.from({ length: job.attempt - 1 }, (_, at): Attempt => {
        const number = at + 1;
        const one = told.get(number);
        if (!one) return { number, state: "lost", worker: "", started_ms: 0, ended_ms: 0, why: losses.get(number) ?? "" };
        return {
            number, state: kStates[one.status] ?? "failed", worker: one.worker, started_ms: one.started_ms, ended_ms: one.ended_ms,
            why: say(one.error_words, speech.language, one.error).split("\n")[0] ?? "",
        };
    });
    return [...before, { number: job.attempt, state: job.state, worker: job.worker, started_ms: job.started_ms, ended_ms: hasEnded(job) ? job.ended_ms : 0, why: "" }];
}

/// The attempts before the current one. They are told with the job alone, not by events.
function useEarlier(job: Job): readonly EarlierAttempt[] {
    const [earlier, setEarlier] = useState<readonly EarlierAttempt[]>(job.attempts ?? []);
    useEffect(() => {
        const abort = new AbortController();
        getJob(job.id, abort.signal).then((news) => setEarlier(news.attempts ?? [])).catch(() => undefined); // the page itself tells of a lost line
        return () => abort.abort();
    }, [job.id, job.attempt]);
    return earlier;
}

/// Nothing where there was one attempt alone.
export function Attempts({ job }: { job: Job }): JSX.Element | null {
    if (job.attempt < 2 || job.array) return null;
    return <List job={job} />;
}

function List({ job }: { job: Job }): JSX.Element {
    const speech = useSpeech();
    const words = useCourseWords();
    const all = attemptsOf(job, useEarlier(job), speech);
    const [open, setOpen] = useState(0);
    return (
        <section class="card attempts" aria-labelledby="attempts">
            <h2 id="attempts">{words.title(all.length)}</h2>
            <ol>
                {all.map((one) => (
                    <li key={one.number} data-attempt={one.number}>
                        <div class="attempt-head">
                            <strong>{speech.t.jobAttemptOf(String(one.number))}</strong>
                            <StateBadge state={one.state} />
                            <span class="attempt-where">{where(one, words.on, speech)}</span>
                            {one.number < job.attempt && (
                                <button type="button" class="button button-small" aria-expanded={open === one.number} aria-label={words.logOf(one.number)}
                                    onClick={() => setOpen(open === one.number ? 0 : one.number)}>{speech.t.logTitle}</button>
                            )}
                        </div>
                        {one.why && <p class="attempt-why">{one.why}</p>}
                        {open === one.number && <EarlierLog id={job.id} attempt={one.number} />}
                    </li>
                ))}
            </ol>
        </section>
    );
}

function where(one: Attempt, on: (worker: string) => string, { locale }: Speech): string {
    const took = one.started_ms > 0 && one.ended_ms > 0 ? durationText(one.ended_ms - one.started_ms, locale) : "";
    return [one.worker ? on(one.worker) : "", one.started_ms > 0 ? momentText(one.started_ms, locale) : "", took].filter(Boolean).join(" · ");
}

/// The end of what an earlier attempt printed; the whole can be fetched.
function EarlierLog({ id, attempt }: { id: string; attempt: number }): JSX.Element {
    const { t } = useSpeech();
    const words = useCourseWords();
    const [tail, setTail] = useState<{ text: string; cut: boolean } | null>(null);
    const [error, setError] = useState<ApiError | null>(null);
    useEffect(() => {
        const abort = new AbortController();
        readLogTail(id, attempt, kTailBytes, abort.signal).then(setTail).catch((problem: unknown) => {
            if (!abort.signal.aborted) setError(problem instanceof ApiError ? problem : new ApiError(0, String(problem), ""));
        });
        return () => abort.abort();
    }, [id, attempt]);
    if (error) return <Problem error={error} />;
    if (!tail) return <Loading />;
    if (tail.text === "") return <p class="hint">{words.nothing}</p>;
    return (
        <>
            {tail.cut && <p class="hint">{words.tail}</p>}
            <pre class="words attempt-log" tabIndex={0} aria-label={words.logOf(attempt)}>{withoutColours(tail.text)}</pre>
            <p><a class="get" href={logUrl(id, attempt)} download={`log-${attempt}.txt`}><Icon name="download" />{t.logSave}</a></p>
        </>
    );
}
