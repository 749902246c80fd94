// All jobs, live: filter by state, search by name, select several and download each one's results.

import "../lib/catalogue";
import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { ApiError, cancelJob, hasEnded, hasFailed, kStates, outputUrl, outputUrls, type Job } from "../data/api";
import { saveEach } from "../data/download";
import { endedIn, failedIn } from "../data/array";
import { DeletedList } from "../components/keeping/deleted_list";
import { UndoBar, useDeleting } from "../components/keeping/deleting";
import { Icon } from "../components/icon";
import { Empty, Loading, Problem } from "../components/notice";
import { Kind, StateBadge } from "../components/state";
import { agoText, bytesText, durationText, elapsedText, momentText } from "../lib/format";
import { useSpeech } from "../text";
import { useArrayWords } from "../text/array";
import { useAccountWords } from "../text/account";
import { useForgetWords } from "../text/forget";
import { useSession } from "../data/session";
import { useJobs, useNow } from "../data/live";
import { Link } from "../lib/router";
import { kSorts, orderOf, pressed, sorted, textOf, type Order, type Sort } from "../lib/sorting";
import { say } from "../lib/words";

const kSearchSettleMs = 250;
const kDayMs = 86_400_000;
const kDeleted = "deleted"; // in the place of a state: the jobs that are in no list and can be brought back

/// Reads a part of the list out of the address of the page.
function addressed(name: string): string {
    return new URLSearchParams(location.search).get(name) ?? "";
}

function hasResults(job: Job): boolean {
    return hasEnded(job) && job.outcome !== null && job.outcome.output_bytes !== null;
}

export function ResultsPage(): JSX.Element {
    const { t } = useSpeech();
    const [state, setState] = useState(() => addressed("state"));
    const [typed, setTyped] = useState(() => addressed("q"));
    const [q, setQ] = useState(() => addressed("q"));
    const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
    useEffect(() => {
        const timer = window.setTimeout(() => setQ(typed.trim()), kSearchSettleMs);
        return () => window.clearTimeout(timer);
    }, [typed]);
    const [owner, setOwner] = useState(() => addressed("owner"));
    const [order, setOrder] = useState<Order>(() => orderOf(addressed("sort")));
    useEffect(() => { // so that Back, a reload and a link show the same list
        const all = Object.entries({ state, q, owner, sort: textOf(order) }).filter(([, value]) => value !== "");
        const words = new URLSearchParams(all).toString();
        history.replaceState(history.state, "", `${location.pathname}${words ? `?${words}` : ""}`);
    }, [state, q, owner, order]);
    useEffect(() => { // a link to this page, while it is shown
        const moved = (): void => {
            if (location.pathname !== "/results") return;
            setState(addressed("state"));
            setTyped(addressed("q"));
            setQ(addressed("q"));
            setOwner(addressed("owner"));
            setOrder(orderOf(addressed("sort")));
        };
        window.addEventListener("nias:moved", moved);
        return () => window.removeEventListener("nias:moved", moved);
    }, []);
    const { session } = useSession();
    const words = useAccountWords();
    const administers = session?.user?.role === "administrator";
    const deleted = state === kDeleted;
    const { jobs: listed, next: older, error, online, loadMore } = useJobs({ state: deleted ? "" : state, q, owner });
    const jobs = deleted ? null : listed;
    const next = deleted ? null : older;
    const marked = (jobs ?? []).filter((job) => selected.has(job.id));
    const finished = marked.filter(hasResults).map((job) => job.id);
    const alive = marked.filter((job) => !hasEnded(job)).map((job) => job.id);
    const ended = marked.filter(hasEnded).map((job) => job.id);
    const deleting = useDeleting();
    const forgetWords = useForgetWords();
    const choose = (ids: readonly string[], on: boolean): void => {
        const copy = new Set(selected);
        for (const id of ids) {
            if (on) copy.add(id);
            else copy.delete(id);
        }
        setSelected(copy);
    };
    const filtered = state !== "" || q !== "";
    const reset = (): void => {
        setState("");
        setTyped("");
        setQ("");
    };
    return (
        <>
            <div class="section-head">
                <h1>{t.resultsTitle}</h1>
                <span class={`live${online ? "" : " live-off"}`} role="status">{online ? t.live : t.reconnecting}</span>
            </div>
            <div class="filters">
                <div class="search">
                    <Icon name="search" />
                    <input type="search" value={typed} placeholder={t.searchHint} aria-label={t.search}
                        onInput={(event) => setTyped(event.currentTarget.value)} />
                </div>
                {administers && (
                    <div class="chips" role="group" aria-label={words.whose}>
                        <button type="button" class="chip" aria-pressed={owner === ""} onClick={() => setOwner("")}>{words.mine}</button>
                        <button type="button" class="chip" aria-pressed={owner === "*"} title={words.looksAreKept} onClick={() => setOwner("*")}>{words.everybody}</button>
                    </div>
                )}
                <div class="chips" role="group" aria-label={t.filterState}>
                    <button type="button" class="chip" aria-pressed={state === ""} onClick={() => setState("")}>{t.filterAll}</button>
                    {kStates.filter((each) => each !== "assigned").map((each) => (
                        <button type="button" class="chip" key={each} aria-pressed={state === each}
                            onClick={() => setState(each)}>{t.states[each]}</button>
                    ))}
                    <button type="button" class="chip" aria-pressed={deleted} onClick={() => setState(kDeleted)}>{forgetWords.deletedChip}</button>
                </div>
            </div>
            {error && !deleted && <Problem error={error} />}
            <UndoBar {...deleting} />
            {deleted && <DeletedList q={q} owner={owner} />}
            {!jobs && !deleted && !error && <Loading />}
            {jobs?.length === 0 && !filtered && (
                <Empty title={t.resultsEmpty} text={t.resultsEmptyText}>
                    <Link to="/upload" class="button button-main">{t.homeAction}</Link>
                </Empty>
            )}
            {jobs?.length === 0 && filtered && (
                <Empty title={t.resultsNone} text={t.resultsNoneText}>
                    <button type="button" class="button" onClick={reset}>{t.resetFilter}</button>
                </Empty>
            )}
            {jobs && jobs.length > 0 && <JobTable jobs={jobs} owners={owner !== ""} selected={selected} choose={choose} order={order} setOrder={setOrder} />}
            {next && textOf(order) !== "" && <p class="hint more">{t.sortedShown(jobs?.length ?? 0)}</p>}
            {next && <p class="more"><button type="button" class="button" onClick={loadMore}>{t.loadMore}</button></p>}
            {marked.length > 0 && (
                <div class="selection" role="region" aria-label={t.selected(marked.length)}>
                    <span>{t.selected(marked.length)}</span>
                    <button type="button" class="link" onClick={() => setSelected(new Set())}>{t.clearSelection}</button>
                    {alive.length > 0 && <CancelMany ids={alive} />}
                    {ended.length > 0 && (
                        <button type="button" class="button" onClick={() => deleting.remove(ended)}>
                            <Icon name="cross" />{forgetWords.removeMany(ended.length)}
                        </button>
                    )}
                    {finished.length > 0 && (
                        <button type="button" class="button button-main" onClick={() => saveEach(outputUrls(finished))}>
                            <Icon name="download" />{t.downloadSelected}
                        </button>
                    )}
                </div>
            )}
        </>
    );
}

/// Asks once, and cancels each; one that ended meanwhile needs nothing more.
function CancelMany({ ids }: { ids: readonly string[] }): JSX.Element {
    const { t } = useSpeech();
    const [asking, setAsking] = useState(false);
    const [error, setError] = useState<ApiError | null>(null);
    const cancel = async (): Promise<void> => {
        setAsking(false);
        for (const id of ids) {
            await cancelJob(id).catch((problem: unknown) => {
                if (problem instanceof ApiError && problem.status !== 409) setError(problem);
            });
        }
    };
    if (error) return <Problem error={error} />;
    if (!asking) return <button type="button" class="button" onClick={() => setAsking(true)}><Icon name="stop" />{t.cancelSelected(ids.length)}</button>;
    return (
        <>
            <button type="button" class="button button-bad" onClick={() => void cancel()}>{t.jobCancelYes}</button>
            <button type="button" class="button" onClick={() => setAsking(false)}>{t.jobCancelNo}</button>
        </>
    );
}

interface TableProps {
    jobs: Job[];
    owners: boolean; // they are of several
    selected: ReadonlySet<string>;
    choose: (ids: readonly string[], on: boolean) => void;
    order: Order;
    setOrder: (order: Order) => void;
}

function JobTable({ jobs, owners, selected, choose, order, setOrder }: TableProps): JSX.Element {
    const { t } = useSpeech();
    const now = useNow(1000);
    const able = jobs.map((job) => job.id);
    const all = able.length > 0 && able.every((id) => selected.has(id));
    const names: Record<Sort, string> = { name: t.colName, state: t.colState, sent: t.colSent, took: t.colTook, size: t.colSize };
    const column = (by: Sort): JSX.Element => (
        <th class={by === "took" || by === "size" ? "num" : ""} aria-sort={order.by === by ? (order.down ? "descending" : "ascending") : "none"}>
            <button type="button" class="sort" onClick={() => setOrder(pressed(order, by))}>{names[by]}<span aria-hidden="true">{order.by === by ? (order.down ? " ↓" : " ↑") : ""}</span></button>
        </th>
    );
    return (
        <div class="card table-card">
            <label class="sort-small">{t.sortBy}
                <select value={`${order.down ? "-" : ""}${order.by}`} onChange={(event) => setOrder(orderOf(event.currentTarget.value))}>
                    {kSorts.flatMap((by) => [`-${by}`, by].map((value) => <option key={value} value={value}>{`${names[by]} ${value.startsWith("-") ? "↓" : "↑"}`}</option>))}
                </select>
            </label>
            <table class="jobs">
                <thead>
                    <tr>
                        <th class="col-check"><input type="checkbox" checked={all} disabled={able.length === 0}
                            aria-label={t.selectAll} title={t.selectAll}
                            onChange={(event) => choose(able, event.currentTarget.checked)} /></th>
                        {column("name")}{column("state")}{column("sent")}{column("took")}{column("size")}
                    </tr>
                </thead>
                <tbody>
                    {sorted(jobs, order).map((job) => (
                        <JobRow key={job.id} job={job} now={now} shownOwner={owners ? job.owner : ""} selected={selected.has(job.id)}
                            choose={(on) => choose([job.id], on)} />
                    ))}
                </tbody>
            </table>
        </div>
    );
}

interface RowProps {
    job: Job;
    shownOwner: string;
    now: number;
    selected: boolean;
    choose: (on: boolean) => void;
}

function JobRow({ job, now, shownOwner, selected, choose }: RowProps): JSX.Element {
    const { t, locale, language } = useSpeech();
    const arrays = useArrayWords();
    const able = hasResults(job);
    const wrong = hasFailed(job) ? say(job.outcome?.error_words, language, job.outcome?.error || job.reason).split("\n")[0] : "";
    const took = job.outcome ? durationText(job.outcome.wall_ms, locale)
        : job.array && job.ended_ms > 0 && job.started_ms > 0 ? durationText(job.ended_ms - job.started_ms, locale)
        : job.state === "running" && job.started_ms > 0 ? elapsedText(now - job.started_ms, locale) : "–";
    return (
        <tr data-job={job.id} class={selected ? "is-selected" : ""}>
            <td class="col-check"><input type="checkbox" checked={selected}
                aria-label={t.select(job.name || job.id)} onChange={(event) => choose(event.currentTarget.checked)} /></td>
            <td class="col-name">
                <Link to={`/jobs/${job.id}`}>{job.name || job.id}</Link>
                {shownOwner && <span class="col-owner">{shownOwner}</span>}
                {job.array && <span class="col-owner">{arrays.of(endedIn(job).toLocaleString(locale), job.array.size.toLocaleString(locale))}{failedIn(job) > 0 ? ` · ${failedIn(job).toLocaleString(locale)} ${t.states.failed}` : ""}</span>}
                {wrong && <span class="col-wrong" title={wrong}>{wrong}</span>}
            </td>
            <td class="col-state">
                <StateBadge state={job.state} /><Kind job={job} />
                {job.place_in_line !== null && job.state === "queued" && <span class="place">#{job.place_in_line + 1}</span>}
            </td>
            <td class="col-sent" title={momentText(job.submitted_ms, locale)}>
                {agoText(job.submitted_ms, now, locale)}
                {now - job.submitted_ms > kDayMs && <span class="col-date">{momentText(job.submitted_ms, locale)}</span>}
            </td>
            <td class="col-took num">{took}</td>
            <td class="col-size num">
                {able && job.outcome?.output_bytes !== null && job.outcome
                    ? <a class="get" href={outputUrl(job.id)} download="" aria-label={t.fileDownload(job.name || job.id)}>
                        <Icon name="download" />{bytesText(job.outcome.output_bytes, locale)}</a>
                    : endedIn(job) > 0 ? <a class="get" href={outputUrl(job.id)} download="" aria-label={arrays.download} title={arrays.download}><Icon name="download" /></a>
                    : "–"}
            </td>
        </tr>
    );
}
