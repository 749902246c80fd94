// The queue: how much waits and runs at present and over time, and what one's own jobs wait for.

import "../lib/catalogue";
import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { Curves } from "../components/lab/curves";
import { Icon } from "../components/icon";
import { Empty, Loading, Problem } from "../components/notice";
import { ApiError, getQueue, type Job, type QueueNumbers } from "../data/api";
import { listMembers, type Member } from "../data/array";
import { getHistory, getWaiting, kSpans, type History, type Span, type Waiting } from "../data/lab";
import { useEvents } from "../data/live";
import { usePolled } from "../data/polled";
import { elapsedText, momentText } from "../lib/format";
import { withGaps } from "../lib/gaps";
import { Link } from "../lib/router";
import { say } from "../lib/words";
import { useSpeech } from "../text";
import { useArrayWords } from "../text/array";
import { useLabWords } from "../text/lab";

const kNumbersEveryMs = 2000;
const kHistoryEveryMs: Record<Span, number> = { hour: 10_000, day: 60_000, week: 300_000 };
const kWaitingEveryMs = 5000;

export function QueuePage(): JSX.Element {
    const words = useLabWords();
    const { locale } = useSpeech();
    const numbers = usePolled(getQueue, kNumbersEveryMs);
    const waiting = usePolled(getWaiting, kWaitingEveryMs);
    const [changes, setChanges] = useState(0);
    useEvents({ onJob: () => setChanges((count) => count + 1), onOpen: () => setChanges((count) => count + 1) });
    useEffect(() => { // one's own jobs tell by themselves; those of others are asked for
        if (changes === 0) return undefined;
        const timer = window.setTimeout(() => {
            numbers.again();
            waiting.again();
        }, 300);
        return () => window.clearTimeout(timer);
    }, [changes]);
    const value = numbers.value;
    const text = (count: number | undefined): string => (count === undefined ? "–" : count.toLocaleString(locale));
    return (
        <>
            <div class="section-head"><h1>{words.queueTitle}</h1></div>
            {numbers.error && numbers.error.status !== 0 && value && <p class="hint stale" role="status">{words.stale(momentText(numbers.atMs, locale))}</p>}
            {numbers.error && !value && <Problem error={numbers.error} />}
            <dl class={`card lab-numbers${numbers.error ? " is-stale" : ""}`}>
                <div><dt>{words.queueTotal}</dt><dd data-number="total">{text(value ? value.queued + value.running : undefined)}</dd></div>
                <div><dt>{words.queueReady}</dt><dd data-number="ready">{text(value?.queued)}</dd></div>
                <div><dt>{words.queueUnacknowledged}</dt><dd data-number="unacknowledged">{text(value?.running)}</dd></div>
            </dl>
            <Over numbers={value} />
            <section aria-labelledby="waiting" class="waiting">
                <h2 id="waiting">{words.waitingTitle}</h2>
                {waiting.error && !waiting.value && <Problem error={waiting.error} />}
                {!waiting.value && !waiting.error && <Loading />}
                {waiting.value && <WhoWaits waiting={waiting.value} />}
            </section>
        </>
    );
}

function Over({ numbers }: { numbers: QueueNumbers | null }): JSX.Element {
    const words = useLabWords();
    const [span, setSpan] = useState<Span>("hour");
    return (
        <section class="card pad" aria-labelledby="over">
            <div class="section-head curves-head">
                <h2 id="over">{words.curvesTitle}</h2>
                <div class="chips" role="group" aria-label={words.span}>
                    {kSpans.map((each) => <button type="button" class="chip" key={each} aria-pressed={span === each} onClick={() => setSpan(each)}>{words.spans[each]}</button>)}
                </div>
            </div>
            <OverSpan key={span} span={span} numbers={numbers} />
        </section>
    );
}

function OverSpan({ span, numbers }: { span: Span; numbers: QueueNumbers | null }): JSX.Element {
    const words = useLabWords();
    const { value, error } = usePolled((signal) => getHistory(span, signal), kHistoryEveryMs[span]);
    if (!value) return error ? <Problem error={error} /> : <Loading />;
    if (value.at_s.length === 0) return <p class="hint">{words.curvesNone}</p>;
    return <HistoryCurves history={numbers ? withPresent(value, numbers) : value} />;
}

/// The history and how it is at present, which its last step does not say yet.
function withPresent(history: History, { queued, running }: QueueNumbers): History {
    const now = Math.max(Math.floor(Date.now() / 1000), (history.at_s[history.at_s.length - 1] ?? 0) + 1);
    return {
        ...history, at_s: [...history.at_s, now], total: [...history.total, queued + running], ready: [...history.ready, queued],
        unacknowledged: [...history.unacknowledged, running],
    };
}

function HistoryCurves({ history }: { history: History }): JSX.Element {
    const words = useLabWords();
    const { atS, columns } = withGaps(history.at_s, [history.total, history.ready, history.unacknowledged], history.step_s);
    const curves = [
        { label: words.queueTotal, colour: "--text-2", dash: [2, 4], values: columns[0] ?? [] },
        { label: words.queueReady, colour: "--warm", dash: [8, 4], values: columns[1] ?? [] },
        { label: words.queueUnacknowledged, colour: "--accent", values: columns[2] ?? [] },
    ];
    const most = (values: readonly number[]): number => values.reduce((a, b) => Math.max(a, b), 0);
    return (
        <>
            <Curves atS={atS} curves={curves} time={words.curvesTime} label={words.curvesLabel(most(history.ready), most(history.unacknowledged))} />
            <p class="hint">{words.curvesHint}</p>
        </>
    );
}

function WhoWaits({ waiting }: { waiting: Waiting }): JSX.Element {
    const words = useLabWords();
    if (waiting.own + waiting.others === 0) return <Empty title={words.nobodyWaits} text={words.nobodyWaitsText} />;
    return (
        <div class="card waiting-list">
            <ol>{waiting.jobs.map((job) => <WaitingRow key={job.id} job={job} />)}</ol>
            {waiting.own === 0 && <p class="waiting-note">{words.noneOfYours}</p>}
            {waiting.more > 0 && <p class="waiting-note">{words.moreOfYours(waiting.more)}</p>}
            {waiting.others > 0 && <p class="waiting-note">{words.othersWait(waiting.others)}</p>}
        </div>
    );
}

function WaitingRow({ job }: { job: Job }): JSX.Element {
    const words = useLabWords();
    const { t, locale, language } = useSpeech();
    const [open, setOpen] = useState(false);
    const why = say(job.reason_words, language, job.reason).split("\n")[0] ?? "";
    const list = `waiting-${job.id}`;
    return (
        <li data-job={job.id}>
            <div>
                <Link to={`/jobs/${job.id}`}>{job.name || job.id}</Link>
                {job.array && (
                    <button type="button" class="link waiting-open" aria-expanded={open} aria-controls={list} onClick={() => setOpen(!open)}>
                        <Icon name={open ? "up" : "down"} />{words.membersWait(job.array.counts.queued, job.array.size)}
                    </button>
                )}
                {why && <p class="hint">{why}</p>}
                {job.array && open && <WaitingMembers id={list} job={job} />}
            </div>
            <div class="waiting-when">
                {job.place_in_line !== null && <span>{t.jobPlaceIs(job.place_in_line + 1)}</span>}
                {job.likely_start_ms !== undefined && <span class="hint">{words.likelyIn(elapsedText(job.likely_start_ms - Date.now(), locale))}</span>}
            </div>
        </li>
    );
}

/// The members of an array that wait, by their indices, a page at a time.
function WaitingMembers({ id, job }: { id: string; job: Job }): JSX.Element {
    const words = useLabWords();
    const arrays = useArrayWords();
    const waiting = job.array?.counts.queued ?? 0;
    const [pages, setPages] = useState(1);
    const [found, setFound] = useState<{ members: Member[]; more: boolean } | null>(null);
    const [error, setError] = useState<ApiError | null>(null);
    useEffect(() => {
        const abort = new AbortController();
        const fetchPages = async (): Promise<void> => {
            const members: Member[] = [];
            let after: number | null = null;
            for (let page = 0; page < pages && (page === 0 || after !== null); page += 1) {
                const answer: { members: Member[]; next: number | null } = await listMembers(job.id, "queued", after, abort.signal);
                members.push(...answer.members);
                after = answer.next;
            }
            setFound({ members, more: after !== null });
            setError(null);
        };
        fetchPages().catch((problem: unknown) => {
            if (!abort.signal.aborted) setError(problem instanceof ApiError ? problem : new ApiError(0, String(problem), ""));
        });
        return () => abort.abort();
    }, [job.id, pages, waiting]);
    if (!found) return error ? <Problem error={error} /> : <Loading />;
    return (
        <ul id={id} class="waiting-members" aria-label={words.membersWaiting(job.name)}>
            {found.members.map((member) => <li key={member.id}><Link to={`/jobs/${member.id}`}>{String(member.index)}</Link></li>)}
            {found.more && <li><button type="button" class="link" onClick={() => setPages(pages + 1)}>{arrays.more}</button></li>}
        </ul>
    );
}
