// A job's course in three steps with their times, and the numbers about it.

import type { ComponentChild, JSX } from "preact";
import { bundleUrl, hasEnded, type Job } from "../data/api";
import { bytesText, durationText, elapsedText, momentText } from "../lib/format";
import { say } from "../lib/words";
import { useSpeech, type Speech } from "../text";
import { useAccountWords } from "../text/account";
import { useNow } from "../data/live";
import { useSession } from "../data/session";

const kAtOnceMs = 1000;

interface Step {
    name: string;
    time: string;
    note: string;
    phase: "done" | "now" | "next";
}

function stepsOf(job: Job, now: number, speech: Speech): Step[] {
    const { t, locale } = speech;
    const ended = hasEnded(job);
    const begun = job.started_ms > 0;
    const place = job.place_in_line === null ? "" : t.jobPlaceIs(job.place_in_line + 1);
    const wait = job.started_ms - job.submitted_ms;
    const took = job.ended_ms - job.started_ms;
    return [
        { name: t.jobSentAt, time: momentText(job.submitted_ms, locale), note: bytesText(job.bundle_bytes, locale), phase: "done" },
        {
            name: t.jobStartedAt,
            time: begun ? momentText(job.started_ms, locale) : ended ? "–" : t.states[job.state],
            note: begun ? (job.attempt > 1 ? t.jobTookFor(durationText(wait, locale)) : wait < kAtOnceMs ? t.jobAtOnce : t.jobWaited(durationText(wait, locale))) : ended ? "" : place || elapsedText(now - job.submitted_ms, locale),
            phase: begun || ended ? "done" : "now",
        },
        {
            name: t.jobEndedAt,
            time: ended ? momentText(job.ended_ms, locale) : begun ? t.states[job.state] : "–",
            note: ended && begun ? t.jobTookFor(durationText(took, locale)) : begun ? elapsedText(now - job.started_ms, locale) : "",
            phase: ended ? "done" : begun ? "now" : "next",
        },
    ];
}

export function Timeline({ job }: { job: Job }): JSX.Element {
    const speech = useSpeech();
    const now = useNow(1000, !hasEnded(job));
    return (
        <ol class="timeline card">
            {stepsOf(job, now, speech).map((step) => (
                <li key={step.name} class={`step-${step.phase}`} {...(step.phase === "now" ? { "aria-current": "step" as const } : {})}>
                    <span class="step-name">{step.name}</span>
                    <span class="step-time">{step.time}</span>
                    <span class="step-note">{step.note}</span>
                </li>
            ))}
        </ol>
    );
}

export function Facts({ job }: { job: Job }): JSX.Element {
    const { t, locale, language } = useSpeech();
    const words = useAccountWords();
    const user = useSession().session?.user;
    const { outcome } = job;
    const bundle = job.bundle_bytes > 0
        ? <a href={bundleUrl(job.id)} download="" aria-label={t.fileDownload(t.jobBundle)}>{bytesText(job.bundle_bytes, locale)}</a> : "";
    const rows: [string, ComponentChild][] = [
        [words.owner, user && user.name !== job.owner ? job.owner : ""],
        [t.jobWorker, job.worker], [t.jobAttempt, job.attempt > 0 && !job.array ? String(job.attempt) : ""], [t.jobRuntime, job.runtime.replace(" or ", t.or)],
        [t.jobBundle, bundle],
    ];
    const asked = job.asked ?? { cpus: 1, gpus: 0, memory_bytes: 0, time_limit_ms: 0, max_attempts: 0 };
    const of = (used: string, granted: string): string => (granted ? t.jobUsedOf(used, granted) : used);
    const timeLimit = asked.time_limit_ms > 0 ? durationText(asked.time_limit_ms, locale) : "";
    const memoryLimit = asked.memory_bytes > 0 ? bytesText(asked.memory_bytes, locale) : "";
    if (!outcome && (asked.cpus > 1 || timeLimit || memoryLimit)) {
        rows.push([t.jobAsked, [t.jobCpus(asked.cpus), memoryLimit, timeLimit].filter(Boolean).join(" · ")]);
    }
    if (outcome) {
        rows.push(
            [t.jobTook, outcome.wall_ms > 0 ? of(durationText(outcome.wall_ms, locale), timeLimit) : ""],
            [t.jobCpu, outcome.cpu_ms > 0 ? of(durationText(outcome.cpu_ms, locale), asked.cpus > 1 ? t.jobCpus(asked.cpus) : "") : ""],
            [t.jobMemory, outcome.peak_memory_bytes > 0 ? of(bytesText(outcome.peak_memory_bytes, locale), memoryLimit) : ""],
            [t.jobOutput, outcome.output_bytes === null ? "" : bytesText(outcome.output_bytes, locale)],
            [t.jobExit, outcome.cause === "exit_code" ? String(outcome.exit_code) : ""],
            [t.jobSignal, outcome.cause === "signal" ? String(outcome.signal) : ""],
        );
    }
    return (
        <aside class="card facts" aria-labelledby="facts">
            <h2 id="facts">{t.jobFacts}</h2>
            <dl>
                {rows.filter(([, value]) => value !== "").map(([name, value]) => (
                    <div key={name}><dt>{name}</dt><dd>{value}</dd></div>
                ))}
                {job.reason && job.state !== "queued" && job.reason !== outcome?.error && <div class="fact-wide"><dt>{t.jobWhy}</dt><dd>{say(job.reason_words, language, job.reason)}</dd></div>}
                <div class="fact-wide"><dt>Id</dt><dd><code>{job.id}</code></dd></div>
            </dl>
        </aside>
    );
}
