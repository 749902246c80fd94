// One job, live: where it stands, what it prints, what it left behind.

import "../lib/catalogue";
import type { JSX } from "preact";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { ApiError, cancelJob, hasEnded, hasFailed, listFiles, outputUrl, type Job, type OutputFile } from "../data/api";
import { DeletedNotice, DeleteJob, GoesSoon } from "../components/keeping/deleting";
import { Icon } from "../components/icon";
import { LiveFiles } from "../components/live_files";
import { LogView } from "../components/log_view";
import { Empty, Loading, Problem } from "../components/notice";
import { Outputs } from "../components/outputs";
import { Attempts } from "../components/course/attempts";
import { ArrayActions } from "../components/array_actions";
import { Members } from "../components/members";
import { RunAgain } from "../components/job_again";
import { Ending, Waiting } from "../components/job_ending";
import { Facts, Timeline } from "../components/job_facts";
import { Kind, StateBadge } from "../components/state";
import type { Progress } from "../data/events";
import { TellMe } from "../components/teller";
import { bytesText } from "../lib/format";
import { mark, markIcon } from "../lib/tab";
import { useSpeech } from "../text";
import { useArrayWords } from "../text/array";
import { useEvents, useJob } from "../data/live";
import { LogReader } from "../data/log_reader";
import { Link } from "../lib/router";

const kPlaceSettleMs = 1500;
const kPollMs = 5000;

export function JobPage({ id }: { id: string }): JSX.Element {
    const { t } = useSpeech();
    const words = useArrayWords();
    const { job, error, refresh, take } = useJob(id);
    const [progress, setProgress] = useState<Progress | null>(null);
    const [online, setOnline] = useState(true);
    const { reader, version } = useLog(id);
    const [fileNews, setFileNews] = useState(0);
    const alive = job !== null && !hasEnded(job);
    const whole = Boolean(job?.array); // an array has no log and no files of its own
    const waiting = job?.state === "queued";
    const soon = useRef(0);

    useEvents({
        onJob: (news) => {
            take(news);
            // Somebody else's job moved, and with it this one's place in line.
            if (waiting && news.id !== id && soon.current === 0) {
                soon.current = window.setTimeout(() => {
                    soon.current = 0;
                    refresh();
                }, kPlaceSettleMs);
            }
        },
        onLog: (chunk) => reader.take(chunk),
        onProgress: (news) => {
            if (news.id === id) setProgress(news);
        },
        onFile: (news) => {
            if (news.id === id) setFileNews((count) => count + 1);
        },
        onOpen: () => {
            setOnline(true);
            setFileNews((count) => count + 1);
            refresh();
            if (!whole) reader.catchUp();
        },
        onLost: () => setOnline(false),
    }, id);
    useEffect(() => () => window.clearTimeout(soon.current), []);
    useEffect(() => { // without the event stream: ask
        if (online || !alive) return undefined;
        const timer = window.setInterval(() => {
            refresh();
            if (!whole) reader.catchUp();
        }, kPollMs);
        return () => window.clearInterval(timer);
    }, [online, alive]);
    useEffect(() => {
        if (!job || whole) return;
        reader.follow(job.attempt);
        reader.catchUp(); // the end of the log, whatever the stream brought
    }, [job?.attempt, job?.state]);
    useEffect(() => {
        if (job && job.attempt > 1) setProgress(null); // progress of the attempt before is void
    }, [job?.attempt]);
    useEffect(() => {
        document.title = job ? `${mark(job.state)}${job.name || job.id} · ${t.states[job.state]} · NIAS` : "NIAS";
    }, [job?.name, job?.state, t]);
    useEffect(() => (job ? markIcon(job.state) : undefined), [job?.state]);
    const { files, filesError } = useFiles(job);

    if (!job && error?.status === 404) {
        return <Empty title={t.jobNotFound} text={t.jobNotFoundText} wholePage><Link to="/results" class="button">{t.goResults}</Link></Empty>;
    }
    if (!job) return error ? <Problem error={error} /> : <Loading />;
    return (
        <article class="job" data-job={job.id}>
            <Back job={job} />
            <header class="job-head">
                <div class="job-title">
                    <h1>{job.name || job.id}{job.member && <small> · {words.memberOf(job.member.index)}</small>}</h1>
                    <p class="job-now" role="status"><StateBadge state={job.state} /><Kind job={job} /><span>{whole ? "" : t.stateText[job.state]}</span></p>
                    {job.trial && <p class="hint">{words.trialText}</p>}
                </div>
                {whole ? <ArrayActions job={job} take={take} /> : <Actions job={job} take={take} />}
            </header>
            {job.deleted_ms > 0 && <DeletedNotice job={job} take={take} />}
            <GoesSoon job={job} />
            {error && <Problem error={error} />}
            {job.state === "queued" && job.reason && <Waiting job={job} />}
            <Timeline job={job} />
            <Attempts job={job} />
            {job.state === "running" && progress && <ProgressBar progress={progress} />}
            <div class="job-grid">
                {whole ? <div class="job-main"><Members job={job} /></div> : <div class="job-main">
                    <Ending job={job} reader={reader} />
                    {hasFailed(job) && <LogView job={job} reader={reader} version={version} />}
                    {job.state === "running" && <LiveFiles id={job.id} news={fileNews} />}
                    <Outputs job={job} files={files} error={filesError} />
                    {!hasFailed(job) && <LogView job={job} reader={reader} version={version} />}
                </div>}
                <Facts job={job} />
            </div>
        </article>
    );
}

/// The way back: of a member to its array.
function Back({ job }: { job: Job }): JSX.Element {
    const { t } = useSpeech();
    const words = useArrayWords();
    const array = job.member?.array;
    return <Link to={array ? `/jobs/${array}` : "/results"} class="back"><Icon name="back" />{array ? words.whole : t.jobBack}</Link>;
}

/// The log's reader, and a number that rises at most once a frame when it has news.
function useLog(id: string): { reader: LogReader; version: number } {
    const [version, setVersion] = useState(0);
    const reader = useMemo(() => {
        let frame = 0;
        return new LogReader(id, () => {
            if (frame !== 0) return;
            frame = requestAnimationFrame(() => {
                frame = 0;
                setVersion((value) => value + 1);
            });
        });
    }, [id]);
    useEffect(() => () => reader.close(), [reader]);
    return { reader, version };
}

function useFiles(job: Job | null): { files: OutputFile[] | null; filesError: ApiError | null } {
    const [files, setFiles] = useState<OutputFile[] | null>(null);
    const [filesError, setError] = useState<ApiError | null>(null);
    const ready = job !== null && hasEnded(job) && job.outcome?.output_bytes != null;
    useEffect(() => {
        if (!job || !ready) return undefined;
        const abort = new AbortController();
        listFiles(job.id, abort.signal).then((found) => {
            setFiles(found);
            setError(null);
        }).catch((problem: unknown) => {
            if (!abort.signal.aborted) setError(problem instanceof ApiError ? problem : new ApiError(0, String(problem), ""));
        });
        return () => abort.abort();
    }, [job?.id, ready]);
    return { files, filesError };
}

/// The button that had the focus is gone; a keyboard goes on with the question.
const takeFocus = (element: HTMLElement | null): void => element?.focus();

function Actions({ job, take }: { job: Job; take: (job: Job) => void }): JSX.Element {
    const { t, locale } = useSpeech();
    const words = useArrayWords();
    const [step, setStep] = useState<"none" | "asking" | "sent">("none");
    const [error, setError] = useState<ApiError | null>(null);
    const cancel = (): void => {
        setStep("sent");
        setError(null);
        cancelJob(job.id).then(take).catch((problem: unknown) => {
            setStep("none");
            setError(problem instanceof ApiError ? problem : new ApiError(0, String(problem), ""));
        });
    };
    const [again, setAgain] = useState(false);
    if (hasEnded(job)) {
        if (again) return <div class="job-actions"><RunAgain job={job} onClose={() => setAgain(false)} /></div>;
        return (
            <div class="job-actions">
                {job.bundle_bytes > 0 && (
                    <button type="button" class="button" onClick={() => setAgain(true)}><Icon name="again" />{job.trial ? words.runWhole : t.jobAgain}</button>
                )}
                {job.deleted_ms === 0 && <DeleteJob job={job} take={take} />}
                {job.outcome?.output_bytes != null && (
                    <a class="button button-main" href={outputUrl(job.id)} download=""><Icon name="download" />{t.jobDownloadAll}
                        <span class="button-note">{bytesText(job.outcome.output_bytes, locale)}</span></a>
                )}
            </div>
        );
    }
    return (
        <div class="job-actions">
            {step === "none" && <TellMe id={job.id} />}
            {step === "none" && (
                <button type="button" class="button" onClick={() => setStep("asking")}><Icon name="stop" />{t.jobCancel}</button>
            )}
            {step === "asking" && (
                <div class="ask" role="group" aria-label={t.jobCancelAsk} tabIndex={-1} ref={takeFocus}>
                    <p>{t.jobCancelAsk}</p>
                    <button type="button" class="button button-bad" onClick={cancel}>{t.jobCancelYes}</button>
                    <button type="button" class="button" onClick={() => setStep("none")}>{t.jobCancelNo}</button>
                </div>
            )}
            {step === "sent" && <p class="loading" role="status"><span class="spinner" aria-hidden="true" />{t.jobCancelSent}</p>}
            {error && <Problem error={error} />}
        </div>
    );
}

function ProgressBar({ progress }: { progress: Progress }): JSX.Element {
    const { t, locale } = useSpeech();
    const fraction = Math.min(1, Math.max(0, progress.fraction));
    return (
        <div class="card progress-card">
            <div class="progress-words">
                <strong>{t.jobProgress}</strong>
                <span class="progress-text">{progress.text}</span>
                <span class="figures">{fraction.toLocaleString(locale, { style: "percent", maximumFractionDigits: 0 })}</span>
            </div>
            <progress max={1} value={fraction} aria-label={t.jobProgress} />
        </div>
    );
}
