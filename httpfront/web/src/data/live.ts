// Data that stays fresh while a page shows it: a clock, lists of jobs, one job, the queue numbers.

import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { ApiError, getJob, getQueue, hasEnded, listJobs, type Job, type JobsQuery, type JobState, type QueueNumbers } from "./api";
import { plain } from "../lib/tree";
import { useConnection, useFoundAgain } from "./connection";
import { listen, type Listener } from "./events";

const kRetryMs = 4000;
const kQueueSettleMs = 400;
const kBatchMs = 100;
const kPlacesSettleMs = 2500;
const kPollMs = 5000;
const kHiddenPollMs = 5000; // the browser makes this a minute after a while

/// A clock for what is still going on. It stands still while the server is away, for nobody knows what goes on then.
export function useNow(everyMs: number, active = true): number {
    const { lostMs } = useConnection();
    const [now, setNow] = useState(Date.now);
    const runs = active && lostMs === 0;
    useEffect(() => {
        if (!runs) return undefined;
        setNow(Date.now());
        const timer = window.setInterval(() => setNow(Date.now()), everyMs);
        return () => window.clearInterval(timer);
    }, [everyMs, runs]);
    return now;
}

function asApiError(error: unknown): ApiError {
    return error instanceof ApiError ? error : new ApiError(0, String(error), "");
}

function isAbort(error: unknown): boolean {
    return error instanceof DOMException && error.name === "AbortError";
}

/// Calls the listener's latest self for as long as the component is shown.
export function useEvents(listener: Listener, logOf?: string, owner?: string): void {
    const latest = useRef(listener);
    latest.current = listener;
    useEffect(() => listen({
        onJob: (job) => latest.current.onJob?.(job),
        onLog: (chunk) => latest.current.onLog?.(chunk),
        onProgress: (progress) => latest.current.onProgress?.(progress),
        onFile: (file) => latest.current.onFile?.(file),
        onOpen: () => latest.current.onOpen?.(),
        onLost: () => latest.current.onLost?.(),
    }, logOf, owner), [logOf, owner]);
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
    // An array is in each state that one of its members is in.
    const inState = !query.state || (job.array ? job.array.counts[query.state as JobState] > 0 : job.state === query.state);
    return inState && job.deleted_ms === 0 && (!query.q || plain(job.name).includes(plain(query.q)));
}

const kRememberedMax = 4;
const remembered = new Map<string, JobList>();

/// Lists as they were when their page was left, so that Back shows them at once and as long as they had become.
export function forgetLists(): void {
    remembered.clear();
}

function remember(key: string, list: JobList): void {
    remembered.delete(key);
    remembered.set(key, list);
    const oldest = remembered.keys().next().value;
    if (remembered.size > kRememberedMax && oldest !== undefined) remembered.delete(oldest);
}

/// A list of jobs that keeps itself up to date. It stays as long as the pages that were asked for: what
/// comes on top pushes the oldest out, and `next` follows.
export function useJobs(query: JobsQuery): LiveJobs {
    const { state = "", q = "", limit = 50, owner = "" } = query;
    const key = JSON.stringify([state, q, limit, owner]);
    const [list, setList] = useState<JobList | null>(() => remembered.get(key) ?? null);
    const [error, setError] = useState<ApiError | null>(null);
    const [online, setOnline] = useState(true);
    const [turn, setTurn] = useState(0);
    const reload = useCallback(() => setTurn((value) => value + 1), []);
    useEffect(() => {
        if (list && list.state === state && list.q === q && list.owner === owner) remember(key, list);
    }, [list, key]);

    const heard = useRef<Set<string> | null>(null); // while an answer is awaited: told meanwhile
    useEffect(() => {
        const abort = new AbortController();
        const meanwhile = new Set<string>();
        heard.current = meanwhile;
        let timer = 0;
        listJobs({ state, q, limit, owner }, abort.signal).then((answer) => {
            setList((known) => {
                const same = known && known.state === state && known.q === q && known.owner === owner ? known : null;
                const rest = same && same.room > limit ? same : { room: limit, next: answer.next };
                const stale = (job: Job): boolean => !meanwhile.has(job.id) && covers(answer, job);
                return merged(same?.jobs.filter((job) => !stale(job)) ?? [], answer.jobs, { state, q, owner, room: rest.room, next: rest.next });
            });
            setError(null);
        }).catch((problem: unknown) => {
            if (isAbort(problem)) return;
            setError(asApiError(problem));
            timer = window.setTimeout(reload, kRetryMs);
        }).finally(() => {
            if (heard.current === meanwhile) heard.current = null;
        });
        return () => {
            abort.abort();
            window.clearTimeout(timer);
        };
    }, [state, q, limit, owner, turn]);

    const opened = useRef(false);
    const batch = useRef<{ jobs: Map<string, Job>; timer: number; places: number }>({ jobs: new Map(), timer: 0, places: 0 });
    const takeBatch = (): void => {
        if (!list) { // nothing to put them into yet
            batch.current.timer = window.setTimeout(() => latestBatch.current(), kBatchMs);
            return;
        }
        const news = [...batch.current.jobs.values()];
        batch.current.jobs.clear();
        batch.current.timer = 0;
        setList((known) => known && merged(known.jobs, news, known));
        // A job that left the line moved every other job's place in it.
        if (batch.current.places === 0 && list.jobs.some((job) => job.state === "queued")) {
            batch.current.places = window.setTimeout(() => {
                batch.current.places = 0;
                reload();
            }, kPlacesSettleMs);
        }
    };
    useEvents({
        onJob: (job) => {
            heard.current?.add(job.id);
            batch.current.jobs.set(job.id, later(batch.current.jobs.get(job.id), job));
            if (batch.current.timer === 0) batch.current.timer = window.setTimeout(() => latestBatch.current(), kBatchMs);
        },
        onOpen: () => {
            setOnline(true);
            if (opened.current) reload();
            opened.current = true;
        },
        onLost: () => setOnline(false),
    }, undefined, owner || undefined);
    const latestBatch = useRef(takeBatch);
    latestBatch.current = takeBatch;
    useEffect(() => () => {
        window.clearTimeout(batch.current.timer);
        window.clearTimeout(batch.current.places);
    }, []);
    useFoundAgain(reload);
    useEffect(() => { // without the event stream: ask
        if (online) return undefined;
        const timer = window.setInterval(reload, kPollMs);
        return () => window.clearInterval(timer);
    }, [online]);

    const current = list && list.state === state && list.q === q && list.owner === owner ? list : null;
    const loadMore = (): void => {
        const before = current?.next;
        if (!before) return;
        listJobs({ state, q, limit, before, owner }).then((answer) => {
            setList((known) => known && known.state === state && known.q === q && known.owner === owner
                ? merged(known.jobs, answer.jobs, { state, q, owner, room: known.room + limit, next: answer.next }) : known);
        }).catch((problem: unknown) => setError(asApiError(problem)));
    };
    return { jobs: current?.jobs ?? null, next: current?.next ?? null, error, online, loadMore, reload };
}

interface JobList {
    jobs: Job[];
    state: string;
    q: string;
    owner: string;
    room: number;
    next: string | null;
}

/// Whether the answer would hold the job if it still fitted the question.
function covers(answer: { jobs: Job[]; next: string | null }, job: Job): boolean {
    const oldest = answer.jobs[answer.jobs.length - 1];
    return !answer.next || (oldest !== undefined && job.submitted_ms > oldest.submitted_ms);
}

/// Newest first.
function merged(known: readonly Job[], news: readonly Job[], { state, q, owner, room, next }: Omit<JobList, "jobs">): JobList {
    const byId = new Map(known.map((job) => [job.id, job]));
    for (const job of news) byId.set(job.id, later(byId.get(job.id), job));
    const jobs = [...byId.values()].filter((job) => matches(job, { state, q }))
        .sort((a, b) => b.submitted_ms - a.submitted_ms || (a.id < b.id ? 1 : -1));
    const shown = jobs.slice(0, room);
    return { state, q, owner, room, jobs: shown, next: shown.length < jobs.length ? shown[shown.length - 1]?.id ?? null : next };
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
    useFoundAgain(refresh);
    useEffect(() => { // a hidden tab has no stream, and its title and icon say how the job stands
        if (job && hasEnded(job)) return undefined;
        const timer = window.setInterval(() => document.hidden && refresh(), kHiddenPollMs);
        return () => window.clearInterval(timer);
    }, [job !== null && hasEnded(job)]);
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
