// Data that stays fresh while a page shows it: a clock, lists of jobs, one job, the queue numbers.

import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { ApiError, getJob, getQueue, listJobs, type Job, type JobsQuery, type QueueNumbers } from "./api";
import { listen, type Listener } from "./events";

const kRetryMs = 4000;
const kQueueSettleMs = 400;

export function useNow(everyMs: number, active = true): number {
    const [now, setNow] = useState(Date.now);
    useEffect(() => {
        if (!active) return undefined;
        setNow(Date.now());
        const timer = window.setInterval(() => setNow(Date.now()), everyMs);
        return () => window.clearInterval(timer);
    }, [everyMs, active]);
    return now;
}

function asApiError(error: unknown): ApiError {
    return error instanceof ApiError ? error : new ApiError(0, String(error), "");
}

function isAbort(error: unknown): boolean {
    return error instanceof DOMException && error.name === "AbortError";
}

/// Calls the listener's latest self for as long as the component is shown.
export function useEvents(listener: Listener, logOf?: string): void {
    const latest = useRef(listener);
    latest.current = listener;
    useEffect(() => listen({
        onJob: (job) => latest.current.onJob?.(job),
        onLog: (chunk) => latest.current.onLog?.(chunk),
        onProgress: (progress) => latest.current.onProgress?.(progress),
        onOpen: () => latest.current.onOpen?.(),
        onLost: () => latest.current.onLost?.(),
    }, logOf), [logOf]);
}

/// Which of two reports on the same job is the later one; events can overtake answers.
function later(known: Job | undefined, news: Job): Job {
    if (!known || news.attempt !== known.attempt) return !known || news.attempt > known.attempt ? news : known;
    const rank = { queued: 0, assigned: 1, running: 2 } as Record<string, number>;
    return (rank[news.state] ?? 3) >= (rank[known.state] ?? 3) ? news : known;
}

export interface LiveJobs {
    jobs: Job[] | null;
    next: string | null;
    error: ApiError | null;
    online: boolean;
    loadMore: () => void;
    reload: () => void;
}

function matches(job: Job, query: JobsQuery): boolean {
    const inState = !query.state || job.state === query.state;
    return inState && (!query.q || job.name.toLowerCase().includes(query.q.toLowerCase()));
}

export function useJobs(query: JobsQuery): LiveJobs {
    const [jobs, setJobs] = useState<Job[] | null>(null);
    const [next, setNext] = useState<string | null>(null);
    const [error, setError] = useState<ApiError | null>(null);
    const [online, setOnline] = useState(true);
    const [turn, setTurn] = useState(0);
    const reload = useCallback(() => setTurn((value) => value + 1), []);
    const { state = "", q = "", limit = 50 } = query;

    useEffect(() => {
        const abort = new AbortController();
        let timer = 0;
        listJobs({ state, q, limit }, abort.signal).then((answer) => {
            setJobs((known) => merge(known, answer.jobs, { state, q }, answer.next === null));
            setNext(answer.next);
            setError(null);
        }).catch((problem: unknown) => {
            if (isAbort(problem)) return;
            setError(asApiError(problem));
            timer = window.setTimeout(reload, kRetryMs);
        });
        return () => {
            abort.abort();
            window.clearTimeout(timer);
        };
    }, [state, q, limit, turn]);

    const opened = useRef(false);
    useEvents({
        onJob: (job) => setJobs((known) => (known ? merge(known, [job], { state, q }, false) : known)),
        onOpen: () => {
            setOnline(true);
            if (opened.current) reload();
            opened.current = true;
        },
        onLost: () => setOnline(false),
    });

    const loadMore = (): void => {
        if (!next) return;
        listJobs({ state, q, limit, before: next }).then((answer) => {
            setJobs((known) => merge(known, answer.jobs, { state, q }, false));
            setNext(answer.next);
        }).catch((problem: unknown) => setError(asApiError(problem)));
    };
    return { jobs, next, error, online, loadMore, reload };
}

/// Newest first. `whole` says that `news` is all there is, so that what it lacks is gone.
function merge(known: Job[] | null, news: Job[], query: JobsQuery, whole: boolean): Job[] {
    const byId = new Map((known ?? []).map((job) => [job.id, job]));
    const kept = new Map<string, Job>(whole ? [] : byId);
    for (const job of news) kept.set(job.id, later(byId.get(job.id), job));
    return [...kept.values()].filter((job) => matches(job, query))
        .sort((a, b) => b.submitted_ms - a.submitted_ms || (a.id < b.id ? 1 : -1));
}

export interface LiveJob {
    job: Job | null;
    error: ApiError | null;
    refresh: () => void;
    take: (job: Job) => void;
}

/// One job, fetched at first and after a reconnection; `take` is fed by the page's event stream.
export function useJob(id: string): LiveJob {
    const [job, setJob] = useState<Job | null>(null);
    const [error, setError] = useState<ApiError | null>(null);
    const [turn, setTurn] = useState(0);
    const refresh = useCallback(() => setTurn((value) => value + 1), []);
    const take = useCallback((news: Job) => {
        if (news.id === id) setJob((known) => later(known ?? undefined, news));
    }, [id]);
    useEffect(() => {
        const abort = new AbortController();
        let timer = 0;
        getJob(id, abort.signal).then((news) => {
            take(news);
            setError(null);
        }).catch((problem: unknown) => {
            if (isAbort(problem)) return;
            const failure = asApiError(problem);
            setError(failure);
            if (failure.status === 0 || failure.status >= 500) timer = window.setTimeout(refresh, kRetryMs);
        });
        return () => {
            abort.abort();
            window.clearTimeout(timer);
        };
    }, [id, turn]);
    return { job, error, refresh, take };
}

/// Queue numbers, asked again shortly after each change, many changes in one question.
export function useQueue(changes: unknown): QueueNumbers | null {
    const [numbers, setNumbers] = useState<QueueNumbers | null>(null);
    useEffect(() => {
        const abort = new AbortController();
        const timer = window.setTimeout(() => {
            getQueue(abort.signal).then(setNumbers).catch((problem: unknown) => {
                if (!isAbort(problem)) setNumbers(null);
            });
        }, numbers ? kQueueSettleMs : 0);
        return () => {
            window.clearTimeout(timer);
            abort.abort();
        };
    }, [changes]);
    return numbers;
}
